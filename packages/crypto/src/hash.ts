/**
 * Hash functions of the chain and of Pha's own protocols. All take any bytes and cannot fail.
 *
 * @see polkadot-spec "Hashing"
 */

import { assert } from "@pha/scale";
import { backend } from "#backend";

/** 32 bytes: block, extrinsic and trie-node hashes. */
export const blake2b256 = (data: Uint8Array): Uint8Array => backend.blake2b(data, 32);
/** 16 bytes: the hashed part of map keys. */
export const blake2b128 = (data: Uint8Array): Uint8Array => backend.blake2b(data, 16);
/** 64 bytes: the checksum of SS58. */
export const blake2b512 = (data: Uint8Array): Uint8Array => backend.blake2b(data, 64);

/** BLAKE2b's own keyed mode: a MAC and PRF of `size` bytes (1 to 64) under a key of 1 to 64 bytes. */
export function blake2bKeyed(key: Uint8Array, data: Uint8Array, size: number): Uint8Array {
  assert(key.length > 0 && key.length <= 64, "a BLAKE2b key has 1 to 64 bytes");
  assert(size > 0 && size <= 64, "BLAKE2b gives 1 to 64 bytes");
  return backend.blake2bKeyed(key, data, size);
}

/** xxHash64 under seed 0, little-endian: not collision-resistant, for names of our own only. */
export const twox64 = (data: Uint8Array): Uint8Array => twox(data, 1);
/** xxHash64 under seeds 0 and 1: pallet and storage-item prefixes. */
export const twox128 = (data: Uint8Array): Uint8Array => twox(data, 2);
/** xxHash64 under seeds 0 to 3. */
export const twox256 = (data: Uint8Array): Uint8Array => twox(data, 4);

export const sha256 = (data: Uint8Array): Uint8Array => backend.sha256(data);
export const sha384 = (data: Uint8Array): Uint8Array => backend.sha384(data);
export const sha512 = (data: Uint8Array): Uint8Array => backend.sha512(data);
/** Ethereum's hash: Keccak with the padding from before SHA-3 was standardised. */
export const keccak256 = (data: Uint8Array): Uint8Array => backend.keccak256(data);

const SEEDS = [0n, 1n, 2n, 3n] as const;

/** Filled and copied within one call. Words are little-endian wherever Node and browsers run. */
const WORDS = new BigUint64Array(4);
const WORD_BYTES = new Uint8Array(WORDS.buffer);

function twox(data: Uint8Array, rounds: number): Uint8Array {
  for (let i = 0; i < rounds; i++) WORDS[i] = backend.xxh64(data, SEEDS[i] ?? 0n);
  return WORD_BYTES.slice(0, 8 * rounds);
}
