/**
 * Messages of a run, judged by the chain.
 *
 * The first message of a seat per phase counts. Only what verifies goes out to the other seats, in front of the events
 * it causes.
 *
 * **Trust**: the queue vouches for the sender's boot; everything inside is hostile.
 */
import {
  aggregate,
  Dealing,
  DealingComplaint,
  isOneTimePublicKey,
  judgeComplaint,
  verifyDealing,
} from "@pha/crypto";
import { ensure, linearWeight, scaleWeight } from "@pha/frame";
import { DkgMessage, TOPIC } from "@pha/protocol";
import { assert, decode, equalBytes } from "@pha/scale";
import type { MessageHandler, WorkerMessage } from "../phala-mq/index.ts";
import { declaration, type GatekeepersContext, MAX_DEALING_BYTES } from "./declaration.ts";
import { activate, contextOf, convictSeat, enterPhase, missing, unconfirmed } from "./runs.ts";
import { type Outcome, PHASE, type Run } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

export const dkgHandler: MessageHandler = {
  topic: TOPIC.dkg,
  weight: (bytes) => linearWeight(WEIGHTS.dkg, WEIGHTS.dkg_per_byte, bytes),
  handle(hasEnv, message, forward) {
    const ctx = hasEnv.env.of(declaration);
    const decoded = decode(DkgMessage, message.payload);
    ensure(decoded.ok, ctx.errors.MalformedMessage);
    const { seat, body } = decoded.value;
    const run = ctx.storage.Run.get();
    ensure(run && run.run === decoded.value.run, ctx.errors.NoRun);
    ensureSeat(ctx, run, seat, message);
    switch (body.type) {
      case "Key":
        return takeKey(ctx, run, seat, body.value, forward);
      case "Dealing":
        return takeDealing(ctx, run, seat, body.value, forward);
      case "Complaint":
        return takeComplaint(ctx, run, seat, body.value, forward);
      case "Confirm":
        return takeConfirmation(ctx, run, seat, body.value, forward);
    }
  },
};

function ensureSeat(
  ctx: GatekeepersContext,
  run: Run,
  seat: number,
  { identity, boot }: WorkerMessage,
): void {
  const holder = run.seats[seat];
  ensure(
    holder && equalBytes(holder.identity, identity) && equalBytes(holder.boot, boot),
    ctx.errors.NotSeat,
  );
}

function takeKey(
  ctx: GatekeepersContext,
  run: Run,
  seat: number,
  key: Uint8Array,
  forward: () => void,
): void {
  const { RunKeys } = ctx.storage;
  const known = RunKeys.get(seat);
  if (known) {
    repeated(ctx, run, seat, known, key);
    return;
  }
  ensure(run.phase === PHASE.keys, ctx.errors.OutOfTurn);
  ensure(isOneTimePublicKey(key), ctx.errors.BadOneTimeKey);
  RunKeys.put(seat, key);
  forward();
  if (missing(run, (one) => RunKeys.has(one)).length === 0) enterPhase(ctx, run, PHASE.deal);
}

function takeDealing(
  ctx: GatekeepersContext,
  run: Run,
  seat: number,
  payload: Uint8Array,
  forward: () => void,
): void {
  const { RunDealings } = ctx.storage;
  const known = RunDealings.get(seat);
  if (known) {
    repeated(ctx, run, seat, known, payload);
    return;
  }
  ensure(run.phase === PHASE.deal, ctx.errors.OutOfTurn);
  const dealing = payload.length <= MAX_DEALING_BYTES ? decode(Dealing, payload) : undefined;
  ensure(dealing?.ok && dealing.value.dealer === seat, ctx.errors.BadDealing);
  const verified = verifyDealing({
    context: contextOf(ctx, run),
    n: run.seats.length,
    t: run.threshold,
    dealing: dealing.value,
  });
  ensure(verified.ok, ctx.errors.BadDealing);
  RunDealings.put(seat, payload);
  forward();
  if (missing(run, (one) => RunDealings.has(one)).length === 0)
    enterPhase(ctx, run, PHASE.complain);
}

