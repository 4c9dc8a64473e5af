/**
 * The half for browsers and other engines without Node: audited JavaScript, and wasm where it pays.
 *
 * Needs `crypto.getRandomValues` and WebAssembly. Nothing here is constant-time beyond what the libraries try; a page's
 * keys sign one thing at a time.
 */
import { ctr, gcm } from "@noble/ciphers/aes.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { blake2b } from "@noble/hashes/blake2.js";
import { hmac } from "@noble/hashes/hmac.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes } from "@pha/scale";
import * as schnorrkel from "@scure/sr25519";
import { createBLAKE2b, createKeccak } from "hash-wasm";
import createXxHash from "xxhash-wasm";
import type { Backend } from "./backend.types.ts";
import { pureBls } from "./bls-pure.ts";
import { isStrictEd25519 } from "./ed25519-rule.ts";
import { littleEndian } from "./little-endian.ts";
import { pureSecp256k1 } from "./secp256k1-pure.ts";
import { pureWeierstrass } from "./weierstrass-pure.ts";

const { h64Raw } = await createXxHash();
const keccak = await createKeccak(256);
const blake2bHashers = new Map([
  [16, await createBLAKE2b(128)],
  [32, await createBLAKE2b(256)],
  [64, await createBLAKE2b(512)],
]);

/** What the platform has that the language library does not declare. */
declare const crypto: { getRandomValues(out: Uint8Array): Uint8Array };

const ENTROPY_PIECE = 65_536;

export const backend: Backend = {
  name: "web",

  blake2b: (data, bytes) =>
    blake2bHashers.get(bytes)?.init().update(data).digest("binary") ??
    blake2b(data, { dkLen: bytes }),
  blake2bKeyed: (key, data, bytes) => blake2b(data, { dkLen: bytes, key }),
  xxh64: h64Raw,
  sha256,
  sha384,
  sha512,
  keccak256: (data) => keccak.init().update(data).digest("binary"),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  pbkdf2Sha512: (password, salt, rounds, bytes) =>
    pbkdf2(sha512, password, salt, { c: rounds, dkLen: bytes }),

  ed25519PublicKey: ed25519.getPublicKey,
  ed25519Sign: (seed, message) => ed25519.sign(message, seed),
  ed25519Verify: (publicKey, message, signature) => {
    if (!isStrictEd25519(publicKey, signature)) return false;
    try {
      // Not the library's verify: that one multiplies by the cofactor and so accepts more.
      const { Point } = ed25519;
      const key = Point.fromBytes(publicKey);
      const r = signature.subarray(0, 32);
      const k = Point.Fn.create(littleEndian(sha512(concatBytes(r, publicKey, message))));
      const s = littleEndian(signature.subarray(32));
      const expected = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
      return equalBytes(expected.toBytes(), r);
    } catch {
      // not the encoding of a point
      return false;
    }
  },

  x25519PublicKey: x25519.getPublicKey,
  x25519: (secret, publicKey) => {
    try {
      return x25519.getSharedSecret(secret, publicKey);
    } catch {
      // a point of small order
      return undefined;
    }
  },

  aes256GcmSeal: (key, nonce, plaintext, aad) => gcm(key, nonce, aad).encrypt(plaintext),
  aes256GcmOpen: (key, nonce, sealed, aad) => {
    try {
      return gcm(key, nonce, aad).decrypt(sealed);
    } catch {
      // the tag does not match
      return undefined;
    }
  },
  aes256Ctr: (key, iv, data) => ctr(key, iv).encrypt(data),

  sr25519FromSeed: (seed) => withPublicKey(schnorrkel.secretFromSeed(seed)),
  sr25519Sign: (_publicKey, secretKey, message) => schnorrkel.sign(secretKey, message),
  sr25519Verify: (publicKey, message, signature) => {
    try {
      return schnorrkel.verify(message, signature, publicKey);
    } catch {
      // not the encoding of a point
      return false;
    }
  },
  sr25519DeriveHard: (pair, chainCode) =>
    withPublicKey(schnorrkel.HDKD.secretHard(pair.subarray(0, 64), chainCode)),
  sr25519DeriveSoft: (pair, chainCode) =>
    withPublicKey(schnorrkel.HDKD.secretSoft(pair.subarray(0, 64), chainCode)),
  sr25519DerivePublicSoft: (publicKey, chainCode) =>
    schnorrkel.HDKD.publicSoft(publicKey, chainCode),
  sr25519Agree: (publicKey, secretKey) => schnorrkel.getSharedSecret(secretKey, publicKey),

  ...pureSecp256k1,
  ...pureWeierstrass,
  ...pureBls,

  randomBytes: (bytes) => {
    const out = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += ENTROPY_PIECE)
      crypto.getRandomValues(out.subarray(at, Math.min(at + ENTROPY_PIECE, bytes)));
    return out;
  },
};

function withPublicKey(secretKey: Uint8Array): Uint8Array {
  return concatBytes(secretKey, schnorrkel.getPublicKey(secretKey));
}
