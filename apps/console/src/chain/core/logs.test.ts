import { expect, test } from "vitest";
import { type LogRow, withLook } from "./logs.ts";

const line = (number: bigint) => ({ number, block: 7, timestampMs: 1_000n, text: `${number}` });

test("what comes stands behind what was there, and says what is missing between", () => {
  const first = withLook([], { lines: [line(3n), line(4n)], lost: 2n });
  const second = withLook(first, { lines: [line(9n)], lost: 4n });
  expect(second.map(({ number, lostBefore }) => [number, lostBefore])).toEqual([
    [3n, 2n],
    [4n, 0n],
    [9n, 4n],
  ]);
  expect(second[2]).toEqual({ number: 9n, block: 7, at: 1_000, text: "9", lostBefore: 4n });
});

test("a look that brings nothing changes nothing, and of very many rows the oldest go", () => {
  let rows: readonly LogRow[] = [];
  for (let i = 1n; i <= 1_005n; i++) rows = withLook(rows, { lines: [line(i)], lost: 0n });
  expect([rows.length, rows[0]?.number, rows.at(-1)?.number]).toEqual([1_000, 6n, 1_005n]);
  expect(withLook(rows, { lines: [], lost: 0n })).toBe(rows);
});
