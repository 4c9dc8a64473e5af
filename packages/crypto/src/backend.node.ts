/**
 * The Node half: native and wasm libraries chosen by measurement, entropy from the operating system.
 *
 * Initialised by top-level await, so that everything after it is synchronous; BLS12-381 at its first use. Bounds: reused
 * hashers hold one message at a time; the known-key set of the fast sr25519 path is bounded there.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hash,
  pbkdf2Sync,
  randomFillSync,
} from "node:crypto";
import { blake2b as blake2bPure } from "@noble/hashes/blake2.js";
import { assert, plainBytes } from "@pha/scale";
import * as schnorrkel from "@polkadot/wasm-crypto";
import { createBLAKE2b, createKeccak, type IHasher } from "hash-wasm";
import createXxHash from "xxhash-wasm";
import type { Backend } from "./backend.types.ts";
import { mclBls } from "./bls.node.ts";
import { nodeCurves } from "./ed25519.node.ts";
import { secp256k1 } from "./secp256k1.node.ts";
import { loadSodium, sodiumCurves, sodiumHash } from "./sodium.node.ts";
import { createFastVerify, loadFastSchnorrkel } from "./sr25519-fast-verify.node.ts";
import { nodeWeierstrass } from "./weierstrass.node.ts";

await schnorrkel.waitReady();
const sodium = loadSodium();
const { h64Raw } = await createXxHash();
const keccak = await createKeccak(256);
const blake2bHashers = new Map<number, IHasher>();
if (sodium === undefined)
  for (const bytes of [16, 32, 64]) blake2bHashers.set(bytes, await createBLAKE2b(8 * bytes));

const EMPTY = new Uint8Array(0);
const TAG_BYTES = 16;

const wasmHash: Pick<Backend, "blake2b" | "blake2bKeyed"> = {
  blake2b: (data, bytes) =>
    blake2bHashers.get(bytes)?.init().update(data).digest("binary") ??
    blake2bPure(data, { dkLen: bytes }),
  blake2bKeyed: (key, data, bytes) => blake2bPure(data, { dkLen: bytes, key }),
};

/** Every sr25519 verification of this process; its counters are for metrics and tests. */
export const sr25519FastVerify = createFastVerify({
  authority: (publicKey, message, signature) =>
    schnorrkel.sr25519Verify(signature, message, publicKey),
  wasm: loadFastSchnorrkel,
});

export const backend: Backend = {
  name: "node",

  ...(sodium === undefined ? wasmHash : sodiumHash(sodium, wasmHash)),
  xxh64: h64Raw,
  sha256: (data) => plainBytes(hash("sha256", data, "buffer")),
  sha384: (data) => plainBytes(hash("sha384", data, "buffer")),
  sha512: (data) => plainBytes(hash("sha512", data, "buffer")),
  keccak256: (data) => keccak.init().update(data).digest("binary"),
  hmacSha256: (key, data) => plainBytes(createHmac("sha256", key).update(data).digest()),
  pbkdf2Sha512: (password, salt, rounds, bytes) =>
    plainBytes(pbkdf2Sync(password, salt, rounds, bytes, "sha512")),

  ...(sodium === undefined ? nodeCurves : sodiumCurves(sodium)),

  aes256GcmSeal: (key, nonce, plaintext, aad) => {
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    // No data and data of no bytes are the same; saying so costs a tenth of a small message.
    if (aad.length > 0) cipher.setAAD(aad);
    const out = new Uint8Array(plaintext.length + TAG_BYTES);
    out.set(cipher.update(plaintext));
    cipher.final();
    out.set(cipher.getAuthTag(), plaintext.length);
    return out;
  },
  aes256GcmOpen: (key, nonce, sealed, aad) => {
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
    if (aad.length > 0) decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(end));
    const plaintext = decipher.update(sealed.subarray(0, end));
    try {
      decipher.final();
      return plainBytes(plaintext);
    } catch {
      // the tag does not match
      return undefined;
    }
  },
  aes256Ctr: (key, iv, data) => plainBytes(createCipheriv("aes-256-ctr", key, iv).update(data)),

  sr25519FromSeed: schnorrkel.sr25519KeypairFromSeed,
  sr25519Sign: schnorrkel.sr25519Sign,
  sr25519Verify: sr25519FastVerify.verify,
  sr25519DeriveHard: schnorrkel.sr25519DeriveKeypairHard,
  sr25519DeriveSoft: schnorrkel.sr25519DeriveKeypairSoft,
  sr25519DerivePublicSoft: schnorrkel.sr25519DerivePublicSoft,
  sr25519Agree: schnorrkel.sr25519Agree,

  ...secp256k1,
  ...nodeWeierstrass,
  ...mclBls,

  randomBytes: (bytes) => {
    assert(bytes >= 0 && bytes <= 1 << 24, "entropy comes in pieces of at most 16 MiB");
    return bytes === 0 ? EMPTY : randomFillSync(new Uint8Array(bytes));
  },
};
