/**
 * Makes a compact solution: sequential Phragmén, balanced, reduced, written in 65,535ths, cut to a length.
 *
 * The score is that of the solution as it is written, so that the chain comes to the same.
 *
 * **Bounds**: those of `sequentialPhragmen`.
 */
import { assert, encode } from "@pha/scale";
import { ONE_U16 } from "./arithmetic.ts";
import {
  type Assignment,
  normalizedAssignment,
  normalizedStakes,
  toAssignment,
  toStaked,
} from "./assignment.ts";
import type { Balancing } from "./balance.ts";
import { CompactSolution, type CompactVote, compactVote } from "./compact-solution.ts";
import { evaluateSolution, type IndexedSnapshot } from "./evaluate-solution.ts";
import { reduce } from "./reduce.ts";
import type { ElectionScore } from "./score.ts";
import { sequentialPhragmen } from "./sequential-phragmen.ts";

export interface MiningLimits {
  /** Winners, exactly. */
  readonly seats: number;
  /** Longest encoded solution. */
  readonly maxBytes: number;
  readonly balancing: Balancing;
}

export interface MinedSolution {
  readonly solution: CompactSolution;
  readonly score: ElectionScore;
}

/** @returns `undefined` when there are not as many winners as seats, or not in so few bytes */
export function mineSolution(
  snapshot: IndexedSnapshot,
  { seats, maxBytes, balancing }: MiningLimits,
): MinedSolution | undefined {
  const { voters, targetCount } = snapshot;
  const stakeOf = (voter: number): bigint => voters[voter]?.stake ?? 0n;
  const { assignments } = sequentialPhragmen(
    seats,
    Array.from({ length: targetCount }, (_, target) => target),
    voters.map(({ stake, targets }, who) => ({ who, stake, targets })),
    balancing,
  );
  const staked = assignments.map((assignment) => {
    const stake = stakeOf(assignment.who);
    return normalizedStakes(toStaked(assignment, stake), stake);
  });
  const votes = reduce(staked).assignments.flatMap((one): CompactVote[] => {
    const parts: Assignment<number> = normalizedAssignment(toAssignment(one, ONE_U16), ONE_U16);
    const vote = compactVote(parts);
    return vote ? [vote] : [];
  });
  const solution = trimmed(votes, stakeOf, maxBytes);
  const evaluation = evaluateSolution(solution, snapshot);
  assert(evaluation.ok, "what is mined from a snapshot is a solution of it");
  const { supports, score } = evaluation.value;
  return supports.length === seats ? { solution, score } : undefined;
}

/** Without the votes of the least stake, as many as are too much. */
function trimmed(
  votes: readonly CompactVote[],
  stakeOf: (voter: number) => bigint,
  maxBytes: number,
): CompactSolution {
  const bySize = (kept: readonly CompactVote[]): CompactSolution =>
    [...kept].sort((a, b) => a.parts.length - b.parts.length);
  const isShort = (count: number): boolean =>
    encode(CompactSolution, byStake.slice(0, count)).length <= maxBytes;
  const byStake = [...votes].sort((a, b) => {
    const [x, y] = [stakeOf(a.voter), stakeOf(b.voter)];
    return x > y ? -1 : x < y ? 1 : 0;
  });
  if (isShort(votes.length)) return bySize(votes);
  let [fits, tooMany] = [0, votes.length];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (isShort(middle)) fits = middle;
    else tooMany = middle;
  }
  return bySize(byStake.slice(0, fits));
}
