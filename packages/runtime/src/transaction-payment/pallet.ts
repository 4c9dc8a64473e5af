/** TransactionPayment: what transactions cost and who receives it. */
import {
  type AccountId,
  accountId,
  apiMethod,
  type ContextOf,
  configOf,
  constant,
  type DispatchInfo,
  definePallet,
  event,
  type HasEnv,
  NO_WEIGHT,
  opaqueExtrinsic,
  value,
  Weight,
} from "@pha/frame";
import { u8, u32, u128 } from "@pha/scale";
import type { Fungible } from "../balances/index.ts";
import { type FeeRates, feeOf, feeParts, weightFee } from "./fees.ts";
import { FeeDetails, Releases, RuntimeDispatchInfo } from "./types.ts";

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

const declaration = definePallet("TransactionPayment", {
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
});

type PaymentContext = ContextOf<typeof declaration>;
const query = { uxt: opaqueExtrinsic, len: u32 };

export const TransactionPayment = declaration.implement(() => ({
  calls: {},
  runtimeApis: {
    TransactionPaymentApi: {
      id: "37c8bb1350a9a2a8",
      version: 4,
      docs: "Fees before a transaction is sent.",
      methods: {
        query_info: apiMethod(
          {
            docs: "Weight, class and fee of an extrinsic, its tip left out.",
            inputs: query,
            output: RuntimeDispatchInfo,
          },
          (ctx: PaymentContext, { uxt, len }) => {
            const info = infoOf(ctx, uxt);
            return {
              weight: info.weight,
              class: { type: info.dispatchClass, value: undefined },
              partialFee: info.signed ? feeOf(ctx.config.rates, len, info) : 0n,
            };
          },
        ),
        query_fee_details: apiMethod(
          { docs: "Parts of the fee of an extrinsic.", inputs: query, output: FeeDetails },
          (ctx: PaymentContext, { uxt, len }) => {
            const info = infoOf(ctx, uxt);
            if (!info.signed || !info.paysFee) return { inclusionFee: undefined };
            const { base, length, weight } = feeParts(ctx.config.rates, len, info);
            return {
              inclusionFee: { baseFee: base, lenFee: length, adjustedWeightFee: weight },
            };
          },
        ),
        query_weight_to_fee: apiMethod(
          { docs: "Fee of a weight.", inputs: { weight: Weight }, output: u128 },
          (ctx: PaymentContext, { weight }) => weightFee(ctx.config.rates, weight),
        ),
        query_length_to_fee: apiMethod(
          { docs: "Fee of a length in bytes.", inputs: { length: u32 }, output: u128 },
          (ctx: PaymentContext, { length }) => BigInt(length) * ctx.config.rates.perByte,
        ),
      },
    },
  },
}));

const FREE: DispatchInfo = { weight: NO_WEIGHT, dispatchClass: "Normal", paysFee: false };

/** An extrinsic that cannot be read costs nothing: it is never included. */
function infoOf(ctx: PaymentContext, bytes: Uint8Array): DispatchInfo & { signed: boolean } {
  const decoded = ctx.env.decodeExtrinsic(bytes);
  if (!decoded.ok) return { ...FREE, signed: false };
  const { call, signed } = decoded.value;
  return { ...ctx.env.infoOf(call), signed: signed !== undefined };
}
