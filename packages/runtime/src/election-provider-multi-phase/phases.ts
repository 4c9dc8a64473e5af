/**
 * Phases of a round, by the slots that are left until the election.
 *
 *     Off ──signed + unsigned left──► Signed ──unsigned left──► Unsigned ──election──► Off, next round
 *      └──────────── unsigned left, when Signed was missed ────────▲          │ failed
 *                                                                         Emergency ──election──► Off
 */
import type { HasEnv, Weight } from "@pha/frame";
import { fromHex, toHex } from "@pha/scale";
import { type ElectionScore, scoreOf } from "../npos-elections/index.ts";
import type { Elected } from "../staking/index.ts";
import { type ElectionContext, electionOf } from "./declaration.ts";
import { MAX_ON_CHAIN_VOTERS } from "./on-chain.ts";
import { endSignedPhase } from "./signed.ts";
import { createSnapshot, forgetSnapshot } from "./snapshot.ts";
import { MAX_WINNERS, type Phase, type ReadySolution, type Supports } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Moves on to the phase that the slots that are left ask for. */
export function enterPhase(ctx: ElectionContext): Weight {
  const { storage, config } = ctx;
  const left = config.slotsToElection(ctx);
  const { type } = storage.CurrentPhase.get();
  if (left === undefined || left <= 0) return WEIGHTS.phase;
  if (type === "Off" && left > config.unsignedPhase) {
    const isTime = left <= config.unsignedPhase + config.signedPhase;
    if (isTime && createSnapshot(ctx)) moveTo(ctx, { type: "Signed", value: undefined });
  } else if ((type === "Off" || type === "Signed") && left <= config.unsignedPhase) {
    if (type === "Signed") endSignedPhase(ctx);
    else if (!createSnapshot(ctx)) return WEIGHTS.phase;
    moveTo(ctx, { type: "Unsigned", value: [true, ctx.block.number] });
  }
  return WEIGHTS.phase;
}

function moveTo({ storage, emit }: ElectionContext, to: Phase): void {
  const from = storage.CurrentPhase.get();
  storage.CurrentPhase.put(to);
  emit.PhaseTransitioned({ from, to, round: storage.Round.get() });
}

/**
 * Ends the round: the queued solution, or else what the chain elects itself over the votes of now.
 *
 * @returns winners and their stake in plancks; `undefined` when nobody could be elected
 */
export function electInPhases(has: HasEnv, seats: number): readonly Elected[] | undefined {
  const ctx = electionOf(has);
  const { storage } = ctx;
  // An era that was forced comes before its phases are over.
  if (storage.CurrentPhase.get().type === "Signed") endSignedPhase(ctx);
  const queued = storage.QueuedSolution.get();
  const elected = queued
    ? inPlancks(queued.supports, ctx.config.plancksPerVote(ctx))
    : ctx.config.electOnChain(ctx, seats, MAX_ON_CHAIN_VOTERS);
  if (elected.length === 0) {
    ctx.emit.ElectionFailed();
    if (storage.CurrentPhase.get().type !== "Emergency")
      moveTo(ctx, { type: "Emergency", value: undefined });
    return undefined;
  }
  const { compute, score } = queued ?? fallback(ctx, elected);
  storage.QueuedSolution.kill();
  forgetSnapshot(ctx);
  storage.Round.put(storage.Round.get() + 1);
  moveTo(ctx, { type: "Off", value: undefined });
  ctx.emit.ElectionFinalized({ compute, score });
  return elected;
}

function inPlancks(supports: Supports, perVote: bigint): readonly Elected[] {
  return supports.map(([winner, { total, voters }]) => [
    winner,
    {
      total: total * perVote,
      voters: voters.map(([who, votes]) => [toHex(who), votes * perVote] as const),
    },
  ]);
}

/** What the chain elected itself, as a solution. */
export function fallback(ctx: ElectionContext, elected: readonly Elected[]): ReadySolution {
  const perVote = ctx.config.plancksPerVote(ctx);
  const supports = elected.slice(0, MAX_WINNERS).map(([winner, { voters }]) => {
    const votes = voters.map(([who, stake]) => [fromHex(who), stake / perVote] as const);
    const total = votes.reduce((sum, [, stake]) => sum + stake, 0n);
    return [winner, { total, voters: votes }] as const;
  });
  return {
    supports,
    score: scoreOfSupports(supports),
    compute: { type: "Fallback", value: undefined },
  };
}

export function scoreOfSupports(supports: Supports): ElectionScore {
  return scoreOf(supports.map(([, { total }]) => total));
}
