/**
 * RSA signatures of hardware vendors: PKCS#1 v1.5 and PSS.
 *
 * One implementation for every platform: with the one public exponent that vendors use, the whole of it is seventeen
 * products, which integers of the language do in a quarter of a millisecond at 4096 bits. So there is nothing that two
 * machines could read differently. Public values only.
 *
 * **Bounds**: moduli of 2048 to 4096 bits that fill their bytes; the exponent is 65537.
 *
 * @see RFC 8017 §8.1.2, §8.2.2
 */
import { concatBytes, equalBytes, fromHex } from "@pha/scale";
import { bigEndian } from "./big-endian.ts";
import { sha256, sha384, sha512 } from "./hash.ts";
import type { DigestName } from "./weierstrass.ts";

export interface RsaPublicKey {
  /** Big-endian, without leading zeros. */
  readonly modulus: Uint8Array;
  readonly exponent: number;
}

export interface RsaSignedMessage {
  readonly publicKey: RsaPublicKey;
  readonly padding: "pkcs1" | "pss";
  readonly digest: DigestName;
  readonly message: Uint8Array;
  /** As long as the modulus. */
  readonly signature: Uint8Array;
}

const EXPONENT = 65_537;
const MIN_MODULUS_BYTES = 256;
const MAX_MODULUS_BYTES = 512;

interface DigestFacts {
  readonly hash: (data: Uint8Array) => Uint8Array;
  readonly bytes: number;
  /** DER of DigestInfo up to the digest. */
  readonly info: Uint8Array;
}

const DIGESTS: Readonly<Record<DigestName, DigestFacts>> = {
  "SHA-256": { hash: sha256, bytes: 32, info: fromHex("3031300d060960864801650304020105000420") },
  "SHA-384": { hash: sha384, bytes: 48, info: fromHex("3041300d060960864801650304020205000430") },
  "SHA-512": { hash: sha512, bytes: 64, info: fromHex("3051300d060960864801650304020305000440") },
};

/** `false` for keys outside the bounds and signatures of another length or range, too. PSS salt: as long as the hash. */
export function rsaVerify(signed: RsaSignedMessage): boolean {
  const { publicKey, padding, digest, message, signature } = signed;
  const { modulus } = publicKey;
  if (!isRsaPublicKey(publicKey) || signature.length !== modulus.length) return false;
  const n = bigEndian(modulus);
  const s = bigEndian(signature);
  if (s >= n) return false;
  const encoded = bytesOf(power65537(s, n), modulus.length);
  const facts = DIGESTS[digest];
  return padding === "pkcs1"
    ? equalBytes(encoded, pkcs1Encoded(facts, message, modulus.length))
    : isPss(facts, message, encoded);
}

/** Odd modulus of an allowed size, with its top bit set, and the one exponent. */
export function isRsaPublicKey({ modulus, exponent }: RsaPublicKey): boolean {
  return (
    exponent === EXPONENT &&
    modulus.length >= MIN_MODULUS_BYTES &&
    modulus.length <= MAX_MODULUS_BYTES &&
    (modulus[0] ?? 0) >= 0x80 &&
    ((modulus.at(-1) ?? 0) & 1) === 1
  );
}

function power65537(base: bigint, modulus: bigint): bigint {
  let power = base;
  for (let i = 0; i < 16; i++) power = (power * power) % modulus;
  return (power * base) % modulus;
}

/** Big-endian of `length` bytes. */
function bytesOf(value: bigint, length: number): Uint8Array {
  return fromHex(value.toString(16).padStart(2 * length, "0"));
}

function pkcs1Encoded(facts: DigestFacts, message: Uint8Array, length: number): Uint8Array {
  const digest = concatBytes(facts.info, facts.hash(message));
  const padding = new Uint8Array(length - digest.length - 3).fill(0xff);
  return concatBytes(Uint8Array.of(0, 1), padding, Uint8Array.of(0), digest);
}

/** The top bit of the encoded message is beyond its bits, since the modulus fills its bytes. */
function isPss({ hash, bytes }: DigestFacts, message: Uint8Array, encoded: Uint8Array): boolean {
  if (encoded.at(-1) !== 0xbc) return false;
  const masked = encoded.subarray(0, encoded.length - bytes - 1);
  const seed = encoded.subarray(masked.length, encoded.length - 1);
  if ((masked[0] ?? 0) >= 0x80) return false;
  const mask = mgf1(hash, seed, masked.length);
  const data = masked.map((byte, i) => byte ^ (mask[i] ?? 0));
  data[0] = (data[0] ?? 0) & 0x7f;
  const salt = data.subarray(data.length - bytes);
  const separator = data.length - bytes - 1;
  if (data.subarray(0, separator).some((byte) => byte !== 0) || data[separator] !== 1) return false;
  return equalBytes(hash(concatBytes(new Uint8Array(8), hash(message), salt)), seed);
}

function mgf1(
  hash: (data: Uint8Array) => Uint8Array,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let counter = 0, made = 0; made < length; counter++) {
    const part = hash(concatBytes(seed, Uint8Array.of(0, 0, counter >> 8, counter & 255)));
    parts.push(part);
    made += part.length;
  }
  return concatBytes(...parts).subarray(0, length);
}
