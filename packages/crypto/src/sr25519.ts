/**
 * sr25519: Schnorr signatures over ristretto255 in the signing context "substrate", key derivation and agreement.
 *
 * Only marked signatures (top bit of the last byte set) are accepted; the unmarked ones of 2019 are in
 * `sr25519-deprecated.ts`. Trust: public keys and signatures are foreign and may be anything; pairs are our own.
 *
 * @see polkadot-spec "SR25519"
 */

import { ristretto255 } from "@noble/curves/ed25519.js";
import { assert, concatBytes } from "@pha/scale";
import { backend } from "#backend";
import { isBelowGroupOrder } from "./ed25519-rule.ts";

export interface Sr25519Pair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes, secret: scalar times the cofactor, little-endian, then the nonce seed. */
  readonly secretKey: Uint8Array;
}

/** Pair of a 32-byte mini secret. */
export function sr25519FromSeed(seed: Uint8Array): Sr25519Pair {
  assert(seed.length === 32, "an sr25519 mini secret has 32 bytes");
  return splitPair(backend.sr25519FromSeed(seed));
}

/** 64 bytes; randomised, so two signatures of one message differ. */
export function sr25519Sign(pair: Sr25519Pair, message: Uint8Array): Uint8Array {
  return backend.sr25519Sign(pair.publicKey, pair.secretKey, message);
}

/** `false` for everything malformed, wrong lengths included. */
export function sr25519Verify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || isNeutral(publicKey)) return false;
  if (!isMarkedSignature(signature)) return false;
  return backend.sr25519Verify(publicKey, message, signature);
}

/** Child that only the owner of the secret can make. `chainCode` 32 bytes. */
export function sr25519DeriveHard(pair: Sr25519Pair, chainCode: Uint8Array): Sr25519Pair {
  assert(chainCode.length === 32, "a chain code has 32 bytes");
  return splitPair(backend.sr25519DeriveHard(joinPair(pair), chainCode));
}

/** Child whose public key anyone can make from ours (`sr25519DerivePublicSoft`). `chainCode` 32 bytes. */
export function sr25519DeriveSoft(pair: Sr25519Pair, chainCode: Uint8Array): Sr25519Pair {
  assert(chainCode.length === 32, "a chain code has 32 bytes");
  return splitPair(backend.sr25519DeriveSoft(joinPair(pair), chainCode));
}

/** Public key of the soft child; `undefined` when `publicKey` is none. */
export function sr25519DerivePublicSoft(
  publicKey: Uint8Array,
  chainCode: Uint8Array,
): Uint8Array | undefined {
  assert(chainCode.length === 32, "a chain code has 32 bytes");
  return isPublicKey(publicKey) ? backend.sr25519DerivePublicSoft(publicKey, chainCode) : undefined;
}

/** 32 bytes both sides share; `undefined` when `publicKey` is none. */
export function sr25519Agree(pair: Sr25519Pair, publicKey: Uint8Array): Uint8Array | undefined {
  return isPublicKey(publicKey) ? backend.sr25519Agree(publicKey, pair.secretKey) : undefined;
}

/** 64 bytes with the marker bit and a scalar below the group order: what a library may be given. */
export function isMarkedSignature(signature: Uint8Array): boolean {
  return (
    signature.length === 64 &&
    ((signature[63] ?? 0) & 0x80) !== 0 &&
    isBelowGroupOrder(signature, 32, 0x7f)
  );
}

/** The neutral element as a key: anyone can sign for it, and libraries differ in refusing it. */
export function isNeutral(publicKey: Uint8Array): boolean {
  for (const byte of publicKey) if (byte !== 0) return false;
  return true;
}

/** The wasm behind this traps on a bad point, so points are decoded here first. */
function isPublicKey(bytes: Uint8Array): boolean {
  if (bytes.length !== 32 || isNeutral(bytes)) return false;
  try {
    ristretto255.Point.fromBytes(bytes);
    return true;
  } catch {
    // not the canonical encoding of a point
    return false;
  }
}

function joinPair(pair: Sr25519Pair): Uint8Array {
  return concatBytes(pair.secretKey, pair.publicKey);
}

function splitPair(pair: Uint8Array): Sr25519Pair {
  return { publicKey: pair.slice(64, 96), secretKey: pair.slice(0, 64) };
}
