/**
 * Many sr25519 signatures at once: one sum of products says whether all are good, at half the price of one by one.
 *
 * For each signature `s·B = R + k·P` must hold. The equations are added up, each times a factor of 128 bits that depends
 * on all of them: a sum with a bad signature in it is zero with a chance of 2⁻¹²⁸. When it is not zero, or anything does
 * not decode, each signature is judged alone by `sr25519Verify`, so that verdicts are the same in both ways.
 *
 * **Bounds**: `BATCH` signatures a sum. **Trust**: keys, messages and signatures are foreign.
 *
 * @see polkadot-spec "SR25519"
 */
import { ristretto255 } from "@noble/curves/ed25519.js";
import { concatBytes, utf8 } from "@pha/scale";
import { ristretto } from "#ristretto";
import { blake2b256 } from "./hash.ts";
import { littleEndian } from "./little-endian.ts";
import { createTranscript } from "./merlin.ts";
import type { Product } from "./ristretto.types.ts";
import { isMarkedSignature, isNeutral, sr25519Verify } from "./sr25519.ts";

export interface SignedMessage {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

const { Fn } = ristretto255.Point;
const BATCH = 64;
const NEUTRAL = new Uint8Array(32);

const CONTEXT = createTranscript("SigningContext");
CONTEXT.append("", utf8("substrate"));

/** A verdict for each, in the same order: what `sr25519Verify` says. */
export function sr25519VerifyMany(signed: readonly SignedMessage[]): readonly boolean[] {
  const verdicts: boolean[] = [];
  for (let at = 0; at < signed.length; at += BATCH) {
    const batch = signed.slice(at, at + BATCH);
    const areAllGood = ristretto.batches && batch.length > 1 && isSumZero(batch);
    for (const { publicKey, message, signature } of batch)
      verdicts.push(areAllGood || sr25519Verify(publicKey, message, signature));
  }
  return verdicts;
}

function isSumZero(batch: readonly SignedMessage[]): boolean {
  const challenges: Uint8Array[] = [];
  for (const { publicKey, message, signature } of batch) {
    if (publicKey.length !== 32 || isNeutral(publicKey) || !isMarkedSignature(signature))
      return false;
    challenges.push(challengeOf(publicKey, message, signature.subarray(0, 32)));
  }
  // A challenge depends on key, message and R; with the responses all is in the seed.
  const responses = batch.map(({ signature }) => signature.subarray(32));
  const seed = blake2b256(concatBytes(...challenges, ...responses));
  const terms: Product[] = [];
  /** A key that signed several is multiplied once. */
  const byKey = new Map<string, { readonly point: Uint8Array; scalar: bigint }>();
  let base = 0n;
  for (const [i, { publicKey, signature }] of batch.entries()) {
    const factor = littleEndian(blake2b256(concatBytes(seed, Uint8Array.of(i))).subarray(0, 16));
    const s = signature.slice(32);
    s[31] = (s[31] ?? 0) & 0x7f;
    base += factor * littleEndian(s);
    terms.push({ scalar: factor, point: signature.subarray(0, 32) });
    const ofKey = Fn.create(factor * Fn.create(littleEndian(challenges[i] ?? NEUTRAL)));
    const key = String.fromCharCode(...publicKey);
    const known = byKey.get(key);
    if (known) known.scalar = Fn.add(known.scalar, ofKey);
    else byKey.set(key, { point: publicKey, scalar: ofKey });
  }
  const sum = ristretto.sumOfProducts(Fn.neg(Fn.create(base)), [...terms, ...byKey.values()]);
  return sum?.every((byte) => byte === 0) ?? false;
}

/** `k`, 64 bytes. */
function challengeOf(publicKey: Uint8Array, message: Uint8Array, r: Uint8Array): Uint8Array {
  const transcript = CONTEXT.clone();
  transcript.append("sign-bytes", message);
  transcript.append("proto-name", PROTOCOL);
  transcript.append("sign:pk", publicKey);
  transcript.append("sign:R", r);
  return transcript.challenge("sign:c", 64);
}

const PROTOCOL = utf8("Schnorr-sig");
