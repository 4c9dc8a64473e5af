/**
 * The schnorrkel VRF: a value only the key's owner can make, and a proof that it is the right one.
 *
 * `H` is the input point, hashed from the caller's transcript and the public key; the value is `sk·H`; the proof is a
 * Schnorr proof that `log_G(pk) = log_H(value)`, sent as challenge `c` and response `s`.
 *
 * Trust: public key, pre-output and proof are foreign. The arithmetic is in BigInt and not constant-time: the signer's
 * machine must not be shared with someone who can time it. The nonce is derived from secret and transcript, so that a
 * recorded run can be repeated byte by byte, and never repeats for different inputs.
 *
 * @see polkadot-spec "VRF" (Appendix, Cryptographic Algorithms)
 */
import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
import { assert, equalBytes } from "@pha/scale";
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
type Point = typeof Point.BASE;

/** The transcript schnorrkel makes of a context and a message. */
export function signingContext(context: Uint8Array, message: Uint8Array): Transcript {
  const transcript = createTranscript("SigningContext");
  transcript.append("", context);
  transcript.append("sign-bytes", message);
  return transcript;
}

/** The input point, 32 bytes encoded. `transcript` is left as it was. */
export function vrfInput(publicKey: Uint8Array, transcript: Transcript): Uint8Array {
  return inputPoint(publicKey, transcript).toBytes();
}

export function vrfSign(
  pair: Sr25519Pair,
  transcript: Transcript,
  mode: VrfMode = "kusama",
): VrfOutput {
  const key = Fn.create(littleEndian(pair.secretKey.subarray(0, 32)) >> 3n);
  const input = inputPoint(pair.publicKey, transcript);
  const preOutput = input.multiply(key).toBytes();

  const proving = provingTranscript(pair.publicKey, input, mode);
  // The pre-output is bound to input and key already, but the nonce must not depend on that.
  const nonceBase = proving.clone();
  nonceBase.append("vrf:h^sk", preOutput);
  const nonce = wideScalar(nonceBase.witness("proving\0", 64, pair.secretKey.subarray(32, 64)));
  assert(nonce !== 0n, "64 bytes of a PRF are not a multiple of the group order");

  const c = proofChallenge(proving, {
    publicKey: pair.publicKey,
    r: Point.BASE.multiply(nonce),
    hr: input.multiply(nonce),
    preOutput,
    mode,
  });
  const proof = new Uint8Array(64);
  proof.set(Fn.toBytes(c));
  proof.set(Fn.toBytes(Fn.sub(nonce, Fn.mul(c, key))), 32);
  return { preOutput, proof };
}

/** `false` for everything malformed. */
export function vrfVerify(
  publicKey: Uint8Array,
  transcript: Transcript,
  output: VrfOutput,
  mode: VrfMode = "kusama",
): boolean {
  const pk = decodePoint(publicKey);
  const value = decodePoint(output.preOutput);
  if (pk === undefined || value === undefined || output.proof.length !== 64) return false;
  const c = littleEndian(output.proof.subarray(0, 32));
  const s = littleEndian(output.proof.subarray(32));
  if (c >= Fn.ORDER || s >= Fn.ORDER) return false;

  const input = inputPoint(publicKey, transcript);
  const challenge = proofChallenge(provingTranscript(publicKey, input, mode), {
    publicKey,
    r: sumOfProducts(c, pk, s, Point.BASE),
    hr: sumOfProducts(c, value, s, input),
    preOutput: output.preOutput,
    mode,
  });
  return challenge === c;
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

function inputPoint(publicKey: Uint8Array, transcript: Transcript): Point {
  const bound = transcript.clone();
  bound.append("vrf-nm-pk", publicKey);
  const { deriveToCurve } = ristretto255_hasher;
  assert(deriveToCurve !== undefined, "ristretto255 maps 64 uniform bytes to a point");
  return deriveToCurve(bound.challenge("VRFHash", 64));
}

function provingTranscript(publicKey: Uint8Array, input: Point, mode: VrfMode): Transcript {
  const transcript = createTranscript("VRF");
  transcript.append("proto-name", PROTOCOL);
  transcript.append("vrf:h", input.toBytes());
  if (mode === "schnorrkel") transcript.append("vrf:pk", publicKey);
  return transcript;
}

interface Commitment {
  readonly publicKey: Uint8Array;
  readonly r: Point;
  readonly hr: Point;
  readonly preOutput: Uint8Array;
  readonly mode: VrfMode;
}

function proofChallenge(transcript: Transcript, commitment: Commitment): bigint {
  transcript.append("vrf:R=g^r", commitment.r.toBytes());
  transcript.append("vrf:h^r", commitment.hr.toBytes());
  if (commitment.mode === "kusama") transcript.append("vrf:pk", commitment.publicKey);
  transcript.append("vrf:h^sk", commitment.preOutput);
  return wideScalar(transcript.challenge("prove", 64));
}

/**
 * `a·P + b·Q` with shared doublings, two bits of both scalars at a time: half the cost of two multiplications.
 *
 * The time depends on the scalars, which are public here.
 */
function sumOfProducts(a: bigint, p: Point, b: bigint, q: Point): Point {
  const table: Point[] = [];
  for (let i = 0; i < 4; i++) {
    const row = i === 0 ? Point.ZERO : (table[4 * i - 4] ?? Point.ZERO).add(p);
    table.push(row);
    for (let j = 1; j < 4; j++) table.push((table[4 * i + j - 1] ?? row).add(q));
  }
  let sum = Point.ZERO;
  for (let bit = SCALAR_BITS - 2n; bit >= 0n; bit -= 2n) {
    sum = sum.double().double();
    const index = Number((a >> bit) & 3n) * 4 + Number((b >> bit) & 3n);
    if (index !== 0) sum = sum.add(table[index] ?? Point.ZERO);
  }
  return sum;
}

/** The group order is a little above 2^252; even, for windows of two bits. */
const SCALAR_BITS = 254n;

const PROTOCOL = Uint8Array.from("DLEQProof", (char) => char.charCodeAt(0));

function wideScalar(bytes: Uint8Array): bigint {
  return Fn.create(littleEndian(bytes));
}

/** `undefined` for non-canonical encodings and for the neutral element, which proves nothing. */
function decodePoint(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 32 || equalBytes(bytes, NEUTRAL)) return undefined;
  try {
    return Point.fromBytes(bytes);
  } catch {
    // not the canonical encoding of a point
    return undefined;
  }
}

const NEUTRAL = new Uint8Array(32);
