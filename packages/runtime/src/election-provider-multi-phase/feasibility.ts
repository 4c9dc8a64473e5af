/**
 * The check of a solution: nothing that it claims is believed.
 *
 * Every vote is one of the snapshot, every voter and target is named once, parts sum up to one, there are as many
 * winners as are wanted, and the score is computed again in u128 and must be the claimed one.
 *
 * **Trust**: the solution is anybody's. The cheap checks come first.
 */
import { assert, fail, ok, type Result } from "@pha/scale";
import {
  compareScores,
  evaluateSolution,
  isStrictlyBetter,
  type SolutionFault,
} from "../npos-elections/index.ts";
import type { ElectionContext } from "./declaration.ts";
import { indexed } from "./snapshot.ts";
import type { ElectionCompute, RawSolution, ReadySolution } from "./types.ts";

/** Names of the pallet's errors. */
export type FeasibilityFault =
  | SolutionFault
  | "MissingSnapshotMetadata"
  | "PreDispatchDifferentRound"
  | "UntrustedScoreTooLow"
  | "SignedTooMuchWeight"
  | "PreDispatchWrongWinnerCount"
  | "InvalidScore";

export function checkFeasibility(
  { storage }: ElectionContext,
  { solution, score, round }: RawSolution,
  compute: ElectionCompute["type"],
): Result<ReadySolution, FeasibilityFault> {
  if (round !== storage.Round.get()) return fail("PreDispatchDifferentRound");
  const least = storage.MinimumUntrustedScore.get();
  if (least && !isStrictlyBetter(score, least, 0n)) return fail("UntrustedScoreTooLow");
  const size = storage.SnapshotMetadata.get();
  const seats = storage.DesiredTargets.get();
  if (size === undefined || seats === undefined) return fail("MissingSnapshotMetadata");
  if (solution.length > size.voters) return fail("SignedTooMuchWeight");
  if (winnersOf(solution) !== seats) return fail("PreDispatchWrongWinnerCount");
  const snapshot = storage.Snapshot.get();
  if (snapshot === undefined) return fail("MissingSnapshotMetadata");
  const evaluation = evaluateSolution(solution, indexed(snapshot));
  if (!evaluation.ok) return evaluation;
  if (evaluation.value.supports.length !== seats) return fail("PreDispatchWrongWinnerCount");
  if (compareScores(evaluation.value.score, score) !== 0) return fail("InvalidScore");
  const supports = evaluation.value.supports.map(([target, { total, voters }]) => {
    const winner = snapshot.targets[target];
    assert(winner !== undefined, "a winner of a checked solution is a target");
    const backers = voters.map(([voter, stake]) => {
      const who = snapshot.voters[voter]?.[0];
      assert(who !== undefined, "a voter of a checked solution is in the snapshot");
      return [who, stake] as const;
    });
    return [winner, { total, voters: backers }] as const;
  });
  return ok({ supports, score, compute: { type: compute, value: undefined } });
}

/** Number of targets that a solution names. */
export function winnersOf(solution: RawSolution["solution"]): number {
  const winners = new Set<number>();
  for (const { parts, last } of solution) {
    winners.add(last);
    for (const [target] of parts) winners.add(target);
  }
  return winners.size;
}
