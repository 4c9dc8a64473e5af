/** Bonding, unbonding, and what comes back. */
import { type AccountId, ensure } from "@pha/frame";
import type { StakingContext } from "./declaration.ts";
import { killStash, ledgerOf, putLedger, relock, unlock, withoutUnlocked } from "./ledger.ts";
import { leastBond } from "./roles.ts";
import { MAX_UNLOCKING, type RewardDestination, type StakingLedger } from "./types.ts";

/** Bonds at most what the account can spare. */
export function bond(
  ctx: StakingContext,
  stash: AccountId,
  value: bigint,
  payee: RewardDestination,
): void {
  const { storage, config, errors } = ctx;
  ensure(!storage.Bonded.has(stash), errors.AlreadyBonded);
  const amount = atMost(value, config.currency.reducible(ctx, stash, "keep-alive"));
  ensure(amount >= config.currency.existentialDeposit(ctx), errors.InsufficientBond);
  storage.Bonded.put(stash, stash);
  storage.Payee.put(stash, payee);
  putLedger(ctx, {
    stash,
    total: amount,
    active: amount,
    unlocking: [],
    legacyClaimedRewards: [],
  });
  ctx.emit.Bonded({ stash, amount });
}

export function bondExtra(ctx: StakingContext, stash: AccountId, value: bigint): void {
  const ledger = ledgerOf(ctx, stash);
  const { currency } = ctx.config;
  const amount = atMost(value, currency.reducible(ctx, stash, "keep-alive"));
  const active = ledger.active + amount;
  ensure(active >= currency.existentialDeposit(ctx), ctx.errors.InsufficientBond);
  putLedger(ctx, { ...ledger, total: ledger.total + amount, active });
  ctx.emit.Bonded({ stash, amount });
}

/** Begins to unlock; a rest too small to be kept goes with it. */
export function unbond(ctx: StakingContext, stash: AccountId, value: bigint): void {
  const before = ledgerOf(ctx, stash);
  const isFull = before.unlocking.length >= MAX_UNLOCKING;
  const ledger = isFull ? withdrawn(ctx, before) : before;
  const wanted = atMost(value, ledger.active);
  const rest = ledger.active - wanted;
  const amount = rest < ctx.config.currency.existentialDeposit(ctx) ? ledger.active : wanted;
  if (amount === 0n) return;
  ensure(ledger.active - amount >= leastBond(ctx, stash), ctx.errors.InsufficientBond);
  const era = currentEra(ctx) + ctx.config.bondingDuration;
  putLedger(ctx, unlock(ctx, ledger, amount, era));
  ctx.emit.Unbonded({ stash, amount });
}

/** Frees what was unlocked by now. A bond of which too little is left ends. */
export function withdraw(ctx: StakingContext, stash: AccountId, slashingSpans: number): void {
  const before = ledgerOf(ctx, stash);
  const ledger = withoutUnlocked(before, currentEra(ctx));
  const isOver =
    ledger.unlocking.length === 0 && ledger.active < ctx.config.currency.existentialDeposit(ctx);
  if (isOver) {
    ensureSpans(ctx, stash, slashingSpans);
    putLedger(ctx, { ...ledger, total: 0n, active: 0n });
    ctx.emit.Withdrawn({ stash, amount: before.total });
  } else withdrawn(ctx, before);
}

/** The caller says how many spans will be removed, which weighs. */
export function ensureSpans(ctx: StakingContext, stash: AccountId, given: number): void {
  const spans = ctx.storage.SlashingSpans.get(stash);
  const count = spans === undefined ? 0 : spans.prior.length + 1;
  ensure(given >= count, ctx.errors.IncorrectSlashingSpans);
}

export function rebond(ctx: StakingContext, stash: AccountId, value: bigint): void {
  const ledger = ledgerOf(ctx, stash);
  ensure(ledger.unlocking.length > 0, ctx.errors.NoUnlockChunk);
  const next = relock(ledger, value);
  const least = ctx.config.currency.existentialDeposit(ctx);
  ensure(next.active >= least, ctx.errors.InsufficientBond);
  putLedger(ctx, next);
  ctx.emit.Bonded({ stash, amount: next.active - ledger.active });
}

/** Ends a bond that slashes left too small to be kept. */
export function reap(ctx: StakingContext, stash: AccountId, slashingSpans: number): void {
  const ledger = ledgerOf(ctx, stash);
  const isDust = ledger.total < ctx.config.currency.existentialDeposit(ctx);
  ensure(isDust, ctx.errors.FundedTarget);
  endBond(ctx, stash, slashingSpans);
}

/** Frees the whole bond at once. */
export function endBond(ctx: StakingContext, stash: AccountId, slashingSpans: number): void {
  const ledger = ledgerOf(ctx, stash);
  ensureSpans(ctx, stash, slashingSpans);
  if (ledger.total > 0n) putLedger(ctx, { ...ledger, total: 0n, active: 0n, unlocking: [] });
  else killStash(ctx, stash);
}

function withdrawn(ctx: StakingContext, before: StakingLedger): StakingLedger {
  const ledger = withoutUnlocked(before, currentEra(ctx));
  const amount = before.total - ledger.total;
  if (amount > 0n) {
    putLedger(ctx, ledger);
    ctx.emit.Withdrawn({ stash: ledger.stash, amount });
  }
  return ledger;
}

function currentEra({ storage }: StakingContext): number {
  return storage.CurrentEra.get() ?? 0;
}

function atMost(value: bigint, limit: bigint): bigint {
  return value < limit ? value : limit;
}
