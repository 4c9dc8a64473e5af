/**
 * ECDSA over secp256k1, as Ethereum and Substrate's third signature scheme use it.
 *
 * The signed value is always a 32-byte hash: BLAKE2b-256 of the message in Substrate, Keccak-256 in Ethereum.
 *
 * @see polkadot-spec "ECDSA"
 */

import { assert } from "@pha/scale";
import { backend } from "#backend";
import { bigEndian } from "./big-endian.ts";
import { keccak256 } from "./hash.ts";

export interface EcdsaPair {
  /** 33 bytes, compressed. */
  readonly publicKey: Uint8Array;
  /** 32 bytes, secret. */
  readonly secretKey: Uint8Array;
}

/** `undefined` for a secret of zero or not below the group order. */
export function ecdsaFromSecret(secretKey: Uint8Array): EcdsaPair | undefined {
  assert(secretKey.length === 32, "a secp256k1 secret has 32 bytes");
  const publicKey = backend.secp256k1PublicKey(secretKey);
  return publicKey === undefined ? undefined : { publicKey, secretKey };
}

/** 65 bytes: `r ‖ s`, `s` low, then the recovery id 0 or 1. Deterministic. */
export function ecdsaSign(pair: EcdsaPair, hash: Uint8Array): Uint8Array {
  assert(hash.length === 32, "ECDSA signs a 32-byte hash");
  return backend.secp256k1Sign(hash, pair.secretKey);
}

/**
 * Compressed public key (33 bytes) under which `signature` of `hash` is valid; `undefined` when there is none.
 *
 * `signature` is 65 bytes; its last is the recovery id, 0 to 3 or Ethereum's 27 to 30. High `s` is accepted, as the
 * reference node does.
 */
export function ecdsaRecover(hash: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  assert(hash.length === 32, "ECDSA signs a 32-byte hash");
  if (signature.length !== 65) return undefined;
  const last = signature[64] ?? 255;
  const recovery = last >= 27 ? last - 27 : last;
  if (recovery > 3) return undefined;
  return backend.secp256k1Recover(hash, signature.subarray(0, 64), recovery);
}

/** 20 bytes: the last of the Keccak-256 of the uncompressed key; `undefined` when `publicKey` is none. */
export function ethereumAddress(publicKey: Uint8Array): Uint8Array | undefined {
  const first = publicKey[0];
  const isCompressed = publicKey.length === 33 && (first === 2 || first === 3);
  // Not 6 and 7, the "hybrid" forms that some libraries accept.
  if (!isCompressed && !(publicKey.length === 65 && first === 4)) return undefined;
  const expanded = backend.secp256k1Expand(publicKey);
  return expanded === undefined ? undefined : keccak256(expanded.subarray(1)).slice(12);
}

/** Half of the group's order: `s` above it has a lower equal. */
const HIGHEST_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/**
 * Address that signed `hash`, 20 bytes; `undefined` when there is none.
 *
 * One form alone: `r ‖ s ‖ v`, `s` low and `v` 27 or 28, as wallets make it. So nobody without the key makes a second
 * valid signature of the same.
 */
export function ethereumSigner(hash: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  const v = signature[64];
  if (signature.length !== 65 || (v !== 27 && v !== 28)) return undefined;
  if (bigEndian(signature.subarray(32, 64)) > HIGHEST_S) return undefined;
  const key = ecdsaRecover(hash, signature);
  return key && ethereumAddress(key);
}
