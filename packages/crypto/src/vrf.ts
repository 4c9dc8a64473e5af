/**
 * The schnorrkel VRF: a value only the key's owner can make, and a proof that it is the right one.
 *
 * `H` is the input point, hashed from the caller's transcript and the public key; the value is `sk·H`; the proof is a
 * Schnorr proof that `log_G(pk) = log_H(value)`, sent as challenge `c` and response `s`.
 *
 * Trust: public key, pre-output and proof are foreign. The arithmetic is not constant-time: the signer's machine must not
 * be shared with someone who can time it. The nonce is derived from secret and transcript, so that a
 * recorded run can be repeated byte by byte, and never repeats for different inputs.
 *
 * @see polkadot-spec "VRF" (Appendix, Cryptographic Algorithms)
 */
import { ristretto255 } from "@noble/curves/ed25519.js";
import { assert, equalBytes } from "@pha/scale";
import { ristretto } from "#ristretto";
import { littleEndian } from "./little-endian.ts";
import { createTranscript, type Transcript } from "./merlin.ts";
import type { Sr25519Pair } from "./sr25519.ts";

export interface VrfOutput {
  /** 32 bytes: the value as a point. Feed it to `vrfBytes`; never use it as randomness itself. */
  readonly preOutput: Uint8Array;
  /** 64 bytes: `c ‖ s`, scalars little-endian. */
  readonly proof: Uint8Array;
}

/** Place of the public key in the proof's transcript: every live chain has it late, as Kusama fixed it. */
export type VrfMode = "kusama" | "schnorrkel";

const { Point } = ristretto255;
const { Fn } = Point;

/** The transcript schnorrkel makes of a context and a message. */
export function signingContext(context: Uint8Array, message: Uint8Array): Transcript {
  const transcript = createTranscript("SigningContext");
  transcript.append("", context);
  transcript.append("sign-bytes", message);
  return transcript;
}

/** The input point, 32 bytes encoded. `transcript` is left as it was. */
export function vrfInput(publicKey: Uint8Array, transcript: Transcript): Uint8Array {
  const bound = transcript.clone();
  bound.append("vrf-nm-pk", publicKey);
  return ristretto.fromUniform(bound.challenge("VRFHash", 64));
}

/** A value that was drawn, without its proof yet. */
export interface VrfDraw {
  /** 32 bytes, as in `VrfOutput`. */
  readonly preOutput: Uint8Array;
  /** The proof takes twice as long as the value: who draws a lot that does not win needs none. */
  prove(): VrfOutput;
}

export function vrfSign(
  pair: Sr25519Pair,
  transcript: Transcript,
  mode: VrfMode = "kusama",
): VrfOutput {
  return vrfDraw(pair, transcript, mode).prove();
}

export function vrfDraw(
  pair: Sr25519Pair,
  transcript: Transcript,
  mode: VrfMode = "kusama",
): VrfDraw {
  const key = Fn.create(littleEndian(pair.secretKey.subarray(0, 32)) >> 3n);
  const encodedInput = vrfInput(pair.publicKey, transcript);
  const input = Point.fromBytes(encodedInput);
  const preOutput = input.multiply(key).toBytes();

  const prove = (): VrfOutput => {
    const proving = provingTranscript(pair.publicKey, encodedInput, mode);
    // The pre-output is bound to input and key already, but the nonce must not depend on that.
    const nonceBase = proving.clone();
    nonceBase.append("vrf:h^sk", preOutput);
    const nonce = wideScalar(nonceBase.witness("proving\0", 64, pair.secretKey.subarray(32, 64)));
    assert(nonce !== 0n, "64 bytes of a PRF are not a multiple of the group order");

    const c = proofChallenge(proving, {
      publicKey: pair.publicKey,
      r: Point.BASE.multiply(nonce).toBytes(),
      hr: input.multiply(nonce).toBytes(),
      preOutput,
      mode,
    });
    const proof = new Uint8Array(64);
    proof.set(Fn.toBytes(c));
    proof.set(Fn.toBytes(Fn.sub(nonce, Fn.mul(c, key))), 32);
    return { preOutput, proof };
  };
  return { preOutput, prove };
}

/** `false` for everything malformed. */
export function vrfVerify(
  publicKey: Uint8Array,
  transcript: Transcript,
  output: VrfOutput,
  mode: VrfMode = "kusama",
): boolean {
  const { preOutput, proof } = output;
  if (isNoPoint(publicKey) || isNoPoint(preOutput) || proof.length !== 64) return false;
  const c = littleEndian(proof.subarray(0, 32));
  const s = littleEndian(proof.subarray(32));
  if (c >= Fn.ORDER || s >= Fn.ORDER) return false;

  const input = vrfInput(publicKey, transcript);
  const r = ristretto.sumOfProducts(s, [{ scalar: c, point: publicKey }]);
  const hr = ristretto.sumOfProducts(0n, [
    { scalar: c, point: preOutput },
    { scalar: s, point: input },
  ]);
  if (r === undefined || hr === undefined) return false;
  const proving = provingTranscript(publicKey, input, mode);
  return proofChallenge(proving, { publicKey, r, hr, preOutput, mode }) === c;
}

/**
 * `length` uniform bytes of a VRF value under `context`.
 *
 * Meaningful only for a value that `vrfVerify` accepted under the same transcript.
 */
export function vrfBytes(
  publicKey: Uint8Array,
  transcript: Transcript,
  preOutput: Uint8Array,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const result = createTranscript("VRFResult");
  result.append("", context);
  result.append("vrf-in", vrfInput(publicKey, transcript));
  result.append("vrf-out", preOutput);
  return result.challenge("", length);
}

function provingTranscript(publicKey: Uint8Array, input: Uint8Array, mode: VrfMode): Transcript {
  const transcript = createTranscript("VRF");
  transcript.append("proto-name", PROTOCOL);
  transcript.append("vrf:h", input);
  if (mode === "schnorrkel") transcript.append("vrf:pk", publicKey);
  return transcript;
}

interface Commitment {
  readonly publicKey: Uint8Array;
  /** `g^r` and `h^r`, encoded. */
  readonly r: Uint8Array;
  readonly hr: Uint8Array;
  readonly preOutput: Uint8Array;
  readonly mode: VrfMode;
}

function proofChallenge(transcript: Transcript, commitment: Commitment): bigint {
  transcript.append("vrf:R=g^r", commitment.r);
  transcript.append("vrf:h^r", commitment.hr);
  if (commitment.mode === "kusama") transcript.append("vrf:pk", commitment.publicKey);
  transcript.append("vrf:h^sk", commitment.preOutput);
  return wideScalar(transcript.challenge("prove", 64));
}

const PROTOCOL = Uint8Array.from("DLEQProof", (char) => char.charCodeAt(0));

function wideScalar(bytes: Uint8Array): bigint {
  return Fn.create(littleEndian(bytes));
}

/** Wrong length, or the neutral element, which proves nothing; whether it is canonical is seen when it is used. */
function isNoPoint(bytes: Uint8Array): boolean {
  return bytes.length !== 32 || equalBytes(bytes, NEUTRAL);
}

const NEUTRAL = new Uint8Array(32);
