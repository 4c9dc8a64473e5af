/** Scalars modulo the order of BLS12-381, as 32 bytes big-endian outside and bigint inside. */
import { assert } from "@pha/scale";
import { bigEndian } from "../big-endian.ts";
import { SCALAR_BYTES } from "../bls-half.ts";
import type { ThresholdDomain } from "./domains.ts";
import { challengeBytes, deriveBytes } from "./hash.ts";

/** Order of the groups. */
export const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** Foreign scalar; `undefined` unless it is 32 bytes and below the order. Zero is a scalar. */
export function scalarFromBytes(bytes: Uint8Array): bigint | undefined {
  if (bytes.length !== SCALAR_BYTES) return undefined;
  const scalar = bigEndian(bytes);
  return scalar < ORDER ? scalar : undefined;
}

/** Our own secret scalar: nonzero and below the order, or the caller broke its promise. */
export function secretScalar(bytes: Uint8Array): bigint {
  const scalar = scalarFromBytes(bytes);
  assert(scalar !== undefined && scalar !== 0n, "a secret scalar is nonzero and below the order");
  return scalar;
}

/** A dealt share that was checked before: below the order, possibly zero. */
export function checkedScalar(bytes: Uint8Array): bigint {
  const scalar = scalarFromBytes(bytes);
  assert(scalar !== undefined, "a checked scalar is below the order");
  return scalar;
}

export function scalarToBytes(scalar: bigint): Uint8Array {
  const bytes = new Uint8Array(SCALAR_BYTES);
  let rest = scalar;
  for (let i = SCALAR_BYTES - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

/** Nonzero scalar from a secret of at least 32 bytes; 48 derived bytes make the bias below 2^-128. */
export function deriveScalar(
  domain: ThresholdDomain,
  secret: Uint8Array,
  parts: readonly Uint8Array[],
): bigint {
  return (bigEndian(deriveBytes(domain, secret, parts, 48)) % (ORDER - 1n)) + 1n;
}

/** Public coin of 128 bits (soundness error 2^-128, and half the work of a full scalar). */
export function challengeScalar(domain: ThresholdDomain, parts: readonly Uint8Array[]): bigint {
  return bigEndian(challengeBytes(domain, parts));
}

export function reduce(value: bigint): bigint {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

/** Inverse of a public nonzero scalar, by the extended Euclidean algorithm. */
export function invertPublic(scalar: bigint): bigint {
  assert(scalar % ORDER !== 0n, "zero has no inverse");
  let [a, b] = [reduce(scalar), ORDER];
  let [x, y] = [1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [x, y] = [y - quotient * x, x];
  }
  return reduce(x);
}