/** The same once more is refused; something else is equivocation, and the first still counts. */
function repeated(
  ctx: GatekeepersContext,
  run: Run,
  seat: number,
  first: Uint8Array,
  second: Uint8Array,
): void {
  ensure(!equalBytes(first, second), ctx.errors.AlreadySpoken);
  ctx.emit.SeatEquivocated({ run: run.run, seat });
  convictSeat(ctx, run, seat, "Equivocation");
}

function takeComplaint(
  ctx: GatekeepersContext,
  run: Run,
  seat: number,
  payload: Uint8Array,
  forward: () => void,
): void {
  ensure(run.phase === PHASE.deal || run.phase === PHASE.complain, ctx.errors.OutOfTurn);
  const complaint = decode(DealingComplaint, payload);
  ensure(complaint.ok && complaint.value.complainer === seat, ctx.errors.MalformedMessage);
  const { dealer } = complaint.value;
  ensure(!run.guilty.includes(dealer), ctx.errors.AlreadyConvicted);
  const dealing = dealingOf(ctx, dealer);
  const oneTimePublicKey = ctx.storage.RunKeys.get(seat);
  ensure(dealing && oneTimePublicKey, ctx.errors.NoDealing);
  const verdict = judgeComplaint({
    context: contextOf(ctx, run),
    dealing,
    complaint: complaint.value,
    oneTimePublicKey,
  });
  forward();
  if (verdict === "complainer-guilty") {
    ctx.emit.FalseComplaint({ run: run.run, seat });
    convictSeat(ctx, run, seat, "FalseComplaint");
    return;
  }
  ctx.storage.Run.put({ ...run, guilty: [...run.guilty, dealer] });
  // What was confirmed counted the convicted dealing.
  ctx.storage.RunOutcome.kill();
  ctx.storage.RunConfirmations.clear();
  ctx.emit.SeatConvicted({ run: run.run, seat: dealer });
  convictSeat(ctx, run, dealer, "WrongShare", seat);
}

function takeConfirmation(
  ctx: GatekeepersContext,
  run: Run,
  seat: number,
  { transcriptHash, root }: { readonly transcriptHash: Uint8Array; readonly root: Uint8Array },
  forward: () => void,
): void {
  ensure(run.phase === PHASE.complain || run.phase === PHASE.confirm, ctx.errors.OutOfTurn);
  ensure(!ctx.storage.RunConfirmations.has(seat), ctx.errors.AlreadySpoken);
  const outcome = outcomeOf(ctx, run);
  ensure(
    equalBytes(outcome.transcriptHash, transcriptHash) && equalBytes(outcome.root, root),
    ctx.errors.OtherTranscript,
  );
  ctx.storage.RunConfirmations.put(seat, transcriptHash);
  forward();
  if (unconfirmed(ctx, run).length === 0) activate(ctx, run);
}

/** What the unconvicted dealings come to; computed at the first confirmation after each conviction. */
function outcomeOf(ctx: GatekeepersContext, run: Run): Outcome {
  const known = ctx.storage.RunOutcome.get();
  if (known) return known;
  const dealings = run.seats.flatMap((_, dealer) =>
    run.guilty.includes(dealer) ? [] : (dealingOf(ctx, dealer) ?? []),
  );
  const n = run.seats.length;
  // Whose confirmation comes first is chance: it pays for its message, and the block has the work of all.
  const commitments = BigInt(dealings.length * run.threshold);
  ctx.env.useWeight(scaleWeight(WEIGHTS.aggregate_per_commitment, commitments), "Mandatory");
  const result = aggregate({ context: contextOf(ctx, run), n, t: run.threshold, dealings });
  ensure(result.ok, ctx.errors.TooFewDealings);
  const { transcriptHash, rootPublicKey, sharePublicKeys } = result.value;
  const outcome = { transcriptHash, root: rootPublicKey, sharePublicKeys };
  ctx.storage.RunOutcome.put(outcome);
  return outcome;
}

function dealingOf(ctx: GatekeepersContext, dealer: number): Dealing | undefined {
  const stored = ctx.storage.RunDealings.get(dealer);
  if (stored === undefined) return undefined;
  const dealing = decode(Dealing, stored);
  assert(dealing.ok, "stored dealings were decoded before");
  return dealing.value;
}
