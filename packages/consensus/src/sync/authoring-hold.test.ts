import { describe, expect, test } from "vitest";
import { AuthoringHold, BEHIND_FROM, FIRST_PEER_MS, HOLD_MS, OLD_SLOTS } from "./authoring-hold.ts";

const START = 1_000_000;
const NOW_SLOT = 50_000n;
const CLAIMED = { best: 10, highest: 2 ** 32 - 1 };
const OLD = { slot: NOW_SLOT - OLD_SLOTS - 1n, nowSlot: NOW_SLOT };

const joined = (): AuthoringHold => {
  const hold = new AuthoringHold({ expectsPeers: true, nowMs: START });
  hold.heard(START);
  return hold;
};

describe("an authority", () => {
  test("that knows no addresses waits for nobody", () => {
    const hold = new AuthoringHold({ expectsPeers: false, nowMs: START });
    expect(hold.isHeld({ best: 10, highest: 10 }, START)).toBe(false);
  });

  test("waits for its first peer, and not for ever", () => {
    const hold = new AuthoringHold({ expectsPeers: true, nowMs: START });
    const alone = { best: 10, highest: 10 };
    expect(hold.isHeld(alone, START + FIRST_PEER_MS - 1)).toBe(true);
    expect(hold.isHeld(alone, START + FIRST_PEER_MS)).toBe(false);
  });

  test("goes on at once when the first peer has no more than it has", () => {
    const hold = joined();
    expect(hold.isHeld({ best: 10, highest: 10 }, START)).toBe(false);
    expect(hold.isHeld({ best: 10, highest: 10 + BEHIND_FROM - 1 }, START)).toBe(false);
    expect(hold.isHeld({ best: 10, highest: 10 + BEHIND_FROM }, START)).toBe(true);
  });

  test("is held while blocks of the past come in, however long that takes", () => {
    const hold = joined();
    let nowMs = START;
    for (let block = 0; block < 100; block++) {
      nowMs += HOLD_MS - 1;
      expect(hold.isHeld(CLAIMED, nowMs)).toBe(true);
      hold.imported(OLD, nowMs);
    }
    expect(hold.isHeld({ best: 10, highest: 11 }, nowMs)).toBe(false);
  });

  test("is held again when a network that was cut comes together", () => {
    const hold = joined();
    const later = START + 100 * HOLD_MS;
    expect(hold.isHeld(CLAIMED, later)).toBe(false);
    hold.imported(OLD, later);
    expect(hold.isHeld(CLAIMED, later)).toBe(true);
  });
});

describe("who names a height that nobody has", () => {
  test("holds an authority that just started for a bounded time", () => {
    const hold = joined();
    expect(hold.isHeld(CLAIMED, START + HOLD_MS - 1)).toBe(true);
    expect(hold.isHeld(CLAIMED, START + HOLD_MS)).toBe(false);
  });

  test("does not hold it longer by leaving and coming again", () => {
    const hold = joined();
    for (let nowMs = START; nowMs < START + 2 * HOLD_MS; nowMs += 100) hold.heard(nowMs);
    expect(hold.isHeld(CLAIMED, START + HOLD_MS)).toBe(false);
  });

  test("does not hold one that keeps up: new blocks of others say nothing of being behind", () => {
    const hold = joined();
    for (let slot = 0n; slot < 100n; slot++) {
      const nowMs = START + HOLD_MS + Number(slot) * 1_000;
      const nowSlot = NOW_SLOT + slot;
      hold.imported({ slot: nowSlot - OLD_SLOTS, nowSlot }, nowMs);
      expect(hold.isHeld(CLAIMED, nowMs)).toBe(false);
    }
  });
});
