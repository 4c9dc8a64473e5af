/** Balances of the native token: its calls, genesis, and the interface other pallets use. */
import {
  type AccountId,
  accountId,
  accountOf,
  CANNOT_LOOKUP,
  ensure,
  MultiAddress,
  root,
  signed,
} from "@pha/frame";
import { assert, bool, compact, u128, vec } from "@pha/scale";
import { System } from "../system/index.ts";
import { balancesOf, declaration } from "./declaration.ts";
import type { Fungible } from "./fungible.ts";
import { heldFor, hold, release, transferHeld } from "./holds.ts";
import { burn, depositOrDust, mint, putFree, reducible, setFree, transfer } from "./moves.ts";
import { AdjustmentDirection } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Account → free balance in plancks. */
export type BalancesGenesis = readonly (readonly [AccountId, bigint])[];

const NAMES = { dest: "AccountIdLookupOf<T>", value: "T::Balance" } as const;

export const Balances = declaration.implement(({ call }) => ({
  calls: {
    transfer_allow_death: call(
      0,
      {
        docs: "Moves `value` plancks to `dest`; removes the sender when too little stays.",
        origin: signed,
        args: { dest: MultiAddress, value: compact(u128) },
        typeNames: NAMES,
        weight: WEIGHTS.transfer_allow_death,
      },
      (ctx, { dest, value }) => transfer(ctx, ctx.caller, lookup(dest), value, "allow-death"),
    ),
    force_transfer: call(
      2,
      {
        docs: "Moves `value` plancks from `source` to `dest`, by root.",
        origin: root,
        args: { source: MultiAddress, dest: MultiAddress, value: compact(u128) },
        typeNames: { ...NAMES, source: "AccountIdLookupOf<T>" },
        weight: WEIGHTS.force_transfer,
      },
      (ctx, { source, dest, value }) =>
        transfer(ctx, lookup(source), lookup(dest), value, "allow-death"),
    ),
    transfer_keep_alive: call(
      3,
      {
        docs: "Moves `value` plancks to `dest`; fails rather than remove the sender.",
        origin: signed,
        args: { dest: MultiAddress, value: compact(u128) },
        typeNames: NAMES,
        weight: WEIGHTS.transfer_keep_alive,
      },
      (ctx, { dest, value }) => transfer(ctx, ctx.caller, lookup(dest), value, "keep-alive"),
    ),
    transfer_all: call(
      4,
      {
        docs: "Moves all that may leave to `dest`; with `keepAlive` the sender stays.",
        origin: signed,
        args: { dest: MultiAddress, keepAlive: bool },
        typeNames: { dest: NAMES.dest },
        weight: WEIGHTS.transfer_all,
      },
      (ctx, { dest, keepAlive }) => {
        const existence = keepAlive ? "keep-alive" : "allow-death";
        const amount = reducible(ctx, ctx.caller, existence);
        transfer(ctx, ctx.caller, lookup(dest), amount, existence);
      },
    ),
    force_unreserve: call(
      5,
      {
        docs: "Frees up to `amount` plancks of every hold of `who`, by root.",
        origin: root,
        args: { who: MultiAddress, amount: u128 },
        typeNames: { who: NAMES.dest, amount: NAMES.value },
        weight: WEIGHTS.force_unreserve,
      },
      (ctx, { who, amount }) => {
        const account = lookup(who);
        let left = amount;
        for (const { id } of ctx.storage.Holds.get(account))
          left -= release(ctx, account, id, left);
      },
    ),
    upgrade_accounts: call(
      6,
      {
        docs: "Does nothing: every account follows the present rules from its first block.",
        origin: signed,
        args: { who: vec(accountId, 1024) },
        weight: {
          base: WEIGHTS.upgrade_accounts,
          each: { argument: "who", weight: WEIGHTS.upgrade_accounts_per_account },
        },
      },
      () => undefined,
    ),
    force_set_balance: call(
      8,
      {
        docs: "Sets the free balance of `who`, and the issuance with it, by root.",
        origin: root,
        args: { who: MultiAddress, newFree: compact(u128) },
        typeNames: { who: NAMES.dest, newFree: NAMES.value },
        weight: WEIGHTS.force_set_balance,
      },
      (ctx, { who, newFree }) => {
        const account = lookup(who);
        ctx.emit.BalanceSet({ who: account, free: setFree(ctx, account, newFree) });
      },
    ),
    force_adjust_total_issuance: call(
      9,
      {
        docs: "Corrects the total issuance by `delta` plancks, by root.",
        origin: root,
        args: { direction: AdjustmentDirection, delta: compact(u128) },
        typeNames: { delta: NAMES.value },
        weight: WEIGHTS.force_adjust_total_issuance,
      },
      (ctx, { direction, delta }) => {
        ensure(delta > 0n, ctx.errors.DeltaZero);
        const old = ctx.storage.TotalIssuance.get();
        const next = direction.type === "Increase" ? old + delta : old - delta;
        ensure(
          next >= ctx.storage.InactiveIssuance.get() && next >> 128n === 0n,
          ctx.errors.IssuanceDeactivated,
        );
        ctx.storage.TotalIssuance.put(next);
        ctx.emit.TotalIssuanceForced({ old, new: next });
      },
    ),
    burn: call(
      10,
      {
        docs: "Destroys `value` plancks of the caller; with `keepAlive` the caller stays.",
        origin: signed,
        args: { value: compact(u128), keepAlive: bool },
        typeNames: { value: NAMES.value },
        weight: WEIGHTS.burn,
      },
      (ctx, { value, keepAlive }) =>
        burn(ctx, ctx.caller, value, keepAlive ? "keep-alive" : "allow-death"),
    ),
  },
  genesis: (ctx, balances: BalancesGenesis) => {
    let total = 0n;
    for (const [account, free] of balances) {
      assert(free >= ctx.constants.ExistentialDeposit, "genesis balances can be kept");
      const info = ctx.config.accounts.get(ctx, account);
      assert(info.providers === 0, "genesis lists an account once");
      ctx.config.accounts.putData(ctx, account, info, { ...info.data, free }, true);
      total += free;
    }
    ctx.storage.TotalIssuance.put(total);
  },
  hooks: {
    tryState: (ctx) => {
      let sum = 0n;
      for (const [, info] of ctx.env.of(System).storage.Account.entries())
        sum += info.data.free + info.data.reserved;
      assert(sum === ctx.storage.TotalIssuance.get(), "the balances add up to the issuance");
    },
  },
}));

