/**
 * Whether a compact solution is one of the snapshot's, and how good it is: everything it claims is computed again.
 *
 * **Trust**: the snapshot is the chain's own, the solution anybody's.
 */
import { fail, ok, type Result } from "@pha/scale";
import { ONE_U16 } from "./arithmetic.ts";
import {
  type Assignment,
  normalizedStakes,
  type StakedAssignment,
  type Support,
  supportsOf,
  toStaked,
} from "./assignment.ts";
import { assignmentOf, type CompactSolution } from "./compact-solution.ts";
import { type ElectionScore, scoreOf } from "./score.ts";

/** Ballot of a voter by positions: of itself in the list, of targets in the snapshot. */
export interface IndexedBallot {
  /** Votes, u64. */
  readonly stake: bigint;
  readonly targets: readonly number[];
}

export interface IndexedSnapshot {
  readonly voters: readonly IndexedBallot[];
  readonly targetCount: number;
}

export interface Evaluation {
  /** By target, in the order of targets; voters by their positions. */
  readonly supports: readonly (readonly [target: number, support: Support<number>])[];
  readonly score: ElectionScore;
}

export type SolutionFault =
  /** A voter that is not in the snapshot. */
  | "InvalidVoter"
  /** A voter twice. */
  | "DuplicateVoter"
  /** A target that is not in the snapshot. */
  | "InvalidWinner"
  /** A target twice in one vote. */
  | "DuplicateTarget"
  /** A target that the voter does not vote for. */
  | "InvalidVote"
  /** Parts that are nothing, or leave nothing. */
  | "InvalidRatios";

export function evaluateSolution(
  solution: CompactSolution,
  { voters, targetCount }: IndexedSnapshot,
): Result<Evaluation, SolutionFault> {
  const seen = new Set<number>();
  const staked: StakedAssignment<number>[] = [];
  for (const vote of solution) {
    const voter = voters[vote.voter];
    if (voter === undefined) return fail("InvalidVoter");
    if (seen.has(vote.voter)) return fail("DuplicateVoter");
    seen.add(vote.voter);
    const assignment = assignmentOf(vote);
    if (assignment === undefined) return fail("InvalidRatios");
    const fault = faultOf(assignment, voter, targetCount);
    if (fault) return fail(fault);
    staked.push(normalizedStakes(toStaked(assignment, voter.stake, ONE_U16), voter.stake));
  }
  const supports = [...supportsOf(staked)].sort(([a], [b]) => a - b);
  return ok({ supports, score: scoreOf(supports.map(([, { total }]) => total)) });
}

function faultOf(
  { distribution }: Assignment<number>,
  { targets }: IndexedBallot,
  targetCount: number,
): SolutionFault | undefined {
  const named = new Set<number>();
  for (const [target] of distribution) {
    if (target >= targetCount) return "InvalidWinner";
    if (named.has(target)) return "DuplicateTarget";
    if (!targets.includes(target)) return "InvalidVote";
    named.add(target);
  }
  return undefined;
}
