/** Bonds: funds on hold, part of which may be unlocking. */
import { type AccountId, ensure } from "@pha/frame";
import { assert } from "@pha/scale";
import type { StakingContext } from "./declaration.ts";
import { forgetSpans } from "./spans.ts";
import { MAX_UNLOCKING, type StakingLedger } from "./types.ts";

export const STAKING_HOLD = "staking ";

export function ledgerOf(ctx: StakingContext, stash: AccountId): StakingLedger {
  const ledger = ctx.storage.Ledger.get(stash);
  ensure(ledger !== undefined, ctx.errors.NotController);
  return ledger;
}

/** Stores a ledger; what is held follows its total. An empty one is removed with all that belongs to it. */
export function putLedger(ctx: StakingContext, ledger: StakingLedger): void {
  const { stash, total } = ledger;
  const { currency } = ctx.config;
  const held = currency.held(ctx, stash, STAKING_HOLD);
  if (total > held) currency.hold(ctx, stash, STAKING_HOLD, total - held);
  else if (total < held) currency.release(ctx, stash, STAKING_HOLD, held - total);
  storeLedger(ctx, ledger);
}

/** Stores a ledger whose funds are as they should be. */
export function storeLedger(ctx: StakingContext, ledger: StakingLedger): void {
  if (ledger.total > 0n) ctx.storage.Ledger.put(ledger.stash, ledger);
  else killStash(ctx, ledger.stash);
}

export function killStash(ctx: StakingContext, stash: AccountId): void {
  chill(ctx, stash);
  ctx.storage.Ledger.remove(stash);
  ctx.storage.Bonded.remove(stash);
  ctx.storage.Payee.remove(stash);
  forgetSpans(ctx, stash);
}

/** Moves `amount` of what is at stake to what is unlocking until `era`. */
export function unlock(
  ctx: StakingContext,
  ledger: StakingLedger,
  amount: bigint,
  era: number,
): StakingLedger {
  const last = ledger.unlocking.at(-1);
  const isSameEra = last !== undefined && last.era === era;
  ensure(isSameEra || ledger.unlocking.length < MAX_UNLOCKING, ctx.errors.NoMoreChunks);
  const unlocking = isSameEra
    ? [...ledger.unlocking.slice(0, -1), { value: last.value + amount, era }]
    : [...ledger.unlocking, { value: amount, era }];
  return { ...ledger, active: ledger.active - amount, unlocking };
}

/** Without what was unlocked by `era`. */
export function withoutUnlocked(ledger: StakingLedger, era: number): StakingLedger {
  const unlocking = ledger.unlocking.filter((chunk) => chunk.era > era);
  const left = unlocking.reduce((sum, { value }) => sum + value, ledger.active);
  return { ...ledger, unlocking, total: left };
}

/** Puts up to `amount` of what is unlocking back to stake, the newest first. */
export function relock(ledger: StakingLedger, amount: bigint): StakingLedger {
  let left = amount;
  const unlocking = [...ledger.unlocking];
  while (left > 0n) {
    const chunk = unlocking.pop();
    if (chunk === undefined) break;
    if (chunk.value > left) unlocking.push({ ...chunk, value: chunk.value - left });
    left -= chunk.value < left ? chunk.value : left;
  }
  return { ...ledger, unlocking, active: ledger.active + amount - left };
}

/** Takes `amount` out of a ledger: of what is at stake first, then of what unlocks last. */
export function slashLedger(
  ledger: StakingLedger,
  amount: bigint,
): { readonly ledger: StakingLedger; readonly taken: bigint } {
  let left = amount < ledger.total ? amount : ledger.total;
  const taken = left;
  const fromActive = left < ledger.active ? left : ledger.active;
  left -= fromActive;
  const unlocking = [...ledger.unlocking];
  while (left > 0n) {
    const chunk = unlocking.pop();
    assert(chunk !== undefined, "the parts of a ledger add up to its total");
    if (chunk.value > left) unlocking.push({ ...chunk, value: chunk.value - left });
    left -= chunk.value < left ? chunk.value : left;
  }
  return {
    ledger: {
      ...ledger,
      total: ledger.total - taken,
      active: ledger.active - fromActive,
      unlocking,
    },
    taken,
  };
}

/** Ends validating and nominating. @returns whether the account did one of them */
export function chill(ctx: StakingContext, stash: AccountId): boolean {
  const { storage } = ctx;
  const validated = storage.Validators.has(stash);
  const nominated = storage.Nominators.has(stash);
  if (validated) {
    storage.Validators.remove(stash);
    storage.CounterForValidators.mutate((count) => count - 1);
  }
  if (nominated) {
    storage.Nominators.remove(stash);
    storage.CounterForNominators.mutate((count) => count - 1);
  }
  return validated || nominated;
}
