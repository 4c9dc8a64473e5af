/** `payment_*`: what an extrinsic would cost. */
import {
  assert,
  type Codec,
  compact,
  concatBytes,
  decode,
  encode,
  option,
  PhaError,
  struct,
  u8,
  u32,
  u64,
  u128,
} from "@pha/scale";
import { createOverlay } from "@pha/state";
import { numberHex } from "../block-json.ts";
import type { MethodGroup, RpcCall } from "../method.ts";
import { type NodeContext, stateAt } from "../node-context.ts";
import { hexParam, optionalHashParam } from "../params.ts";

const DispatchInfo = struct({
  weight: struct({ refTime: compact(u64), proofSize: compact(u64) }),
  dispatchClass: u8,
  partialFee: u128,
});
const FeeDetails = struct({
  inclusionFee: option(struct({ baseFee: u128, lenFee: u128, adjustedWeightFee: u128 })),
});
const CLASSES = ["normal", "operational", "mandatory"];

export function paymentMethods(context: NodeContext): MethodGroup {
  const ask = <T>({ params }: RpcCall, entry: string, codec: Codec<T>): T => {
    const extrinsic = hexParam(params, 0, "extrinsic");
    const state = stateAt(context, optionalHashParam(params, 1, "at"));
    const args = concatBytes(extrinsic, encode(u32, extrinsic.length));
    const answer = context.runtime.runtimeApi(createOverlay(state), entry, args);
    if (!answer.ok)
      throw new PhaError("extrinsic/malformed", "the extrinsic does not decode", {
        hint: "send a whole signed extrinsic, its length prefix included",
      });
    const decoded = decode(codec, answer.value);
    assert(decoded.ok, "the runtime's answer has the declared type");
    return decoded.value;
  };
  return {
    /** Weight, class and partial fee of an extrinsic. */
    payment_queryInfo: (call) => {
      const info = ask(call, "TransactionPaymentApi_query_info", DispatchInfo);
      return {
        weight: {
          ref_time: Number(info.weight.refTime),
          proof_size: Number(info.weight.proofSize),
        },
        class: CLASSES[info.dispatchClass] ?? "normal",
        partialFee: info.partialFee.toString(),
      };
    },
    /** Parts of an extrinsic's fee: base, length, weight. */
    payment_queryFeeDetails: (call) => {
      const { inclusionFee } = decodeDetails(call);
      return {
        inclusionFee: inclusionFee
          ? {
              baseFee: numberHex(inclusionFee.baseFee),
              lenFee: numberHex(inclusionFee.lenFee),
              adjustedWeightFee: numberHex(inclusionFee.adjustedWeightFee),
            }
          : null,
      };
    },
  };

  function decodeDetails(call: RpcCall) {
    return ask(call, "TransactionPaymentApi_query_fee_details", FeeDetails);
  }
}
