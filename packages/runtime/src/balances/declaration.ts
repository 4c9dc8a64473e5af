/** Declaration of Balances: names and indexes are Substrate's. */
import {
  type AccountId,
  accountId,
  blake2_128Concat,
  type ContextOf,
  configOf,
  constant,
  definePallet,
  error,
  event,
  type HasEnv,
  map,
  value,
} from "@pha/frame";
import { u32, u128, vec } from "@pha/scale";
import { type AccountStore, NO_DATA } from "../system/index.ts";
import { accountData } from "../system/types.ts";
import { BalanceLock, BalanceStatus, Hold, ReserveData } from "./types.ts";

/** What a runtime must supply to include the pallet. */
export interface BalancesConfig {
  /** Smallest balance an account may keep, in plancks. Must be > 0. */
  readonly existentialDeposit: bigint;
  /** Account that receives balances too small to keep; without one they leave the issuance. */
  readonly dustTo: AccountId | undefined;
  readonly accounts: AccountStore;
}

export const MAX_HOLDS = 50;

export const declaration = definePallet("Balances", {
  docs: "Balances of the native token: transfers, holds, dust and total issuance.",
  config: configOf<BalancesConfig>(),
  constants: {
    ExistentialDeposit: constant(
      u128,
      (c: BalancesConfig) => c.existentialDeposit,
      "Smallest balance an account may keep, in plancks.",
    ),
    MaxLocks: constant(u32, (_: BalancesConfig) => 0, "Number of locks an account may have."),
    MaxReserves: constant(
      u32,
      (_: BalancesConfig) => 0,
      "Number of named reserves an account may have.",
    ),
    MaxFreezes: constant(u32, (_: BalancesConfig) => 0, "Number of freezes an account may have."),
  },
  storage: {
    TotalIssuance: value(u128, { default: 0n, docs: "Sum of all balances, in plancks." }),
    InactiveIssuance: value(u128, {
      default: 0n,
      docs: "Part of the issuance that takes no part in votes, in plancks.",
    }),
    Account: map(blake2_128Concat, accountId, accountData, {
      default: NO_DATA,
      docs: "Always empty: balances live in System.Account.",
    }),
    Locks: map(blake2_128Concat, accountId, vec(BalanceLock, MAX_HOLDS), {
      default: [],
      docs: "Locks of an account; always empty here, tools ask for them.",
    }),
    Reserves: map(blake2_128Concat, accountId, vec(ReserveData, MAX_HOLDS), {
      default: [],
      docs: "Named reserves of an account; always empty here, tools ask for them.",
    }),
    Holds: map(blake2_128Concat, accountId, vec(Hold, MAX_HOLDS), {
      default: [],
      docs: "Funds of an account that are held, by reason.",
    }),
    Freezes: map(blake2_128Concat, accountId, vec(Hold, MAX_HOLDS), {
      default: [],
      docs: "Freezes of an account; always empty here, tools ask for them.",
    }),
  },
  events: {
    Endowed: event(
      0,
      { account: accountId, freeBalance: u128 },
      "An account was created with a balance.",
    ),
    DustLost: event(
      1,
      { account: accountId, amount: u128 },
      "A balance below the existential deposit was removed.",
    ),
    Transfer: event(2, { from: accountId, to: accountId, amount: u128 }, "A transfer succeeded."),
    BalanceSet: event(3, { who: accountId, free: u128 }, "A balance was set by root."),
    Reserved: event(4, { who: accountId, amount: u128 }, "Funds were put on hold."),
    Unreserved: event(5, { who: accountId, amount: u128 }, "Held funds were freed."),
    ReserveRepatriated: event(
      6,
      { from: accountId, to: accountId, amount: u128, destinationStatus: BalanceStatus },
      "Held funds were moved to another account.",
    ),
    Deposit: event(7, { who: accountId, amount: u128 }, "Funds were deposited."),
    Withdraw: event(8, { who: accountId, amount: u128 }, "Funds were withdrawn, as for a fee."),
    Minted: event(10, { who: accountId, amount: u128 }, "Funds were created."),
    Burned: event(11, { who: accountId, amount: u128 }, "Funds were destroyed."),
    Upgraded: event(14, { who: accountId }, "An account follows the present rules."),
    Issued: event(15, { amount: u128 }, "Total issuance rose."),
    Rescinded: event(16, { amount: u128 }, "Total issuance fell."),
    TotalIssuanceForced: event(21, { old: u128, new: u128 }, "Root corrected the total issuance."),
  },
  errors: {
    VestingBalance: error(0, "Funds are vesting."),
    LiquidityRestrictions: error(1, "Funds are frozen."),
    InsufficientBalance: error(2, "The free balance is smaller than the amount."),
    ExistentialDeposit: error(3, "The amount is too small to create the account."),
    Expendability: error(4, "The transfer would remove the sender."),
    ExistingVestingSchedule: error(5, "The account has a vesting schedule."),
    DeadAccount: error(6, "The account does not exist."),
    TooManyReserves: error(7, "The account has too many named reserves."),
    TooManyHolds: error(8, "The account has too many holds."),
    TooManyFreezes: error(9, "The account has too many freezes."),
    IssuanceDeactivated: error(10, "The issuance cannot be corrected while it is used."),
    DeltaZero: error(11, "The correction is zero."),
  },
});

export type BalancesContext = ContextOf<typeof declaration>;

/** The pallet's context on the block that `ctx` leads to. */
export function balancesOf(ctx: HasEnv): BalancesContext {
  return ctx.env.of(declaration);
}
