/**
 * ed25519 signatures: GRANDPA votes, boot keys, node identities.
 *
 * One strict rule for all platforms, since RFC 8032 leaves room and a finality vote that counts on one machine only
 * would split the chain: `S` is below the group order, `A` is encoded canonically, neither `A` nor `R` has small
 * order, and `R` equals `[S]B − [k]A` byte for byte (no cofactor). libsodium has this rule; the other halves follow.
 *
 * @see RFC 8032 §5.1
 */

import { assert } from "@pha/scale";
import { backend } from "#backend";

export interface Ed25519Pair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes, secret. */
  readonly seed: Uint8Array;
}

/** 32 bytes, of a 32-byte seed. */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  assert(seed.length === 32, "an ed25519 seed has 32 bytes");
  return backend.ed25519PublicKey(seed);
}

export function ed25519FromSeed(seed: Uint8Array): Ed25519Pair {
  return { publicKey: ed25519PublicKey(seed), seed };
}

/** 64 bytes; deterministic. */
export function ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  assert(seed.length === 32, "an ed25519 seed has 32 bytes");
  return backend.ed25519Sign(seed, message);
}

/** `false` for everything malformed, wrong lengths included. */
export function ed25519Verify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return backend.ed25519Verify(publicKey, message, signature);
}
