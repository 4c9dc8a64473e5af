/** Funds on hold: still owned, not spendable, each part for one reason. */
import { type AccountId, ensure, tokenError } from "@pha/frame";
import { type BalancesContext, MAX_HOLDS } from "./declaration.ts";
import type { HoldReason } from "./fungible.ts";
import { credit, putFree, reducible } from "./moves.ts";

export function heldFor(ctx: BalancesContext, account: AccountId, reason: HoldReason): bigint {
  return ctx.storage.Holds.get(account).find((hold) => hold.id === reason)?.amount ?? 0n;
}

export function hold(
  ctx: BalancesContext,
  account: AccountId,
  reason: HoldReason,
  amount: bigint,
): void {
  if (amount === 0n) return;
  ensure(amount <= reducible(ctx, account, "keep-alive"), tokenError("FundsUnavailable"));
  setHeld(ctx, account, reason, heldFor(ctx, account, reason) + amount);
  const info = ctx.config.accounts.get(ctx, account);
  const data = {
    ...info.data,
    free: info.data.free - amount,
    reserved: info.data.reserved + amount,
  };
  ctx.config.accounts.putData(ctx, account, info, data, true);
  ctx.emit.Reserved({ who: account, amount });
}

/** Frees at most what is held; returns how much. */
export function release(
  ctx: BalancesContext,
  account: AccountId,
  reason: HoldReason,
  amount: bigint,
): bigint {
  const freed = takeHeld(ctx, account, reason, amount);
  if (freed === 0n) return 0n;
  const info = ctx.config.accounts.get(ctx, account);
  const data = {
    ...info.data,
    free: info.data.free + freed,
    reserved: info.data.reserved - freed,
  };
  ctx.config.accounts.putData(ctx, account, info, data, true);
  ctx.emit.Unreserved({ who: account, amount: freed });
  return freed;
}

/** Moves at most what is held to the free balance of another account; returns how much. */
export function transferHeld(
  ctx: BalancesContext,
  from: AccountId,
  to: AccountId,
  reason: HoldReason,
  amount: bigint,
): bigint {
  const moved = takeHeld(ctx, from, reason, amount);
  if (moved === 0n) return 0n;
  const info = ctx.config.accounts.get(ctx, from);
  const data = { ...info.data, reserved: info.data.reserved - moved };
  putFree(ctx, from, { ...info, data }, data.free);
  credit(ctx, to, moved);
  ctx.emit.ReserveRepatriated({
    from,
    to,
    amount: moved,
    destinationStatus: { type: "Free", value: undefined },
  });
  return moved;
}

function takeHeld(
  ctx: BalancesContext,
  account: AccountId,
  reason: HoldReason,
  amount: bigint,
): bigint {
  const held = heldFor(ctx, account, reason);
  const taken = amount < held ? amount : held;
  if (taken > 0n) setHeld(ctx, account, reason, held - taken);
  return taken;
}

/** Records of holds stay in order of their first use; an empty one is removed. */
function setHeld(
  ctx: BalancesContext,
  account: AccountId,
  reason: HoldReason,
  amount: bigint,
): void {
  const holds = ctx.storage.Holds.get(account);
  const others = holds.filter((one) => one.id !== reason);
  if (amount > 0n) {
    ensure(others.length < MAX_HOLDS, ctx.errors.TooManyHolds);
    const next = holds.some((one) => one.id === reason)
      ? holds.map((one) => (one.id === reason ? { id: reason, amount } : one))
      : [...holds, { id: reason, amount }];
    ctx.storage.Holds.put(account, next);
  } else if (others.length > 0) ctx.storage.Holds.put(account, others);
  else ctx.storage.Holds.remove(account);
}
