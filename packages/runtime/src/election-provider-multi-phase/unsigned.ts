/**
 * Unsigned solutions: validators mine them beside the chain and put them into their own blocks.
 *
 * **Trust**: nobody pays for them, so they are taken from the node itself and in blocks only, and only when they hold
 * and are better than what is queued; a block with one that is not is no block.
 */
import {
  type Call,
  encodeExtrinsic,
  type InvalidTransaction,
  invalid,
  type TransactionSource,
  type ValidTransaction,
} from "@pha/frame";
import {
  assert,
  type Codec,
  concatBytes,
  encode,
  fail,
  ok,
  type Result,
  u32,
  utf8,
} from "@pha/scale";
import {
  type ElectionScore,
  isStrictlyBetter,
  mineSolution,
  U64_MAX,
} from "../npos-elections/index.ts";
import { type ElectionContext, MINER_PRIORITY, OFFCHAIN_REPEAT } from "./declaration.ts";
import { checkFeasibility, type FeasibilityFault } from "./feasibility.ts";
import { indexed } from "./snapshot.ts";
import {
  type ElectionTask,
  MAX_SOLUTION_BYTES,
  type RawSolution,
  type ReadySolution,
  type SnapshotSize,
} from "./types.ts";

export const SUBMIT_UNSIGNED = "submit_unsigned";

export interface UnsignedSolution {
  readonly rawSolution: RawSolution;
  readonly witness: SnapshotSize;
}
type UnsignedFault =
  | FeasibilityFault
  | "PreDispatchEarlySubmission"
  | "PreDispatchWeakSubmission"
  | "SignedInvalidWitness";

export function checkUnsigned(
  ctx: ElectionContext,
  { rawSolution, witness }: UnsignedSolution,
): Result<ReadySolution, UnsignedFault> {
  const { storage } = ctx;
  const phase = storage.CurrentPhase.get();
  if (phase.type !== "Unsigned" || !phase.value[0]) return fail("PreDispatchEarlySubmission");
  if (!isWanted(ctx, rawSolution.score)) return fail("PreDispatchWeakSubmission");
  const size = storage.SnapshotMetadata.get();
  if (size?.voters !== witness.voters || size.targets !== witness.targets)
    return fail("SignedInvalidWitness");
  return checkFeasibility(ctx, rawSolution, "Unsigned");
}

/** Better than what is queued, if anything is. */
function isWanted({ storage, config }: ElectionContext, score: ElectionScore): boolean {
  const queued = storage.QueuedSolution.get();
  return queued === undefined || isStrictlyBetter(score, queued.score, config.betterUnsigned);
}

export function validateUnsignedSolution(
  ctx: ElectionContext,
  call: Call,
  source: TransactionSource,
): Result<ValidTransaction, InvalidTransaction> | undefined {
  if (call.name !== SUBMIT_UNSIGNED) return undefined;
  if (source === "External") return fail(invalid("Call"));
  // Arguments of the call, read by its codec.
  const args = call.args as UnsignedSolution;
  const ready = checkUnsigned(ctx, args);
  if (!ready.ok) return fail(invalid("Custom", codeOf(ctx, ready.error)));
  const { score, round } = args.rawSolution;
  const priority = MINER_PRIORITY + score.minimalStake;
  return ok({
    priority: priority > U64_MAX ? U64_MAX : priority,
    requires: [],
    provides: [concatBytes(utf8("OffchainElection"), encode(u32, round))],
    longevity: BigInt(ctx.config.unsignedPhase),
    propagate: false,
  });
}

/** Index of the pallet's error. */
function codeOf({ errors }: ElectionContext, fault: UnsignedFault): number {
  const error = errors[fault];
  assert(error.type === "Module", "errors of a pallet are its own");
  return error.value.error[0] ?? 0;
}

const BALANCING = { iterations: 4, tolerance: 0n };

/**
 * An election that a validator's node should compute now: in the first block of the unsigned phase, and every few blocks
 * from then on.
 */
export function electionTask({ storage, block }: ElectionContext): ElectionTask | undefined {
  const phase = storage.CurrentPhase.get();
  if (phase.type !== "Unsigned" || !phase.value[0]) return undefined;
  if ((block.number - phase.value[1]) % OFFCHAIN_REPEAT !== 0) return undefined;
  const snapshot = storage.Snapshot.get();
  const witness = storage.SnapshotMetadata.get();
  const seats = storage.DesiredTargets.get();
  if (snapshot === undefined || witness === undefined || seats === undefined) return undefined;
  const queued = storage.QueuedSolution.get()?.score;
  return { round: storage.Round.get(), snapshot, witness, seats, queued };
}

/**
 * The extrinsic with a solution of the task, when there is one that is better than what is queued.
 *
 * Of its arguments alone: it is asked beside the chain, on a state that is empty.
 */
export function mineExtrinsic(
  { round, snapshot, witness, seats, queued }: ElectionTask,
  isBetter: (score: ElectionScore, queued: ElectionScore) => boolean,
  runtimeCall: Codec<Call>,
): Uint8Array | undefined {
  const mined = mineSolution(indexed(snapshot), {
    seats,
    maxBytes: MAX_SOLUTION_BYTES,
    balancing: BALANCING,
  });
  if (mined === undefined || (queued && !isBetter(mined.score, queued))) return undefined;
  const args: UnsignedSolution = { rawSolution: { ...mined, round }, witness };
  const call: Call = { pallet: "ElectionProviderMultiPhase", name: SUBMIT_UNSIGNED, args };
  return encodeExtrinsic(encode(runtimeCall, call));
}
