/** Signed extension that takes the fee before a call and gives back what was too much. */
import {
  type DispatchInfo,
  type HasEnv,
  type InvalidTransaction,
  invalid,
  leastWeight,
  type PostDispatch,
  signedExtension,
} from "@pha/frame";
import { compact, fail, ok, type Result, u128, unit } from "@pha/scale";
import { System } from "../system/index.ts";
import { feeOf } from "./fees.ts";
import { TransactionPayment } from "./pallet.ts";

const MAX_U64 = (1n << 64n) - 1n;

export const chargeTransactionPayment = signedExtension({
  name: "ChargeTransactionPayment",
  extra: compact(u128),
  additional: unit,
  implied: () => ok(undefined),
  validate(ctx, { signer, info, length, extra: tip }) {
    const { config } = ctx.env.of(TransactionPayment);
    const fee = feeOf(config.rates, length, info) + tip;
    if (fee > config.currency.reducible(ctx, signer, "keep-alive")) return fail(invalid("Payment"));
    return ok({ priority: priorityOf(ctx, info, length, tip, fee) });
  },
  /** @returns what was taken */
  prepare(ctx, { signer, info, length, extra: tip }): Result<bigint, InvalidTransaction> {
    const { config } = ctx.env.of(TransactionPayment);
    const fee = feeOf(config.rates, length, info) + tip;
    return fee === 0n || config.currency.withdrawFee(ctx, signer, fee)
      ? ok(fee)
      : fail(invalid("Payment"));
  },
  settle(ctx, { signer, info, length, extra: tip }, prepared, { post }) {
    const { config, emit } = ctx.env.of(TransactionPayment);
    const taken = typeof prepared === "bigint" ? prepared : 0n;
    const owed = feeOf(config.rates, length, actualInfo(info, post));
    const refund = taken - owed - tip;
    if (refund > 0n) config.currency.depositFee(ctx, signer, refund);
    const author = config.author(ctx);
    const toTreasury = author ? (owed * config.treasuryShare) / 100n : owed + tip;
    config.currency.depositFee(ctx, config.treasury, toTreasury);
    if (author) config.currency.depositFee(ctx, author, owed - toTreasury + tip);
    emit.TransactionFeePaid({ who: signer, actualFee: owed + tip, tip });
  },
});

function actualInfo(info: DispatchInfo, post: PostDispatch): DispatchInfo {
  return {
    dispatchClass: info.dispatchClass,
    weight: post.weight ? leastWeight(info.weight, post.weight) : info.weight,
    paysFee: info.paysFee && (post.paysFee ?? true),
  };
}

/** A tip counts as many times as such transactions fit into a block; operational ones go first. */
function priorityOf(
  ctx: HasEnv,
  { weight, dispatchClass }: DispatchInfo,
  length: number,
  tip: bigint,
  fee: bigint,
): bigint {
  const { BlockWeights, BlockLength } = ctx.env.of(System).constants;
  const normal = dispatchClass === "Normal";
  const limits = normal ? BlockWeights.perClass.normal : BlockWeights.perClass.operational;
  const maxTime = limits.maxTotal?.refTime ?? BlockWeights.maxBlock.refTime;
  const maxLength = BigInt(normal ? BlockLength.max.normal : BlockLength.max.operational);
  const time = weight.refTime > 0n ? weight.refTime : 1n;
  const byTime = maxTime / (time < maxTime ? time : maxTime);
  const byLength = maxLength / (length > 0 ? BigInt(length) : 1n);
  const perBlock = byTime < byLength ? byTime : byLength;
  const multiplier = BigInt(ctx.env.of(TransactionPayment).constants.OperationalFeeMultiplier);
  const virtualTip = normal ? 0n : fee * multiplier;
  const priority = (perBlock > 0n ? perBlock : 1n) * (tip + 1n + virtualTip);
  return priority < MAX_U64 ? priority : MAX_U64;
}
