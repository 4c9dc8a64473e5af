/** Domain-separated hashing for this folder: every part is length-prefixed, so no two inputs collide. */
import { utf8, Writer } from "@pha/scale";
import { blake2b256, sha256 } from "../hash.ts";
import { hkdf } from "../kdf.ts";
import type { ThresholdDomain } from "./domains.ts";

const NO_SALT = new Uint8Array(0);

/** Domain and parts, each with its length in front. */
export function framed(domain: ThresholdDomain, parts: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  for (const part of [utf8(domain), ...parts]) {
    writer.u32(part.length);
    writer.raw(part);
  }
  return writer.finish();
}

/** BLAKE2b-256 of the framed parts. */
export function transcriptHash(domain: ThresholdDomain, parts: readonly Uint8Array[]): Uint8Array {
  return blake2b256(framed(domain, parts));
}

/** First 16 bytes of SHA-256 of the framed parts: a 128-bit public coin. */
export function challengeBytes(domain: ThresholdDomain, parts: readonly Uint8Array[]): Uint8Array {
  return sha256(framed(domain, parts)).slice(0, 16);
}

/** HKDF-SHA256 with the secret as key material and domain and public parts as info. */
export function deriveBytes(
  domain: ThresholdDomain,
  secret: Uint8Array,
  parts: readonly Uint8Array[],
  length: number,
): Uint8Array {
  return hkdfSha256(secret, framed(domain, parts), length);
}

/** HKDF-SHA256 without salt. */
export function hkdfSha256(secret: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return hkdf(secret, NO_SALT, info, length);
}
