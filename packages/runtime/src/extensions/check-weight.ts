/**
 * Limits of a block: weight and length, by dispatch class.
 *
 * **Bounds**: these are the bounds of everything an extrinsic does. Mandatory extrinsics always fit: a block without
 * its inherents is none.
 */
import {
  addWeights,
  type DispatchClass,
  type DispatchInfo,
  type HasEnv,
  type InvalidTransaction,
  invalid,
  MAX_EXTRINSIC_BYTES,
  NO_OBJECTION,
  signedExtension,
  type Weight,
} from "@pha/frame";
import { fail, ok, type Result, unit } from "@pha/scale";
import { type BlockLength, type BlockWeights, System } from "../system/index.ts";

const EXHAUSTED = fail(invalid("ExhaustsResources"));

export const checkWeight = signedExtension({
  name: "CheckWeight",
  extra: unit,
  additional: unit,
  implied: () => ok(undefined),
  /** Whether it fits an empty block. */
  validate(ctx, { info, length }) {
    const { BlockWeights: weights, BlockLength: lengths } = ctx.env.of(System).constants;
    const limits = perClassOf(weights, info.dispatchClass);
    if (length > MAX_EXTRINSIC_BYTES || length > lengthLimitOf(lengths, info.dispatchClass))
      return EXHAUSTED;
    return limits.maxExtrinsic && exceeds(info.weight, limits.maxExtrinsic)
      ? EXHAUSTED
      : NO_OBJECTION;
  },
  prepare: (ctx, { info, length }) => charge(ctx, info, length),
  prepareUnsigned: charge,
  /** Gives back what the call did not use. */
  settle(ctx, { info }, _prepared, { post }) {
    if (post.weight === undefined) return;
    const refTime = positive(info.weight.refTime - post.weight.refTime);
    const proofSize = positive(info.weight.proofSize - post.weight.proofSize);
    ctx.env.useWeight({ refTime: -refTime, proofSize: -proofSize }, info.dispatchClass);
  },
});

function charge(
  ctx: HasEnv,
  info: DispatchInfo,
  length: number,
): Result<undefined, InvalidTransaction> {
  const { env } = ctx;
  const { BlockWeights: weights, BlockLength: lengths } = env.of(System).constants;
  const { dispatchClass } = info;
  const limits = perClassOf(weights, dispatchClass);
  const added = addWeights(info.weight, limits.baseExtrinsic);
  if (dispatchClass !== "Mandatory") {
    if (limits.maxExtrinsic && exceeds(info.weight, limits.maxExtrinsic)) return EXHAUSTED;
    if (length > MAX_EXTRINSIC_BYTES) return EXHAUSTED;
    if (env.usedLength + length > lengthLimitOf(lengths, dispatchClass)) return EXHAUSTED;
    const own = addWeights(env.usedWeight[dispatchClass], added);
    if (limits.maxTotal && exceeds(own, limits.maxTotal)) return EXHAUSTED;
    const { Normal, Operational, Mandatory } = env.usedWeight;
    const total = addWeights(addWeights(Normal, Operational), addWeights(Mandatory, added));
    if (exceeds(total, weights.maxBlock)) return EXHAUSTED;
  }
  env.useWeight(added, dispatchClass);
  return ok(undefined);
}

function perClassOf(weights: BlockWeights, dispatchClass: DispatchClass) {
  switch (dispatchClass) {
    case "Normal":
      return weights.perClass.normal;
    case "Operational":
      return weights.perClass.operational;
    case "Mandatory":
      return weights.perClass.mandatory;
  }
}

function lengthLimitOf(lengths: BlockLength, dispatchClass: DispatchClass): number {
  return dispatchClass === "Normal" ? lengths.max.normal : lengths.max.operational;
}

function exceeds(weight: Weight, limit: Weight): boolean {
  return weight.refTime > limit.refTime || weight.proofSize > limit.proofSize;
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
