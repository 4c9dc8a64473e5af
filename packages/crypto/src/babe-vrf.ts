/**
 * The VRF as BABE uses it: who may author in a slot, and randomness for the epoch after next.
 *
 * @see polkadot-spec "Block production lottery"
 */
import { assert, utf8 } from "@pha/scale";
import { createTranscript, type Transcript } from "./merlin.ts";
import type { Sr25519Pair } from "./sr25519.ts";
import { type VrfDraw, type VrfOutput, vrfBytes, vrfDraw, vrfVerify } from "./vrf.ts";

/** What the lottery of one slot is about. */
export interface BabeVrfInput {
  /** 32 bytes: randomness of the epoch. */
  readonly randomness: Uint8Array;
  readonly slot: bigint;
  readonly epoch: bigint;
}

export function vrfSignBabe(pair: Sr25519Pair, input: BabeVrfInput): VrfOutput {
  return vrfDrawBabe(pair, input).prove();
}

/** What an authority draws in a slot; the proof is for the slots that it claims. */
export function vrfDrawBabe(pair: Sr25519Pair, input: BabeVrfInput): VrfDraw {
  return vrfDraw(pair, babeTranscript(input));
}

/** `false` for everything malformed. */
export function vrfVerifyBabe(
  publicKey: Uint8Array,
  input: BabeVrfInput,
  output: VrfOutput,
): boolean {
  return vrfVerify(publicKey, babeTranscript(input), output);
}

const CONTEXT = utf8("substrate-babe-vrf");

/** 16 bytes, read little-endian and compared with the threshold. Only for an output that verified. */
export function vrfBytesBabe(
  publicKey: Uint8Array,
  input: BabeVrfInput,
  preOutput: Uint8Array,
): Uint8Array {
  return vrfBytes(publicKey, babeTranscript(input), preOutput, CONTEXT, 16);
}

function babeTranscript(input: BabeVrfInput): Transcript {
  assert(input.randomness.length === 32, "epoch randomness has 32 bytes");
  const transcript = createTranscript("BABE");
  transcript.appendU64("slot number", input.slot);
  transcript.appendU64("current epoch", input.epoch);
  transcript.append("chain randomness", input.randomness);
  return transcript;
}
