/** TransactionPayment: what transactions cost and who receives it. */
import {
  type AccountId,
  accountId,
  configOf,
  constant,
  definePallet,
  event,
  type HasEnv,
  value,
} from "@pha/frame";
import { u8, u128 } from "@pha/scale";
import type { Fungible } from "../balances/index.ts";
import type { FeeRates } from "./fees.ts";
import { Releases } from "./types.ts";

export interface TransactionPaymentConfig {
  readonly currency: Fungible;
  readonly rates: FeeRates;
  /** Receives its share of fees. */
  readonly treasury: AccountId;
  /** Share of the treasury in per cent; the author has the rest, and all tips. */
  readonly treasuryShare: bigint;
  /** Author of the present block; without one the treasury has all. */
  readonly author: (ctx: HasEnv) => AccountId | undefined;
}

/** 1 as a fixed-point number of 18 decimals. */
const ONE = 10n ** 18n;

export const TransactionPayment = definePallet("TransactionPayment", {
  docs: "What transactions cost and who receives it.",
  config: configOf<TransactionPaymentConfig>(),
  constants: {
    OperationalFeeMultiplier: constant(
      u8,
      (_: TransactionPaymentConfig) => 5,
      "Factor of the priority that operational transactions gain by their fee.",
    ),
  },
  storage: {
    NextFeeMultiplier: value(u128, {
      default: ONE,
      docs: "Factor of the weight fee, 18 decimals; always one here.",
    }),
    StorageVersion: value(Releases, {
      default: { type: "V2", value: undefined },
      docs: "Layout of the pallet's storage.",
    }),
  },
  events: {
    TransactionFeePaid: event(
      0,
      { who: accountId, actualFee: u128, tip: u128 },
      "A transaction was paid for, the tip included in `actualFee`.",
    ),
  },
}).implement(() => ({ calls: {} }));
