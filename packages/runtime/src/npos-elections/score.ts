/** How good a result is, and when one result is better than another. */
import { ceilPart, minus, saturate, U128_MAX } from "./arithmetic.ts";

/** In the order of significance; each u128. */
export interface ElectionScore {
  /** Of the winner who has least; more is better. */
  readonly minimalStake: bigint;
  /** More is better. */
  readonly sumStake: bigint;
  /** Sum of squares; less is better, as it is even. */
  readonly sumStakeSquared: bigint;
}

/** @param supports total of each winner */
export function scoreOf(supports: Iterable<bigint>): ElectionScore {
  let minimalStake = U128_MAX;
  let sumStake = 0n;
  let sumStakeSquared = 0n;
  for (const total of supports) {
    if (total < minimalStake) minimalStake = total;
    sumStake = saturate(sumStake + total);
    sumStakeSquared = saturate(sumStakeSquared + total * total);
  }
  return { minimalStake, sumStake, sumStakeSquared };
}

/**
 * Whether one score is better than another by more than `threshold` billionths of the other, in the first field in
 * which they differ by so much; in the fields before it must not be worse at all.
 *
 * @see polkadot-sdk "sp-npos-elections" ElectionScore
 */
export function isStrictlyBetter(
  score: ElectionScore,
  other: ElectionScore,
  threshold: bigint,
): boolean {
  const minimal = compare(score.minimalStake, other.minimalStake, threshold);
  if (minimal !== 0) return minimal > 0;
  if (score.minimalStake < other.minimalStake) return false;
  const sum = compare(score.sumStake, other.sumStake, threshold);
  if (sum !== 0) return sum > 0;
  if (score.sumStake < other.sumStake) return false;
  return compare(score.sumStakeSquared, other.sumStakeSquared, threshold) < 0;
}

/** 1 and −1 only when the difference is more than `threshold` billionths of `b`. */
function compare(a: bigint, b: bigint, threshold: bigint): -1 | 0 | 1 {
  const margin = ceilPart(threshold, b);
  if (a > saturate(b + margin)) return 1;
  return a < minus(b, margin) ? -1 : 0;
}

/** Order of scores without a threshold: positive when `a` is better. */
export function compareScores(a: ElectionScore, b: ElectionScore): number {
  if (a.minimalStake !== b.minimalStake) return a.minimalStake > b.minimalStake ? 1 : -1;
  if (a.sumStake !== b.sumStake) return a.sumStake > b.sumStake ? 1 : -1;
  if (a.sumStakeSquared !== b.sumStakeSquared)
    return a.sumStakeSquared < b.sumStakeSquared ? 1 : -1;
  return 0;
}
