/**
 * Bonds: funds on hold, part of which may be waiting.
 *
 * What is held of an account is its bond's total at all times. A slash takes from what is at stake first, then from what
 * waits, the latest first.
 */
import { type AccountId, ensure } from "@pha/frame";
import { assert } from "@pha/scale";
import { HOLD, type StakeContext } from "./declaration.ts";
import { type Bond, MAX_UNBONDING } from "./types.ts";

const NONE: Bond = { total: 0n, active: 0n, unbonding: [] };

export function bondOf(ctx: StakeContext, who: AccountId): Bond {
  return ctx.storage.Bonds.get(who) ?? NONE;
}

function put(ctx: StakeContext, who: AccountId, bond: Bond): void {
  if (bond.total > 0n) ctx.storage.Bonds.put(who, bond);
  else ctx.storage.Bonds.remove(who);
}

/** Puts more at stake. */
export function bond(ctx: StakeContext, who: AccountId, amount: bigint): void {
  const before = bondOf(ctx, who);
  ensure(amount > 0n, ctx.errors.BondTooSmall);
  const active = before.active + amount;
  ensure(active >= ctx.config.minNominatorBond, ctx.errors.BondTooSmall);
  ctx.config.currency.hold(ctx, who, HOLD, amount);
  put(ctx, who, { ...before, total: before.total + amount, active });
  ctx.emit.Bonded({ who, amount });
}

/** Begins to wait; what would be left below the least bond is refused, unless it is nothing. */
export function unbond(ctx: StakeContext, who: AccountId, amount: bigint): void {
  const before = ctx.storage.Bonds.get(who);
  ensure(before, ctx.errors.NoBond);
  ensure(amount > 0n && amount <= before.active, ctx.errors.BondTooSmall);
  const active = before.active - amount;
  ensure(active >= leastActive(ctx, who, active), ctx.errors.BondTooSmall);
  const at = ctx.block.number + ctx.config.unbondingBlocks;
  const last = before.unbonding.at(-1);
  const isSame = last?.at === at;
  ensure(isSame || before.unbonding.length < MAX_UNBONDING, ctx.errors.TooManyUnbonding);
  const unbonding = isSame
    ? [...before.unbonding.slice(0, -1), { value: last.value + amount, at }]
    : [...before.unbonding, { value: amount, at }];
  put(ctx, who, { ...before, active, unbonding });
  ctx.emit.Unbonded({ who, amount, at });
}

/** Who neither stands nor nominates may keep anything the chain takes as a bond, or nothing. */
function leastActive(ctx: StakeContext, who: AccountId, active: bigint): bigint {
  const { Candidates, Nominations } = ctx.storage;
  if (Candidates.has(who)) return ctx.config.minCandidateBond;
  if (Nominations.has(who) || active > 0n) return ctx.config.minNominatorBond;
  return 0n;
}

/** Frees what has waited long enough. */
export function withdraw(ctx: StakeContext, who: AccountId): void {
  const before = ctx.storage.Bonds.get(who);
  ensure(before, ctx.errors.NoBond);
  const unbonding = before.unbonding.filter(({ at }) => at > ctx.block.number);
  const amount = sumOf(before.unbonding) - sumOf(unbonding);
  ensure(amount > 0n, ctx.errors.NothingToWithdraw);
  ctx.config.currency.release(ctx, who, HOLD, amount);
  put(ctx, who, { ...before, total: before.total - amount, unbonding });
  ctx.emit.Withdrawn({ who, amount });
}

/** Takes up to `amount` of a bond, waiting parts included; tells how much. */
export function slashBond(ctx: StakeContext, who: AccountId, amount: bigint): bigint {
  const before = ctx.storage.Bonds.get(who);
  if (before === undefined || amount === 0n) return 0n;
  const wanted = amount < before.total ? amount : before.total;
  const { currency, slashTo } = ctx.config;
  const taken = currency.transferHeld(ctx, who, slashTo, HOLD, wanted);
  assert(taken === wanted, "what is bonded is held");
  const fromActive = taken < before.active ? taken : before.active;
  let rest = taken - fromActive;
  const unbonding = [...before.unbonding]
    .reverse()
    .map((part) => {
      const cut = rest < part.value ? rest : part.value;
      rest -= cut;
      return { ...part, value: part.value - cut };
    })
    .reverse()
    .filter(({ value }) => value > 0n);
  const active = before.active - fromActive;
  put(ctx, who, { total: before.total - taken, active, unbonding });
  return taken;
}

function sumOf(parts: Bond["unbonding"]): bigint {
  return parts.reduce((sum, { value }) => sum + value, 0n);
}

/** Invariants: the total is the sum of the parts, and held. */
export function assertHeld(ctx: StakeContext): void {
  for (const [who, { total, active, unbonding }] of ctx.storage.Bonds.entries()) {
    assert(total > 0n, "an empty bond is removed");
    assert(total === active + sumOf(unbonding), "a bond is the sum of its parts");
    assert(ctx.config.currency.held(ctx, who, HOLD) === total, "what is bonded is held");
  }
}
