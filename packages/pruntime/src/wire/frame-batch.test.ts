import { concatBytes } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createFrameBatch } from "./frame-batch.ts";

const LONG = 16 << 10;

test("what is taken has the bytes of all frames in order, and is gone", () => {
  const frame = fc
    .tuple(fc.constantFrom(1, 9, 300, LONG - 1, LONG, 3 * LONG), fc.nat(255))
    .map(([length, byte]) => new Uint8Array(length).fill(byte));
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
      const batch = createFrameBatch();
      for (const one of frames) batch.add(one);
      const taken = batch.take();
      expect(Buffer.compare(concatBytes(...taken), concatBytes(...frames))).toBe(0);
      expect(batch.take()).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test("short frames are joined, long ones are not copied", () => {
  const batch = createFrameBatch();
  const long = new Uint8Array(LONG);
  for (const frame of [Uint8Array.of(1), Uint8Array.of(2, 3), long, Uint8Array.of(4)])
    batch.add(frame);
  const [first, second, third, ...rest] = batch.take();
  expect([first, third, rest]).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(4), []]);
  expect(second).toBe(long);
});