/** The native token as other pallets use it. */
export const nativeToken: Fungible = {
  free: (ctx, account) => accountDataOf(ctx, account).free,
  total(ctx, account) {
    const data = accountDataOf(ctx, account);
    return data.free + data.reserved;
  },
  reducible: (ctx, account, existence) => reducible(balancesOf(ctx), account, existence),
  transfer: (ctx, from, to, amount, existence) =>
    transfer(balancesOf(ctx), from, to, amount, existence),
  mint: (ctx, to, amount) => mint(balancesOf(ctx), to, amount),
  burn: (ctx, from, amount, existence) => burn(balancesOf(ctx), from, amount, existence),
  hold: (ctx, account, reason, amount) => hold(balancesOf(ctx), account, reason, amount),
  release: (ctx, account, reason, amount) => release(balancesOf(ctx), account, reason, amount),
  held: (ctx, account, reason) => heldFor(balancesOf(ctx), account, reason),
  transferHeld: (ctx, from, to, reason, amount) =>
    transferHeld(balancesOf(ctx), from, to, reason, amount),
  withdrawFee(ctx, from, amount) {
    const balances = balancesOf(ctx);
    const info = balances.config.accounts.get(ctx, from);
    if (amount > reducible(balances, from, "keep-alive", info)) return false;
    putFree(balances, from, info, info.data.free - amount);
    if (amount > 0n) balances.emit.Withdraw({ who: from, amount });
    return true;
  },
  depositFee: (ctx, to, amount) => depositOrDust(balancesOf(ctx), to, amount),
  existentialDeposit: (ctx) => balancesOf(ctx).constants.ExistentialDeposit,
};

function accountDataOf(ctx: Parameters<Fungible["free"]>[0], account: AccountId) {
  return balancesOf(ctx).config.accounts.get(ctx, account).data;
}

function lookup(address: MultiAddress): AccountId {
  const account = accountOf(address);
  ensure(account !== undefined, CANNOT_LOOKUP);
  return account;
}
