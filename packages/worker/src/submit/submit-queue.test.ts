import { describe, expect, it } from "vitest";
import type { FinalizedView, Report, Verdict } from "./submission.ts";
import { createSubmitQueue } from "./submit-queue.ts";
import { createChainModel } from "./testing/chain-model.ts";

const FILLER = Uint8Array.of(0, 0, 0);
const CALL = Uint8Array.of(1, 2, 3);

function view(block: number, nonce: number, extra: Partial<FinalizedView> = {}): FinalizedView {
  return { block, nonce, expected: new Map(), registered: new Map(), ...extra };
}

function message(lane: string, sequence: bigint) {
  return { lane, kind: "message", sequence, call: CALL } as const;
}

describe("submit queue", () => {
  it("gives consecutive nonces to everything that is ready, in order", () => {
    const queue = createSubmitQueue(7, FILLER);
    for (const lane of ["a", "b"]) for (let i = 0n; i < 3n; i++) queue.push(message(lane, i));
    expect(queue.next().map(({ nonce }) => nonce)).toEqual([7, 8, 9, 10, 11, 12]);
    expect(queue.next()).toEqual([]);
  });

  it("sends what was lost again under the same nonce, with the same bytes", () => {
    const queue = createSubmitQueue(0, FILLER);
    queue.push(message("a", 0n));
    const [first] = queue.next();
    queue.verdict(first!.ticket, { type: "lost" });
    const [again] = queue.next();
    expect(again).toMatchObject({ id: first!.id, nonce: 0, sign: false });
    expect(again!.ticket).not.toBe(first!.ticket);
  });

  it("settles a registration when the chain has its evidence, not that of the same boot before", () => {
    const queue = createSubmitQueue(0, FILLER);
    queue.push({ lane: "a", kind: "registration", at: 50, call: CALL });
    queue.verdict(queue.next()[0]!.ticket, { type: "accepted" });
    expect(queue.finalized(view(1, 0, { registered: new Map([["a", 20]]) }))).toEqual([]);
    expect(queue.size.inFlight).toBe(1);
    queue.finalized(view(2, 1, { registered: new Map([["a", 50]]) }));
    expect(queue.size).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  it("settles a message by its sequence, not by its nonce", () => {
    const queue = createSubmitQueue(0, FILLER);
    queue.push(message("a", 0n));
    queue.verdict(queue.next()[0]!.ticket, { type: "accepted" });
    const failed = queue.finalized(view(1, 1, { expected: new Map([["a", 0n]]) }));
    expect(failed).toEqual([]);
    expect(queue.next()).toMatchObject([{ nonce: 1, sign: true }]);
    const settled = queue.finalized(view(2, 2, { expected: new Map([["a", 1n]]) }));
    expect(settled).toMatchObject([{ type: "settled", entry: { lane: "a", sequence: 0n } }]);
    expect(queue.size).toEqual({ waiting: 0, inFlight: 0, bytes: 0 });
  });

  it("settles collateral by its nonce: whether the chain took it is seen in its state", () => {
    const queue = createSubmitQueue(0, FILLER);
    for (let i = 0; i < 2; i++)
      queue.push({ lane: "collateral-1", kind: "collateral", call: CALL });
    const sent = queue.next();
    expect(sent.map(({ nonce }) => nonce)).toEqual([0, 1]);
    for (const { ticket } of sent) queue.verdict(ticket, { type: "accepted" });
    expect(queue.lanes()).toEqual({ messages: [], registrations: [] });
    expect(queue.finalized(view(1, 1))).toMatchObject([
      { type: "settled", entry: { kind: "collateral" } },
    ]);
    queue.finalized(view(2, 2));
    expect(queue.size).toEqual({ waiting: 0, inFlight: 0, bytes: 0 });
  });

  it("drops what the chain never accepts, tells that the lane is broken, and frees the nonces above", () => {
    const queue = createSubmitQueue(0, FILLER);
    queue.push(message("a", 0n));
    queue.push(message("a", 1n));
    queue.push(message("b", 0n));
    const reports: Report[] = [];
    const tips: bigint[] = [];
    for (let block = 1; block < 40; block++) {
      for (const { ticket, nonce, call, tip } of queue.next()) {
        if (call === FILLER) tips.push(tip);
        const bad = call !== FILLER && nonce === 0;
        const verdict = bad
          ? ({ type: "invalid", reason: "Call" } as const)
          : { type: "accepted" as const };
        reports.push(...queue.verdict(ticket, verdict));
      }
      reports.push(...queue.finalized(view(block, 0)));
    }
    expect(reports.filter(({ type }) => type === "dropped")).toHaveLength(1);
    expect(reports).toContainEqual({ type: "lane-broken", lane: "a", reason: "Call" });
    // Nonces 0 and 1 are filled so that b's message at 2 can go in; 1 outbids what the pool still has there.
    expect(tips.length).toBeGreaterThanOrEqual(2);
    expect(tips.every((tip) => tip > 0n)).toBe(true);
  });

  /** Goes on until the queue gives something up; every extrinsic gets this verdict. */
  function untilDropped(
    verdict: Verdict,
    nonceAt: (block: number, queue: ReturnType<typeof createSubmitQueue>) => number,
  ): Report[] {
    const queue = createSubmitQueue(0, FILLER);
    queue.push(message("a", 0n));
    const reports: Report[] = [];
    for (let block = 1; block < 60 && !reports.some(({ type }) => type === "dropped"); block++) {
      for (const { ticket } of queue.next()) reports.push(...queue.verdict(ticket, verdict));
      const expected = new Map([["a", 0n]]);
      reports.push(...queue.finalized(view(block, nonceAt(block, queue), { expected })));
    }
    return reports.filter(({ type }) => type !== "resync");
  }

  it.each<readonly [reason: string, verdict: Verdict, nonceAt: (block: number) => number]>([
    ["submit/not-executed", { type: "accepted" }, (block) => block],
    ["submit/not-included", { type: "known" }, () => 0],
    ["submit/stale", { type: "stale" }, () => 0],
  ])("gives up a message that the chain never takes: %s", (reason, verdict, nonceAt) => {
    expect(untilDropped(verdict, nonceAt)).toEqual([
      { type: "dropped", entry: { lane: "a", kind: "message", sequence: 0n }, reason },
      { type: "lane-broken", lane: "a", reason },
    ]);
  });

  it("tells one that stood in a block without effect from one that never came there", () => {
    const queue = createSubmitQueue(0, FILLER);
    queue.push(message("a", 0n));
    queue.verdict(queue.next()[0]!.ticket, { type: "accepted" });
    const expected = new Map([["a", 0n]]);
    queue.finalized(view(1, 1, { expected }));
    const reports: Report[] = [];
    for (let block = 2; block < 60 && reports.length === 0; block++) {
      for (const { ticket } of queue.next()) queue.verdict(ticket, { type: "stale" });
      reports.push(...queue.finalized(view(block, 1, { expected })));
    }
    expect(reports[0]).toMatchObject({ type: "dropped", reason: "submit/not-executed" });
  });

  it("asks for the next nonce when somebody else uses the account, and takes one above", () => {
    const queue = createSubmitQueue(3, FILLER);
    queue.push(message("a", 0n));
    const [first] = queue.next();
    expect(queue.verdict(first!.ticket, { type: "occupied" })).toEqual([{ type: "resync" }]);
    queue.resync(5);
    expect(queue.next()).toMatchObject([{ nonce: 5, sign: true }]);
  });

  it("fills nonces that a former run left behind after some blocks", () => {
    const queue = createSubmitQueue(4, FILLER);
    queue.push(message("a", 0n));
    queue.verdict(queue.next()[0]!.ticket, { type: "accepted" });
    queue.finalized(view(1, 2));
    expect(queue.next()).toEqual([]);
    queue.finalized(view(6, 2));
    expect(
      queue
        .next()
        .filter(({ call }) => call === FILLER)
        .map(({ nonce }) => nonce),
    ).toEqual([2, 3]);
  });

  it("forgets what waits of a closed lane and gives its nonces to others", () => {
    const queue = createSubmitQueue(0, FILLER);
    queue.push(message("old", 0n));
    queue.verdict(queue.next()[0]!.ticket, { type: "accepted" });
    queue.push(message("old", 1n));
    queue.closeLane("old");
    queue.push({ lane: "new", kind: "registration", call: CALL });
    expect(queue.next()).toMatchObject([{ nonce: 1, call: CALL }]);
    for (let block = 1; block < 5; block++) queue.finalized(view(block, 0));
    expect(queue.next()).toMatchObject([{ nonce: 0, call: FILLER }]);
  });

  it("signs again when the extrinsic is about to expire", () => {
    const queue = createSubmitQueue(0, FILLER);
    queue.push(message("a", 0n));
    queue.verdict(queue.next()[0]!.ticket, { type: "lost" });
    queue.finalized(view(60, 0));
    queue.verdict(queue.next()[0]!.ticket, { type: "expired", reason: "AncientBirthBlock" });
    expect(queue.next()).toMatchObject([{ nonce: 0, sign: true }]);
  });

  it("refuses what exceeds its bounds", () => {
    const queue = createSubmitQueue(0, FILLER, { maxEntries: 2, maxBytes: 8 });
    expect(queue.push(message("a", 0n)).ok).toBe(true);
    expect(queue.push(message("a", 1n)).ok).toBe(true);
    expect(queue.push(message("a", 2n))).toEqual({
      ok: false,
      error: { code: "submit/queue-full" },
    });
  });

  it.each(
    Array.from({ length: 60 }, (_, seed) => seed + 1),
  )("brings every message to the chain once and in order, whatever node and pool do (seed %i)", (seed) => {
    const model = createChainModel(seed);
    model.run();
    expect(model.problems()).toEqual([]);
  });
});
