/** Randomness of BABE epochs: what each block contributes, and how contributions become the next epoch's. */
import { type BabeVrfInput, blake2b256, createTranscript, vrfBytes } from "@pha/crypto";
import { concatBytes, encode, u64, utf8 } from "@pha/scale";

const CONTEXT = utf8("BabeVRFInOutContext");

/**
 * A block's contribution: 32 bytes drawn from its VRF output, apart from those of the lottery.
 *
 * @param preOutput of a claim that verified, 32 bytes
 */
export function vrfRandomnessBabe(
  key: Uint8Array,
  { randomness, slot, epoch }: BabeVrfInput,
  preOutput: Uint8Array,
): Uint8Array {
  const transcript = createTranscript("BABE");
  transcript.appendU64("slot number", slot);
  transcript.appendU64("current epoch", epoch);
  transcript.append("chain randomness", randomness);
  return vrfBytes(key, transcript, preOutput, CONTEXT, 32);
}

/**
 * Randomness of an epoch from that of the one before and the contributions of its blocks, in order.
 *
 * @param vrfOutputs 32 bytes each, from `vrfRandomnessBabe`
 * @see polkadot-spec "Epoch randomness"
 */
export function deriveEpochRandomness(
  previousRandomness: Uint8Array,
  nextEpochIndex: bigint,
  vrfOutputs: readonly Uint8Array[],
): Uint8Array {
  return blake2b256(concatBytes(previousRandomness, encode(u64, nextEpochIndex), ...vrfOutputs));
}
