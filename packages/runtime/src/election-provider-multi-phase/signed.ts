/**
 * Signed solutions: anybody may submit one with a deposit; when the phase ends they are checked, the best claim first.
 *
 *     submit ─► queue by claimed score ─► end of the phase: feasible ─► queued solution, deposit back, reward
 *                    │                                      │ not: deposit slashed, the next one is looked at
 *                    └── pushed out, or not looked at: deposit back
 *
 * **Bounds**: `MAX_SUBMISSIONS` wait. **Trust**: a claim costs its deposit when it does not hold.
 */
import { type AccountId, ensure } from "@pha/frame";
import { encode } from "@pha/scale";
import { compareScores, type ElectionScore, isStrictlyBetter } from "../npos-elections/index.ts";
import { type ElectionContext, MAX_REFUNDS } from "./declaration.ts";
import { checkFeasibility } from "./feasibility.ts";
import {
  MAX_SOLUTION_BYTES,
  MAX_SUBMISSIONS,
  RawSolution,
  type SignedSubmission,
} from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Reason of the hold on deposits. */
export const DEPOSIT_HOLD = "election";

/** Takes a claim in. Refused by `ensure`. */
export function submitSigned(ctx: ElectionContext, who: AccountId, rawSolution: RawSolution): void {
  const { storage, config, errors } = ctx;
  ensure(storage.CurrentPhase.get().type === "Signed", errors.PreDispatchEarlySubmission);
  ensure(rawSolution.round === storage.Round.get(), errors.PreDispatchDifferentRound);
  const size = storage.SnapshotMetadata.get();
  ensure(size !== undefined, errors.MissingSnapshotMetadata);
  const { length } = encode(RawSolution, rawSolution);
  ensure(length <= MAX_SOLUTION_BYTES, errors.SignedTooMuchWeight);
  ensure(rawSolution.solution.length <= size.voters, errors.SignedTooMuchWeight);
  const ejected = makeRoom(ctx, rawSolution.score);
  const deposit = config.depositBase + config.depositPerByte * BigInt(length);
  const isAffordable = config.currency.reducible(ctx, who, "keep-alive") >= deposit;
  ensure(isAffordable, errors.SignedCannotPayDeposit);
  config.currency.hold(ctx, who, DEPOSIT_HOLD, deposit);
  const index = storage.SignedSubmissionNextIndex.get();
  storage.SignedSubmissionNextIndex.put(index + 1);
  const callFee = config.feeOf(length);
  storage.SignedSubmissionsMap.put(index, { who, deposit, rawSolution, callFee });
  insert(ctx, [rawSolution.score, ctx.block.number, index]);
  ctx.emit.SolutionStored({
    compute: { type: "Signed", value: undefined },
    origin: who,
    prevEjected: ejected,
  });
}

/** Pushes the worst out of a full queue. @returns whether somebody was */
function makeRoom(ctx: ElectionContext, score: ElectionScore): boolean {
  const { storage, config, errors } = ctx;
  const waiting = storage.SignedSubmissionIndices.get();
  const [worst] = waiting;
  if (worst === undefined || waiting.length < MAX_SUBMISSIONS) return false;
  ensure(isStrictlyBetter(score, worst[0], config.betterSigned), errors.SignedQueueFull);
  storage.SignedSubmissionIndices.put(waiting.slice(1));
  const ejected = take(ctx, worst[2]);
  if (ejected) config.currency.release(ctx, ejected.who, DEPOSIT_HOLD, ejected.deposit);
  return true;
}

/** Among equal scores the earlier one is looked at first. */
function insert({ storage }: ElectionContext, entry: [ElectionScore, number, number]): void {
  const waiting = storage.SignedSubmissionIndices.get();
  const at = waiting.findIndex(([score]) => compareScores(score, entry[0]) >= 0);
  const position = at < 0 ? waiting.length : at;
  storage.SignedSubmissionIndices.put([
    ...waiting.slice(0, position),
    entry,
    ...waiting.slice(position),
  ]);
}

function take({ storage }: ElectionContext, index: number): SignedSubmission | undefined {
  const submission = storage.SignedSubmissionsMap.get(index);
  storage.SignedSubmissionsMap.remove(index);
  return submission;
}

/** Checks what waits, the best claim first, until one holds; nothing waits afterwards. */
export function endSignedPhase(ctx: ElectionContext): void {
  const { storage } = ctx;
  let refunds = 0;
  let found = false;
  for (const [, , index] of [...storage.SignedSubmissionIndices.get()].reverse()) {
    const submission = take(ctx, index);
    if (submission === undefined) continue;
    if (found) {
      giveBack(ctx, submission, refunds++ < MAX_REFUNDS ? submission.callFee : 0n);
      continue;
    }
    ctx.env.useWeight(WEIGHTS.feasibility_check, "Mandatory");
    const ready = checkFeasibility(ctx, submission.rawSolution, "Signed");
    found = ready.ok;
    if (ready.ok) {
      storage.QueuedSolution.put(ready.value);
      reward(ctx, submission);
    } else slash(ctx, submission);
  }
  storage.SignedSubmissionIndices.kill();
  storage.SignedSubmissionNextIndex.kill();
}

function reward(ctx: ElectionContext, submission: SignedSubmission): void {
  const value = giveBack(ctx, submission, ctx.config.rewardBase + submission.callFee);
  ctx.emit.Rewarded({ account: submission.who, value });
}

/** The deposit, and up to `amount` more, as much as the pot has. @returns how much more */
function giveBack(
  ctx: ElectionContext,
  { who, deposit }: SignedSubmission,
  amount: bigint,
): bigint {
  const { currency, rewardPot } = ctx.config;
  currency.release(ctx, who, DEPOSIT_HOLD, deposit);
  const available = currency.reducible(ctx, rewardPot, "keep-alive");
  const value = amount < available ? amount : available;
  if (value === 0n) return 0n;
  // A payment that fails must not keep the block.
  const paid = ctx.env.transaction(() =>
    currency.transfer(ctx, rewardPot, who, value, "keep-alive"),
  );
  return paid.ok ? value : 0n;
}

function slash(ctx: ElectionContext, { who, deposit }: SignedSubmission): void {
  const { currency, rewardPot } = ctx.config;
  const value = currency.transferHeld(ctx, who, rewardPot, DEPOSIT_HOLD, deposit);
  ctx.emit.Slashed({ account: who, value });
}
