/**
 * Slashes: decided when an offence is reported, carried out when they were deferred long enough, unless cancelled.
 *
 * A validator and its nominators of the era of the offence lose the same part of what was at stake behind it. In an
 * era only what goes beyond an earlier offence is added, and in a span only the worst counts. What is taken goes to
 * the treasury, and a part of it to the reporters: nothing is burned.
 *
 * **Bounds**: at most `MAX_SLASHES` are waiting for one era; later ones are carried out at once.
 */
import type { AccountId, HasEnv } from "@pha/frame";
import { equalBytes } from "@pha/scale";
import { floorPart } from "../npos-elections/index.ts";
import { type StakingContext, stakingOf } from "./declaration.ts";
import { eraOfSession, exposureIn } from "./exposures.ts";
import { chill, STAKING_HOLD, slashLedger, storeLedger } from "./ledger.ts";
import { endSpan, slashBeyondSpan } from "./spans.ts";
import { MAX_SLASHES, type UnappliedSlash } from "./types.ts";

export interface Offender {
  readonly validator: AccountId;
  readonly reporters: readonly AccountId[];
}

/** Punishes validators of a session. @param fraction billionths of what was at stake */
export function punish(
  ctx: HasEnv,
  session: number,
  offenders: readonly Offender[],
  fraction: bigint,
): void {
  const staking = stakingOf(ctx);
  const era = eraOfSession(ctx, session);
  const now = staking.storage.ActiveEra.get()?.index;
  if (era === undefined || now === undefined) {
    staking.emit.OldSlashingReportDiscarded({ sessionIndex: session });
    return;
  }
  for (const offender of offenders) {
    const { validator } = offender;
    if (staking.storage.Invulnerables.get().some((one) => equalBytes(one, validator))) continue;
    staking.emit.SlashReported({ validator, fraction, slashEra: era });
    const slash = decideSlash(staking, era, now, offender, fraction);
    if (slash) deferSlash(staking, era, now, slash);
  }
}

function decideSlash(
  ctx: StakingContext,
  era: number,
  now: number,
  { validator, reporters }: Offender,
  fraction: bigint,
): UnappliedSlash | undefined {
  const { storage } = ctx;
  const exposure = exposureIn(ctx, era, validator);
  if (exposure === undefined) return undefined;
  const [priorFraction] = storage.ValidatorSlashInEra.get(era, validator) ?? [0n];
  // Without a stake at risk the validator leaves all the same.
  if (fraction <= priorFraction) {
    stopValidating(ctx, validator, era, now, fraction === 0n);
    return undefined;
  }
  const ownSlash = floorPart(fraction, exposure.own);
  storage.ValidatorSlashInEra.put(era, validator, [fraction, ownSlash]);
  const own = slashBeyondSpan(ctx, validator, era, ownSlash);
  if (own.isLatest) stopValidating(ctx, validator, era, now, false);
  const others = exposure.others.flatMap(({ who, value }): [AccountId, bigint][] => {
    const delta = floorPart(fraction, value) - floorPart(priorFraction, value);
    const inEra = (storage.NominatorSlashInEra.get(era, who) ?? 0n) + delta;
    storage.NominatorSlashInEra.put(era, who, inEra);
    const { more, isLatest } = slashBeyondSpan(ctx, who, era, inEra);
    if (isLatest && more > 0n) endSpan(ctx, who, now);
    return more > 0n ? [[who, more]] : [];
  });
  const total = others.reduce((sum, [, amount]) => sum + amount, own.more);
  if (total === 0n) return undefined;
  const payout = reporters.length > 0 ? floorPart(storage.SlashRewardFraction.get(), total) : 0n;
  return { validator, own: own.more, others, reporters, payout };
}

/** The validator leaves the next set, and the present one as far as possible. */
function stopValidating(
  ctx: StakingContext,
  validator: AccountId,
  era: number,
  now: number,
  isMild: boolean,
): void {
  if (era >= (ctx.storage.SlashingSpans.get(validator)?.lastStart ?? 0)) {
    if (chill(ctx, validator)) ctx.emit.Chilled({ stash: validator });
    if (!isMild) endSpan(ctx, validator, now);
  }
  ctx.config.disable(ctx, validator);
}

function deferSlash(ctx: StakingContext, era: number, now: number, slash: UnappliedSlash): void {
  const { storage, config } = ctx;
  const at = Math.max(era + config.slashDeferDuration + 1, now + 1);
  const waiting = storage.UnappliedSlashes.get(at);
  if (config.slashDeferDuration === 0 || waiting.length >= MAX_SLASHES) carryOut(ctx, slash);
  else storage.UnappliedSlashes.put(at, [...waiting, slash]);
}

/** Carries out what was deferred to an era that begins. */
export function applySlashes(ctx: StakingContext, era: number): void {
  for (const slash of ctx.storage.UnappliedSlashes.get(era)) carryOut(ctx, slash);
  ctx.storage.UnappliedSlashes.remove(era);
}

function carryOut(ctx: StakingContext, slash: UnappliedSlash): void {
  // A slash that cannot be taken must not keep the others, or the block.
  ctx.env.transaction(() => {
    let taken = take(ctx, slash.validator, slash.own);
    for (const [who, amount] of slash.others) taken += take(ctx, who, amount);
    const payout = slash.payout < taken ? slash.payout : taken;
    const each = payout / BigInt(Math.max(1, slash.reporters.length));
    for (const reporter of slash.reporters) reward(ctx, reporter, each);
  });
}

/** @returns what was there to take, at most `amount` */
function take(ctx: StakingContext, who: AccountId, amount: bigint): bigint {
  const ledger = ctx.storage.Ledger.get(who);
  if (ledger === undefined || amount === 0n) return 0n;
  const slashed = slashLedger(ledger, amount);
  const { currency, slashTo } = ctx.config;
  const taken = currency.transferHeld(ctx, who, slashTo, STAKING_HOLD, slashed.taken);
  storeLedger(ctx, slashed.ledger);
  ctx.emit.Slashed({ staker: who, amount: taken });
  return taken;
}

function reward(ctx: StakingContext, reporter: AccountId, amount: bigint): void {
  const { currency, slashTo } = ctx.config;
  const isNew = currency.total(ctx, reporter) === 0n;
  if (amount === 0n || (isNew && amount < currency.existentialDeposit(ctx))) return;
  currency.transfer(ctx, slashTo, reporter, amount, "keep-alive");
}

/** Forgets the slashes of an era whose offences cannot be punished any more. */
export function forgetSlashes({ storage }: StakingContext, era: number): void {
  storage.ValidatorSlashInEra.clearPrefix(era);
  storage.NominatorSlashInEra.clearPrefix(era);
}
