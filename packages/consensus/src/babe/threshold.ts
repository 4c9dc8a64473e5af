/** Winning threshold of BABE's primary slot lottery. */
import { assert } from "@pha/scale";
import { exactParts, powOfUnit } from "./pow.ts";

const MAX_U128 = (1n << 128n) - 1n;

/**
 * Threshold below which an authority's VRF output wins a primary slot.
 *
 * `2^128 · (1 − (1 − c)^(weight / totalWeight))`, rounded down. Quotients, power and differences are IEEE-754 doubles
 * because the reference node takes them so, and the rest is in exact integers. The power is our own (`powOfUnit`): the
 * language leaves `**` to the engine, and two validators that differ in the last bit disagree on blocks.
 *
 * @param c probability that a slot has a primary author, as numerator and denominator; 0 < c ≤ 1
 * @param weight authority's weight, ≥ 1
 * @param totalWeight sum over the epoch's authorities
 * @returns unsigned 128-bit; compare with the 16 bytes drawn from the VRF output, read little-endian
 * @see polkadot-spec "Block production lottery", definition "Winning threshold"
 */
export function primaryThreshold(
  c: readonly [bigint, bigint],
  weight: bigint,
  totalWeight: bigint,
): bigint {
  assert(isProbability(c), "c is a fraction above 0 and at most 1");
  assert(weight > 0n && weight <= totalWeight, "a weight is at least 1 and at most the total");
  const share = Number(weight) / Number(totalWeight);
  const p = 1 - powOfUnit(1 - Number(c[0]) / Number(c[1]), share);
  const { mantissa, scale } = exactParts(p);
  const shift = 128 + scale;
  const threshold = shift >= 0 ? mantissa << BigInt(shift) : mantissa >> BigInt(-shift);
  return threshold > MAX_U128 ? MAX_U128 : threshold;
}

/** Whether `c` can be the probability of a primary author. */
export function isProbability([numerator, denominator]: readonly [bigint, bigint]): boolean {
  return numerator > 0n && numerator <= denominator;
}
