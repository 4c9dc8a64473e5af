/**
 * X25519 key agreement.
 *
 * @see RFC 7748 §5
 */

import { assert } from "@pha/scale";
import { backend } from "#backend";

/** 32 bytes, of a 32-byte secret (clamped as the RFC says). */
export function x25519PublicKey(secret: Uint8Array): Uint8Array {
  assert(secret.length === 32, "an X25519 secret has 32 bytes");
  return backend.x25519PublicKey(secret);
}

/** 32 bytes both sides share; `undefined` when the peer's key has small order or is not 32 bytes. */
export function x25519(secret: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  assert(secret.length === 32, "an X25519 secret has 32 bytes");
  return publicKey.length === 32 ? backend.x25519(secret, publicKey) : undefined;
}
