/**
 * PhalaComputation: bonds of workers.
 *
 * ```
 * none ─ bond_worker ─► vouches ─ unbond_worker ─► unlocking ─ bondingBlocks, withdraw_bond ─► none
 *                          ▲ └ slashed                 │ └ slashed
 *                          └──────── bond_worker ──────┘
 * ```
 * **Bounds**: one bond per worker, held on its operator's account. **Not here**: what costs how much (PhaContractState),
 * rewards.
 */
import { type AccountId, ensure, signed } from "@pha/frame";
import { Sr25519Key } from "@pha/protocol";
import { assert, equalBytes, u128 } from "@pha/scale";
import { type ComputationContext, declaration } from "./declaration.ts";
import type { WorkerBonds } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

const HOLD = "pha/work";
const PERMILLE = 1000n;

export const PhalaComputation = declaration.implement(({ call }) => ({
  calls: {
    bond_worker: call(
      0,
      {
        docs: "Adds to the bond of a worker that the caller operates; what was being withdrawn vouches again.",
        origin: signed,
        args: { worker: Sr25519Key, amount: u128 },
        weight: WEIGHTS.bond_worker,
      },
      (ctx, { worker, amount }) => {
        const { caller: operator } = ctx;
        const registered = ctx.config.operatorOf(ctx, worker);
        ensure(registered, ctx.errors.UnknownWorker);
        ensure(equalBytes(registered, operator), ctx.errors.NotOperator);
        const bond = ctx.storage.Bonds.get(worker);
        ensure(bond === undefined || equalBytes(bond.operator, operator), ctx.errors.NotOperator);
        const total = (bond?.amount ?? 0n) + amount;
        ensure(total > 0n && total >= ctx.config.minBond, ctx.errors.BondTooSmall);
        ctx.config.currency.hold(ctx, operator, HOLD, amount);
        ctx.storage.Bonds.put(worker, { operator, amount: total, unlocksAt: undefined });
        ctx.emit.Bonded({ worker, operator, amount });
      },
    ),
    unbond_worker: call(
      1,
      {
        docs: "Ends a bond of the caller's; it is held for a while yet.",
        origin: signed,
        args: { worker: Sr25519Key },
        weight: WEIGHTS.unbond_worker,
      },
      (ctx, { worker }) => {
        const bond = ownBond(ctx, worker, ctx.caller);
        ensure(!ctx.config.isServing(ctx, worker), ctx.errors.StillServing);
        const unlocksAt = ctx.block.number + ctx.config.bondingBlocks;
        ctx.storage.Bonds.put(worker, { ...bond, unlocksAt });
        ctx.emit.Unbonding({ worker, unlocksAt });
      },
    ),
    withdraw_bond: call(
      2,
      {
        docs: "Takes back a bond whose time is over.",
        origin: signed,
        args: { worker: Sr25519Key },
        weight: WEIGHTS.withdraw_bond,
      },
      (ctx, { worker }) => {
        const { unlocksAt, operator, amount } = ownBond(ctx, worker, ctx.caller);
        ensure(unlocksAt !== undefined, ctx.errors.NotUnbonding);
        ensure(unlocksAt <= ctx.block.number, ctx.errors.TooEarly);
        ctx.config.currency.release(ctx, operator, HOLD, amount);
        ctx.storage.Bonds.remove(worker);
        ctx.emit.Withdrawn({ worker, operator, amount });
      },
    ),
  },
  hooks: {
    tryState(ctx) {
      for (const [, { amount }] of ctx.storage.Bonds.entries())
        assert(amount > 0n, "an empty bond is removed");
    },
  },
}));

function ownBond(ctx: ComputationContext, worker: Uint8Array, caller: AccountId) {
  const bond = ctx.storage.Bonds.get(worker);
  ensure(bond, ctx.errors.NoBond);
  ensure(equalBytes(bond.operator, caller), ctx.errors.NotOperator);
  return bond;
}

export const bonds: WorkerBonds = {
  isBonded(hasEnv, worker) {
    const ctx = hasEnv.env.of(declaration);
    const { minBond } = ctx.config;
    if (minBond === 0n) return true;
    const bond = ctx.storage.Bonds.get(worker);
    return bond !== undefined && bond.unlocksAt === undefined && bond.amount >= minBond;
  },
  slash(hasEnv, worker, permille) {
    const ctx = hasEnv.env.of(declaration);
    const bond = ctx.storage.Bonds.get(worker);
    if (bond === undefined) return 0n;
    const wanted = (bond.amount * permille + PERMILLE - 1n) / PERMILLE;
    const { currency, slashTo } = ctx.config;
    const taken = currency.transferHeld(ctx, bond.operator, slashTo, HOLD, wanted);
    const amount = bond.amount - taken;
    if (amount > 0n) ctx.storage.Bonds.put(worker, { ...bond, amount });
    else ctx.storage.Bonds.remove(worker);
    ctx.emit.Slashed({ worker, amount: taken });
    return taken;
  },
};
