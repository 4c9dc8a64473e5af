/** Values of the fee API, in Substrate's encoding. */
import { DispatchClassCodec, Weight } from "@pha/frame";
import { option, struct, u128, unit, variant, variants } from "@pha/scale";

export const RuntimeDispatchInfo = struct(
  { weight: Weight, class: DispatchClassCodec, partialFee: u128 },
  {
    path: ["pallet_transaction_payment", "types", "RuntimeDispatchInfo"],
    params: [
      { name: "Balance", shape: u128.shape },
      { name: "Weight", shape: Weight.shape },
    ],
  },
);

const InclusionFee = struct(
  { baseFee: u128, lenFee: u128, adjustedWeightFee: u128 },
  {
    path: ["pallet_transaction_payment", "types", "InclusionFee"],
    params: [{ name: "Balance", shape: u128.shape }],
  },
);

export const FeeDetails = struct(
  { inclusionFee: option(InclusionFee) },
  {
    path: ["pallet_transaction_payment", "types", "FeeDetails"],
    params: [{ name: "Balance", shape: u128.shape }],
  },
);

export const Releases = variants(
  { V1Ancient: variant(0, unit), V2: variant(1, unit) },
  { path: ["pallet_transaction_payment", "Releases"] },
);
