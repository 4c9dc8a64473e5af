/**
 * AES-256 in GCM and CTR mode.
 *
 * A GCM key meets a nonce once, ever: a second time reveals both plaintexts and the authentication key. Where a restart
 * or a replica could repeat one, use `siv.ts`.
 *
 * @see NIST SP 800-38D, SP 800-38A
 */

import { assert } from "@pha/scale";
import { backend } from "#backend";

export const AES_GCM_TAG_BYTES = 16;

/** Ciphertext, then the 16-byte tag. Key 32 bytes, nonce 12. */
export function aes256GcmSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  assert(
    key.length === 32 && nonce.length === 12,
    "AES-256-GCM takes a 32-byte key, 12-byte nonce",
  );
  return backend.aes256GcmSeal(key, nonce, plaintext, aad);
}

/** Plaintext, or `undefined` when the tag, key, nonce or `aad` is not the one sealed under. */
export function aes256GcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  assert(
    key.length === 32 && nonce.length === 12,
    "AES-256-GCM takes a 32-byte key, 12-byte nonce",
  );
  return sealed.length < AES_GCM_TAG_BYTES
    ? undefined
    : backend.aes256GcmOpen(key, nonce, sealed, aad);
}

/** Key stream over `data`; its own inverse. Not authenticated. Key 32 bytes, initial counter block 16. */
export function aes256Ctr(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  assert(key.length === 32 && iv.length === 16, "AES-256-CTR takes a 32-byte key, 16-byte iv");
  return backend.aes256Ctr(key, iv, data);
}
