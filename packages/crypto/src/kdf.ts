/**
 * Key derivation: HMAC and HKDF over SHA-256.
 *
 * @see RFC 5869
 */

import { assert, concatBytes } from "@pha/scale";
import { backend } from "#backend";

const HASH_BYTES = 32;

/** 32 bytes. */
export const hmacSha256 = (key: Uint8Array, data: Uint8Array): Uint8Array =>
  backend.hmacSha256(key, data);

/** 32 bytes of uniform key material; an empty salt means 32 zero bytes, as the RFC says. */
export const hkdfExtract = (salt: Uint8Array, ikm: Uint8Array): Uint8Array =>
  backend.hmacSha256(salt, ikm);

/** `length` bytes, at most 8160. */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  assert(length >= 0 && length <= 255 * HASH_BYTES, "HKDF gives at most 255 blocks");
  if (length <= HASH_BYTES) {
    const only = backend.hmacSha256(prk, withCounter(info, 1));
    return length === HASH_BYTES ? only : only.slice(0, length);
  }
  const out = new Uint8Array(length);
  let previous: Uint8Array = new Uint8Array(0);
  for (let at = 0, i = 1; at < length; at += HASH_BYTES, i++) {
    previous = backend.hmacSha256(prk, withCounter(concatBytes(previous, info), i));
    out.set(at + HASH_BYTES <= length ? previous : previous.subarray(0, length - at), at);
  }
  return out;
}

/** Extract, then expand. */
export function hkdf(
  ikm: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return hkdfExpand(hkdfExtract(salt, ikm), info, length);
}

function withCounter(data: Uint8Array, counter: number): Uint8Array {
  const out = new Uint8Array(data.length + 1);
  out.set(data);
  out[data.length] = counter;
  return out;
}
