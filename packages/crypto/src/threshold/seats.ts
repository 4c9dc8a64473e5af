/**
 * Seats and the polynomial that joins them.
 *
 * Seats are numbered 0 … n − 1; seat `i` holds the value of the polynomial at `i + 1`, and the root is the value at
 * zero, which no seat holds.
 *
 * **Bounds**: n ≤ 31, 1 ≤ t ≤ n.
 */
import { assert } from "@pha/scale";
import { addG2, G2_ZERO, type G2Point, multiplyPublicG2 } from "./bls.ts";
import { invertPublic, reduce } from "./scalar.ts";

/** Most seats a run can have. */
export const MAX_SEATS = 31;

export function isThreshold(n: number, t: number): boolean {
  return Number.isInteger(n) && Number.isInteger(t) && n >= 1 && n <= MAX_SEATS && t >= 1 && t <= n;
}

export function isSeat(seat: number, n: number): boolean {
  return Number.isInteger(seat) && seat >= 0 && seat < n;
}

/** Where the polynomial is evaluated for a seat. */
export function abscissa(seat: number): bigint {
  return BigInt(seat) + 1n;
}

/** Lagrange coefficients at zero of distinct seats, in the same order. */
export function lagrangeAtZero(seats: readonly number[]): readonly bigint[] {
  assert(new Set(seats).size === seats.length, "seats are distinct");
  return seats.map((seat) => {
    const x = abscissa(seat);
    let numerator = 1n;
    let denominator = 1n;
    for (const other of seats) {
      if (other === seat) continue;
      numerator = reduce(numerator * abscissa(other));
      denominator = reduce(denominator * (abscissa(other) - x));
    }
    return reduce(numerator * invertPublic(denominator));
  });
}

/** Value at a seat of the polynomial with these coefficients, lowest degree first. */
export function evaluateAtSeat(coefficients: readonly bigint[], seat: number): bigint {
  const x = abscissa(seat);
  let value = 0n;
  for (let k = coefficients.length - 1; k >= 0; k--)
    value = reduce(value * x + (coefficients[k] ?? 0n));
  return value;
}

/** The same value in the exponent: from commitments to the coefficients. */
export function evaluateCommitments(commitments: readonly G2Point[], seat: number): G2Point {
  const x = abscissa(seat);
  let value = G2_ZERO;
  for (let k = commitments.length - 1; k >= 0; k--)
    value = addG2(multiplyPublicG2(value, x), commitments[k] ?? G2_ZERO);
  return value;
}
