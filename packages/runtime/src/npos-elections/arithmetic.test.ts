import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BILLION,
  billionths,
  ceilPart,
  compareScores,
  floorPart,
  isStrictlyBetter,
  nearestPart,
  normalize,
  scoreOf,
  U128_MAX,
} from "./index.ts";

const amount = fc.bigInt({ min: 0n, max: 10n ** 9n });

test("normalized numbers sum up to the target, whatever they were", () => {
  fc.assert(
    fc.property(fc.array(amount, { minLength: 1, maxLength: 8 }), amount, (values, extra) => {
      const sum = values.reduce((total, value) => total + value, 0n);
      const total = (list: readonly bigint[]) => list.reduce((t, value) => t + value, 0n);
      expect(total(normalize(values, sum + extra))).toBe(sum + extra);
      // Each unit that a value cannot give is taken one by one: a small difference for the test.
      const less = sum > 1000n ? sum - (extra % 1000n) : sum;
      const lowered = normalize(values, less);
      expect(total(lowered)).toBe(less);
      expect(lowered.every((value) => value >= 0n)).toBe(true);
    }),
  );
});

test("nothing to normalize stays nothing", () => {
  expect(normalize([], 7n)).toEqual([]);
  expect(normalize([3n, 4n], 7n)).toEqual([3n, 4n]);
  expect(() => normalize([U128_MAX, 1n], 7n)).toThrow("u128");
});

test("parts of a billion round down, up and to the nearest", () => {
  expect(billionths(1n, 3n)).toBe(333_333_333n);
  expect(billionths(4n, 3n)).toBe(BILLION);
  expect(billionths(0n, 0n)).toBe(BILLION);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: BILLION }), amount, (parts, whole) => {
      const [down, near, up] = [
        floorPart(parts, whole),
        nearestPart(parts, whole),
        ceilPart(parts, whole),
      ];
      expect(down <= near && near <= up && up - down <= 1n).toBe(true);
    }),
  );
  expect(nearestPart(BILLION / 2n, 1n)).toBe(0n);
  expect(nearestPart(BILLION / 2n + 1n, 1n)).toBe(1n);
});

test("a score saturates at u128 and compares field by field", () => {
  const { minimalStake, sumStake, sumStakeSquared } = scoreOf([1n << 70n, 3n]);
  expect([minimalStake, sumStake, sumStakeSquared]).toEqual([3n, (1n << 70n) + 3n, U128_MAX]);
  const score = (a: bigint, b: bigint, c: bigint) => ({
    minimalStake: a,
    sumStake: b,
    sumStakeSquared: c,
  });
  expect(compareScores(score(10n, 5n, 15n), score(10n, 5n, 15n))).toBe(0);
  expect(compareScores(score(10n, 5n, 15n), score(10n, 5n, 16n))).toBe(1);
  expect(compareScores(score(9n, 20n, 5n), score(10n, 5n, 15n))).toBe(-1);
  expect(compareScores(score(10n, 4n, 5n), score(10n, 5n, 15n))).toBe(-1);
});

test("without a threshold, better is what the order of scores says", () => {
  const small = fc.bigInt({ min: 0n, max: 3n });
  const score = fc.record({ minimalStake: small, sumStake: small, sumStakeSquared: small });
  fc.assert(
    fc.property(score, score, (a, b) => {
      expect(isStrictlyBetter(a, b, 0n)).toBe(compareScores(a, b) > 0);
    }),
  );
});
