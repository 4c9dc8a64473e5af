/**
 * Identity-based encryption (Boneh–Franklin with the Fujisaki–Okamoto transform), byte-compatible with vetKeys.
 *
 * Anyone encrypts to (root key, identity); who holds σ of that identity decrypts. With the same seed and message the
 * ciphertext is the same on every replica, so replicas can vote on it. Decryption re-encrypts and compares, so a
 * changed ciphertext gives nothing.
 *
 * Layout: 8 bytes header, `x·G₂` (96), masked seed (32), masked message.
 *
 * **Bounds**: messages up to 64 KiB.
 * **Trust**: the ciphertext is hostile; the root key is checked to be a point; the seed is secret, belongs to one
 * message, and reveals it.
 */
import { shake256 } from "@noble/hashes/sha3.js";
import { assert, concatBytes, equalBytes, fail, ok, type Result, utf8 } from "@pha/scale";
import {
  decodeG1,
  decodeG2,
  encodeG2,
  G2_BASE,
  G2_BYTES,
  hashToScalar,
  multiplySecretG1,
  multiplySecretG2,
  pairingBytes,
} from "./bls.ts";
import { hkdfSha256 } from "./hash.ts";
import { identityPoint } from "./vetkd-hash.ts";

/** "IC IBE" and the version: curve BLS12-381 with keys in G₂. */
const HEADER = Uint8Array.of(0x49, 0x43, 0x20, 0x49, 0x42, 0x45, 0x00, 0x01);
const SEED_BYTES = 32;
const SEED_AT = HEADER.length + G2_BYTES;
const BODY_AT = SEED_AT + SEED_BYTES;
export const MAX_IBE_MESSAGE_BYTES = 64 << 10;
/** How much longer a ciphertext is than its message. */
export const IBE_OVERHEAD_BYTES = BODY_AT;

export interface IbeEncryptInput {
  /** Compressed G₂, 96 bytes. */
  readonly rootPublicKey: Uint8Array;
  readonly identity: Uint8Array;
  /** 32 secret bytes for this message only: random, or derived from a secret and the message. */
  readonly seed32: Uint8Array;
  readonly message: Uint8Array;
}

export type RootKeyError = { readonly code: "vetkd/bad-root-key" };

export function ibeEncrypt(input: IbeEncryptInput): Result<Uint8Array, RootKeyError> {
  const { seed32, message } = input;
  assert(seed32.length === SEED_BYTES, "an IBE seed is 32 bytes");
  assert(message.length <= MAX_IBE_MESSAGE_BYTES, "an IBE message has at most 64 KiB");
  const root = decodeG2(input.rootPublicKey);
  if (root === undefined) return fail({ code: "vetkd/bad-root-key" });
  const exponent = maskExponent(seed32, message);
  // e(H, R)^x = e(x·H, R), and a product in G₁ is cheaper than a power in the target group.
  const shared = pairingBytes(
    multiplySecretG1(identityPoint(input.rootPublicKey, input.identity), exponent),
    root,
  );
  return ok(
    concatBytes(
      HEADER,
      encodeG2(multiplySecretG2(G2_BASE, exponent)),
      xor(seed32, seedMask(shared)),
      xor(message, messageMask(seed32, message.length)),
    ),
  );
}

export interface IbeDecryptInput {
  /** σ of the identity, compressed G₁, 48 bytes. */
  readonly vetKey: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** The message, or `undefined` when the ciphertext is malformed, changed, or for another identity. */
export function ibeDecrypt({ vetKey, ciphertext }: IbeDecryptInput): Uint8Array | undefined {
  if (ciphertext.length < BODY_AT || ciphertext.length > BODY_AT + MAX_IBE_MESSAGE_BYTES)
    return undefined;
  if (!equalBytes(ciphertext.subarray(0, HEADER.length), HEADER)) return undefined;
  const sigma = decodeG1(vetKey);
  const encodedPoint = ciphertext.subarray(HEADER.length, SEED_AT);
  const point = decodeG2(encodedPoint);
  if (sigma === undefined || point === undefined) return undefined;
  const seed = xor(ciphertext.subarray(SEED_AT, BODY_AT), seedMask(pairingBytes(sigma, point)));
  const body = ciphertext.subarray(BODY_AT);
  const message = xor(body, messageMask(seed, body.length));
  const expected = encodeG2(multiplySecretG2(G2_BASE, maskExponent(seed, message)));
  return equalBytes(expected, encodedPoint) ? message : undefined;
}

function maskExponent(seed: Uint8Array, message: Uint8Array): bigint {
  return hashToScalar(concatBytes(HEADER, seed, message), "ic-vetkd-bls12-381-ibe-hash-to-mask");
}

function seedMask(shared: Uint8Array): Uint8Array {
  return hkdfSha256(shared, utf8("ic-vetkd-bls12-381-ibe-mask-seed"), SEED_BYTES);
}

function messageMask(seed: Uint8Array, length: number): Uint8Array {
  const info = utf8(`ic-vetkd-bls12-381-ibe-mask-msg-${String(length).padStart(20, "0")}`);
  return shake256(hkdfSha256(seed, info, 32), { dkLen: length });
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = (a[i] ?? 0) ^ (b[i] ?? 0);
  return out;
}
