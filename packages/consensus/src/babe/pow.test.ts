import fc from "fast-check";
import { expect, test } from "vitest";
import { exactParts, powOfUnit } from "./pow.ts";

const unit = fc.double({ min: 2 ** -53, max: 1, noNaN: true, noDefaultInfinity: true });

/** `value` with 200 fractional bits, exactly. */
function fixed(value: number): bigint {
  const { mantissa, scale } = exactParts(value);
  return mantissa << BigInt(200 + scale);
}

function ulpOf(value: number): number {
  const { scale } = exactParts(value);
  return 2 ** scale;
}

test("roots of two powers are exact", () => {
  expect(powOfUnit(0.25, 0.5)).toBe(0.5);
  expect(powOfUnit(2 ** -40, 0.25)).toBe(2 ** -10);
  expect(powOfUnit(0.5625, 0.5)).toBe(0.75);
  expect(powOfUnit(81 / 256, 0.75)).toBe(27 / 64);
});

test("the ends of the range are themselves", () => {
  expect(powOfUnit(0, 0.3)).toBe(0);
  expect(powOfUnit(1, 0.3)).toBe(1);
  expect(powOfUnit(0.3, 1)).toBe(0.3);
  expect(powOfUnit(1 - 2 ** -53, 2 ** -60)).toBe(1);
});

test("a square root lies within half a unit of the last place, by exact squares", () => {
  fc.assert(
    fc.property(unit, (base) => {
      const root = powOfUnit(base, 0.5);
      const half = fixed(ulpOf(root) / 2);
      const low = fixed(root) - half;
      const high = fixed(root) + half;
      const exact = fixed(base) << 200n;
      expect(low * low <= exact && exact <= high * high).toBe(true);
    }),
  );
});

test("agrees with the engine's power to one unit of the last place", () => {
  fc.assert(
    fc.property(unit, unit, (base, exponent) => {
      const ours = powOfUnit(base, exponent);
      expect(Math.abs(ours - base ** exponent)).toBeLessThanOrEqual(ulpOf(ours) * 1.001);
    }),
  );
});

test("powers multiply: x^(1/4) squared twice is x but for rounding", () => {
  fc.assert(
    fc.property(unit, (base) => {
      const fourth = powOfUnit(base, 0.25);
      expect(Math.abs(fourth ** 4 / base - 1)).toBeLessThan(1e-15);
    }),
  );
});

test("refuses arguments outside 0 to 1", () => {
  for (const [base, exponent] of [
    [1.1, 0.5],
    [-0.1, 0.5],
    [0.5, 0],
    [0.5, 2],
    [Number.NaN, 0.5],
  ])
    expect(() => powOfUnit(base!, exponent!)).toThrow("assertion");
});
