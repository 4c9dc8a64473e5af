/**
 * SS58 addresses: network prefix, account bytes and a checksum, in base58.
 *
 * @see polkadot-spec "SS58"
 */

import { assert, concatBytes, fail, ok, type Result, utf8 } from "@pha/scale";
import { base58 } from "@scure/base";
import { blake2b512 } from "./hash.ts";

export interface Ss58Address {
  /** 0 to 16383. */
  readonly prefix: number;
  /** 32 bytes, or 33 for a compressed secp256k1 key. */
  readonly publicKey: Uint8Array;
}

export interface Ss58Error {
  readonly code: "crypto/bad-address";
  readonly reason: "not-base58" | "bad-length" | "bad-prefix" | "bad-checksum";
}

const CHECKSUM_BYTES = 2;
/** The longest address has 2 + 33 + 2 bytes, which is at most 51 digits. */
const MAX_CHARS = 51;
const CONTEXT = utf8("SS58PRE");

/** Prefixes 46 and 47 are reserved and refused by no tool we know; neither do we. */
export function ss58Encode(prefix: number, publicKey: Uint8Array): string {
  assert(Number.isInteger(prefix) && prefix >= 0 && prefix < 16384, "an SS58 prefix has 14 bits");
  assert(publicKey.length === 32 || publicKey.length === 33, "an account has 32 or 33 bytes");
  const body = concatBytes(encodePrefix(prefix), publicKey);
  return base58.encode(concatBytes(body, checksum(body)));
}

export function ss58Decode(text: string): Result<Ss58Address, Ss58Error> {
  const bytes = text.length <= MAX_CHARS ? parseBase58(text) : undefined;
  if (bytes === undefined) return refuse("not-base58");
  const first = bytes[0] ?? 255;
  const second = bytes[1] ?? 0;
  if (first > 127) return refuse("bad-prefix");
  const prefixBytes = first < 64 ? 1 : 2;
  const accountBytes = bytes.length - prefixBytes - CHECKSUM_BYTES;
  if (accountBytes !== 32 && accountBytes !== 33) return refuse("bad-length");
  const prefix = first < 64 ? first : ((first & 63) << 2) | (second >> 6) | ((second & 63) << 8);
  if (prefixBytes === 2 && prefix < 64) return refuse("bad-prefix");
  const body = bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
  const sum = checksum(body);
  if (bytes[body.length] !== sum[0] || bytes[body.length + 1] !== sum[1])
    return refuse("bad-checksum");
  return ok({ prefix, publicKey: body.slice(prefixBytes) });
}

function encodePrefix(prefix: number): Uint8Array {
  if (prefix < 64) return Uint8Array.of(prefix);
  return Uint8Array.of(((prefix & 0xfc) >> 2) | 64, (prefix >> 8) | ((prefix & 3) << 6));
}

function checksum(body: Uint8Array): Uint8Array {
  return blake2b512(concatBytes(CONTEXT, body)).subarray(0, CHECKSUM_BYTES);
}

function parseBase58(text: string): Uint8Array | undefined {
  try {
    return base58.decode(text);
  } catch {
    // a character outside the alphabet
    return undefined;
  }
}

function refuse(reason: Ss58Error["reason"]): Result<never, Ss58Error> {
  return fail({ code: "crypto/bad-address", reason });
}
