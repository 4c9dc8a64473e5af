import { expect, test } from "vitest";
import { slotTiming } from "./slot-timing.ts";

const SLOT_MS = 3_000;
const SLOT = 500n;
const BEGINS_MS = Number(SLOT) * SLOT_MS;
const at = (nowMs: number) =>
  slotTiming(SLOT, { nowMs, slotDurationMs: SLOT_MS, toleranceMs: 500 });

test("a slot is due from its begin on, and the tolerance before", () => {
  for (const nowMs of [BEGINS_MS, BEGINS_MS + 10 * SLOT_MS, BEGINS_MS - 500])
    expect(at(nowMs)).toEqual({ type: "due" });
});

test("one that begins within a slot is waited for, until the tolerance before it", () => {
  expect(at(BEGINS_MS - 501)).toEqual({ type: "early", waitMs: 1 });
  expect(at(BEGINS_MS - SLOT_MS)).toEqual({ type: "early", waitMs: SLOT_MS - 500 });
});

test("one that begins later is not, however much later", () => {
  expect(at(BEGINS_MS - SLOT_MS - 1)).toEqual({ type: "future" });
  const clock = { nowMs: BEGINS_MS, slotDurationMs: SLOT_MS, toleranceMs: 500 };
  for (const slot of [SLOT + 2n, 2n ** 53n + 1n, 2n ** 64n - 1n])
    expect(slotTiming(slot, clock)).toEqual({ type: "future" });
});
