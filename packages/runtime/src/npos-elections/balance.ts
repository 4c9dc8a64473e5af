/** Balancing: voters, one after the other, share their budget so that their winners come close to each other. */
import { minus, saturate } from "./arithmetic.ts";
import { type Edge, type Id, normalizeElected, setWeight, type Voter } from "./graph.ts";

export interface Balancing {
  readonly iterations: number;
  /** Stake; differences up to it are left alone. */
  readonly tolerance: bigint;
}

/**
 * Balances all voters in their order, at most `iterations` times, or until no voter saw a difference above the
 * tolerance. Edges may be left without weight.
 *
 * @returns iterations that were made
 * @see npos §Balancing
 */
export function balance<V extends Id, C extends Id>(
  voters: readonly Voter<V, C>[],
  { iterations, tolerance }: Balancing,
): number {
  for (let done = 0; done < iterations; done++) {
    let largest = 0n;
    for (const voter of voters) {
      const difference = balanceVoter(voter, tolerance);
      if (difference > largest) largest = difference;
    }
    if (largest <= tolerance) return done + 1;
  }
  return iterations;
}

/** @returns by how much the voter's winners differed before */
function balanceVoter<V extends Id, C extends Id>(voter: Voter<V, C>, tolerance: bigint): bigint {
  const edges = voter.edges.filter(({ candidate }) => candidate.elected);
  if (edges.length <= 1) return 0n;
  const gap = gapOf(edges, voter.budget);
  if (gap !== undefined && gap < tolerance) return gap;
  for (const edge of edges) setWeight(edge, 0n);
  edges.sort((a, b) => {
    const [x, y] = [a.candidate.backedStake, b.candidate.backedStake];
    return x < y ? -1 : x > y ? 1 : 0;
  });
  fill(edges, voter.budget);
  normalizeElected(voter);
  return gap ?? voter.budget;
}

/**
 * Between the best backed winner that gets something from the voter and the worst, and what is not given at all;
 * `undefined` when the voter gives nothing yet.
 */
function gapOf<C extends Id>(edges: readonly Edge<C>[], budget: bigint): bigint | undefined {
  let used = 0n;
  let most: bigint | undefined;
  let least: bigint | undefined;
  for (const { candidate, weight } of edges) {
    const { backedStake } = candidate;
    used = saturate(used + weight);
    if (least === undefined || backedStake < least) least = backedStake;
    if (weight > 0n && (most === undefined || backedStake > most)) most = backedStake;
  }
  if (most === undefined) return undefined;
  return saturate(minus(most, least ?? 0n) + minus(budget, used));
}

/** Raises the worst backed to one level, as far as the budget goes. Edges are in the order of backing. */
function fill<C extends Id>(edges: readonly Edge<C>[], budget: bigint): void {
  let below = 0n;
  let ways = edges.length;
  for (const [i, { candidate }] of edges.entries()) {
    const { backedStake } = candidate;
    if (minus(saturate(backedStake * BigInt(i)), below) > budget) {
      ways = i;
      break;
    }
    below = saturate(below + backedStake);
  }
  const level = edges[ways - 1]?.candidate.backedStake ?? 0n;
  const count = BigInt(ways);
  const excess = minus(saturate(budget + below), saturate(level * count));
  for (const edge of edges.slice(0, ways))
    setWeight(edge, minus(saturate(excess / count + level), edge.candidate.backedStake));
}
