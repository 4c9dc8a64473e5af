/**
 * Moves of funds between accounts, holds and the issuance.
 *
 * **Trust**: amounts come from callers. Every path keeps the sum of all balances equal to the issuance; `tryState`
 * checks it in tests.
 */
import { type AccountId, arithmeticError, ensure, refuse, tokenError } from "@pha/frame";
import { equalBytes } from "@pha/scale";
import type { AccountData, AccountInfo } from "../system/index.ts";
import type { BalancesContext } from "./declaration.ts";
import type { Existence } from "./fungible.ts";

const MAX_BALANCE = (1n << 128n) - 1n;

/** Part of the free balance that may not leave, and whether the account must stay. */
function untouchable(
  ctx: BalancesContext,
  info: AccountInfo,
  existence: Existence,
): { readonly amount: bigint; readonly mustStay: boolean } {
  const { data } = info;
  const frozen = data.frozen > data.reserved ? data.frozen - data.reserved : 0n;
  const mustStay = existence === "keep-alive" || info.consumers > 0;
  const least = mustStay ? ctx.constants.ExistentialDeposit : 0n;
  return { amount: frozen > least ? frozen : least, mustStay };
}

export function reducible(
  ctx: BalancesContext,
  account: AccountId,
  existence: Existence,
  info: AccountInfo = ctx.config.accounts.get(ctx, account),
): bigint {
  const rest = info.data.free - untouchable(ctx, info, existence).amount;
  return rest > 0n ? rest : 0n;
}

/** Refuses what the account may not spend. */
function ensureSpendable(
  ctx: BalancesContext,
  info: AccountInfo,
  amount: bigint,
  existence: Existence,
): void {
  const { data } = info;
  ensure(data.free >= amount, tokenError("FundsUnavailable"));
  const { mustStay } = untouchable(ctx, info, existence);
  const frozen = data.frozen > data.reserved ? data.frozen - data.reserved : 0n;
  ensure(data.free - amount >= frozen, tokenError("Frozen"));
  ensure(
    !mustStay || data.free - amount >= ctx.constants.ExistentialDeposit,
    tokenError(existence === "keep-alive" ? "NotExpendable" : "OnlyProvider"),
  );
}

export function transfer(
  ctx: BalancesContext,
  from: AccountId,
  to: AccountId,
  amount: bigint,
  existence: Existence,
): void {
  const { accounts } = ctx.config;
  const sender = accounts.get(ctx, from);
  ensureSpendable(ctx, sender, amount, existence);
  if (amount === 0n || equalBytes(from, to)) {
    ctx.emit.Transfer({ from, to, amount });
    return;
  }
  putFree(ctx, from, sender, sender.data.free - amount);
  credit(ctx, to, amount);
  ctx.emit.Transfer({ from, to, amount });
}

/** Adds to the free balance, creating the account if need be. */
export function credit(
  ctx: BalancesContext,
  to: AccountId,
  amount: bigint,
  info: AccountInfo = ctx.config.accounts.get(ctx, to),
): void {
  const free = info.data.free + amount;
  ensure(free <= MAX_BALANCE, arithmeticError("Overflow"));
  const isNew = info.providers === 0;
  ensure(!isNew || free >= ctx.constants.ExistentialDeposit, tokenError("BelowMinimum"));
  ctx.config.accounts.putData(ctx, to, info, withFree(info.data, free), true);
  if (isNew) ctx.emit.Endowed({ account: to, freeBalance: free });
}

/** Field by field: every transfer does this four times, and spreading costs more. */
function withFree({ reserved, frozen, flags }: AccountData, free: bigint): AccountData {
  return { free, reserved, frozen, flags };
}

/** Stores a free balance; what is too small to keep goes to the dust. */
export function putFree(
  ctx: BalancesContext,
  account: AccountId,
  info: AccountInfo,
  free: bigint,
): void {
  const data = withFree(info.data, free);
  const least = ctx.constants.ExistentialDeposit;
  if (free >= least || data.reserved > 0n) {
    ctx.config.accounts.putData(ctx, account, info, data, true);
    return;
  }
  ctx.config.accounts.putData(ctx, account, info, { ...data, free: 0n }, false);
  if (free > 0n) {
    ctx.emit.DustLost({ account, amount: free });
    depositOrDust(ctx, ctx.config.dustTo, free);
  }
}

/** Gives to an account; what cannot create it goes to the dust account, and what cannot go there is destroyed. */
export function depositOrDust(
  ctx: BalancesContext,
  to: AccountId | undefined,
  amount: bigint,
): void {
  if (amount === 0n) return;
  if (to !== undefined) {
    const info = ctx.config.accounts.get(ctx, to);
    if (info.providers > 0 || amount >= ctx.constants.ExistentialDeposit) {
      credit(ctx, to, amount, info);
      ctx.emit.Deposit({ who: to, amount });
      return;
    }
    const { dustTo } = ctx.config;
    if (dustTo !== undefined && !equalBytes(dustTo, to)) {
      depositOrDust(ctx, dustTo, amount);
      return;
    }
  }
  shrinkIssuance(ctx, amount);
}

export function mint(ctx: BalancesContext, to: AccountId, amount: bigint): void {
  if (amount === 0n) return;
  credit(ctx, to, amount);
  growIssuance(ctx, amount);
  ctx.emit.Minted({ who: to, amount });
}

export function burn(
  ctx: BalancesContext,
  from: AccountId,
  amount: bigint,
  existence: Existence,
): void {
  if (amount === 0n) return;
  const info = ctx.config.accounts.get(ctx, from);
  ensureSpendable(ctx, info, amount, existence);
  putFree(ctx, from, info, info.data.free - amount);
  shrinkIssuance(ctx, amount);
  ctx.emit.Burned({ who: from, amount });
}

/** Sets the free balance of an account, and the issuance with it. */
export function setFree(ctx: BalancesContext, who: AccountId, wanted: bigint): bigint {
  const info = ctx.config.accounts.get(ctx, who);
  const free = wanted < ctx.constants.ExistentialDeposit ? 0n : wanted;
  const before = info.data.free;
  if (free > before) {
    growIssuance(ctx, free - before);
    credit(ctx, who, free - before);
  } else if (free < before) {
    shrinkIssuance(ctx, before - free);
    putFree(ctx, who, info, free);
  }
  return free;
}

function growIssuance(ctx: BalancesContext, amount: bigint): void {
  ctx.storage.TotalIssuance.mutate((total) => {
    if (total + amount > MAX_BALANCE) refuse(arithmeticError("Overflow"));
    return total + amount;
  });
}

function shrinkIssuance(ctx: BalancesContext, amount: bigint): void {
  ctx.storage.TotalIssuance.mutate((total) => (total > amount ? total - amount : 0n));
}
