/**
 * Saturating u128 arithmetic and parts of a billion, rounded as Substrate rounds them.
 *
 * @see polkadot-sdk "sp-arithmetic" per_things
 */

export const U64_MAX: bigint = (1n << 64n) - 1n;
export const U128_MAX: bigint = (1n << 128n) - 1n;
/** One, in parts of a billion (Perbill). */
export const BILLION = 1_000_000_000n;

/** At most the largest u128. */
export function saturate(value: bigint): bigint {
  return value > U128_MAX ? U128_MAX : value;
}

/** `a - b`, at least zero. */
export function minus(a: bigint, b: bigint): bigint {
  return a > b ? a - b : 0n;
}

/** `a · b / c` rounded down; the largest u128 when it does not fit or `c` is zero. */
export function multiplyByRational(a: bigint, b: bigint, c: bigint): bigint {
  return c === 0n ? U128_MAX : saturate((a * b) / c);
}

/** One, in the parts that submitted solutions are written in (PerU16). */
export const ONE_U16 = 65_535n;

/** Largest number of billionths that is not above `part / whole`; one when that is more than one, or no number. */
export function billionths(part: bigint, whole: bigint): bigint {
  return partsOf(part, whole, BILLION);
}

/** `part / whole` in parts of which `one` are one, rounded down; one when it is more than one, or no number. */
export function partsOf(part: bigint, whole: bigint, one: bigint): bigint {
  return whole === 0n || part > whole ? one : (part * one) / whole;
}

/** `parts / one` of `whole`, rounded to the nearest; halves round down. */
export function nearestPart(parts: bigint, whole: bigint, one: bigint = BILLION): bigint {
  const product = parts * whole;
  const down = product / one;
  return product % one > one / 2n ? down + 1n : down;
}

/** `parts` billionths of `whole`, rounded down. */
export function floorPart(parts: bigint, whole: bigint): bigint {
  return (parts * whole) / BILLION;
}

/** `parts` billionths of `whole`, rounded up. */
export function ceilPart(parts: bigint, whole: bigint): bigint {
  return (parts * whole + BILLION - 1n) / BILLION;
}
