import fc from "fast-check";
import { expect, test } from "vitest";
import { primaryThreshold } from "./threshold.ts";

const MAX = (1n << 128n) - 1n;

test("a single authority wins with probability c", () => {
  expect(primaryThreshold([1n, 4n], 1n, 1n)).toBe(1n << 126n);
  expect(primaryThreshold([1n, 2n], 7n, 7n)).toBe(1n << 127n);
});

test("a share of one half of c = 3/4 is 1 − (1/4)^(1/2)", () => {
  expect(primaryThreshold([3n, 4n], 5n, 10n)).toBe(1n << 127n);
});

test("c = 1 gives the greatest value of 128 bits", () => {
  expect(primaryThreshold([1n, 1n], 1n, 3n)).toBe(MAX);
});

test("refuses a c of zero, above one, or with a zero denominator", () => {
  for (const c of [
    [0n, 4n],
    [5n, 4n],
    [1n, 0n],
    [0n, 0n],
  ] as const)
    expect(() => primaryThreshold(c, 1n, 1n)).toThrow("assertion");
});

test("refuses a weight of zero or above the total", () => {
  expect(() => primaryThreshold([1n, 4n], 0n, 4n)).toThrow("assertion");
  expect(() => primaryThreshold([1n, 4n], 5n, 4n)).toThrow("assertion");
});

test("more weight never lowers the threshold, and none exceeds c", () => {
  const weights = fc.bigInt({ min: 1n, max: 1n << 40n });
  fc.assert(
    fc.property(weights, weights, weights, (a, b, rest) => {
      const total = a + b + rest;
      const c = [1n, 4n] as const;
      expect(primaryThreshold(c, a, total) <= primaryThreshold(c, a + b, total)).toBe(true);
      expect(primaryThreshold(c, a + b, total) <= 1n << 126n).toBe(true);
    }),
  );
});

test("thresholds of a chain of three equal authorities are pinned", () => {
  expect(primaryThreshold([1n, 4n], 1n, 3n)).toMatchInlineSnapshot(
    `31115318766088776340791719032032067584n`,
  );
});
