/**
 * BLS12-381: the only file that calls the halves' functions of the curve.
 *
 * Points travel as canonical compressed encodings: G₁ 48 bytes, G₂ 96 bytes. Inside this folder they are objects that
 * only this file makes, so that each of them is a point of its subgroup.
 *
 * **Bounds**: every function takes fixed-size input, except messages that are hashed; a pairing product has at most four
 * terms.
 * **Trust**: `decodeG1` and `decodeG2` are the border for foreign points: wrong length, other flags than those of a
 * compressed point, a coordinate not below the modulus, a point off the curve or outside the prime-order subgroup, and
 * the identity all give `undefined`.
 * How constant the time of `multiplySecret*` is, the halves say. Scalars are bigints, which are not, and which nobody can
 * erase; long-lived ones are split at random (`multiplyBlindedG1`), which hides them from averaging, not from a debugger.
 */
import { assert, concatBytes, equalBytes, fromHex } from "@pha/scale";
import { backend } from "#backend";
import { bigEndian } from "../big-endian.ts";
import {
  AFFINE_G1_BYTES,
  AFFINE_G2_BYTES,
  FIELD_BYTES,
  GT_BYTES,
  UNIFORM_BYTES,
} from "../bls-half.ts";
import { expandMessage } from "./expand-message.ts";
import { compress, isCanonical, isIdentity, negated } from "./point-encoding.ts";
import { ORDER, scalarToBytes } from "./scalar.ts";

export interface G1Point {
  readonly group: "G1";
  readonly affine: Uint8Array;
}

export interface G2Point {
  readonly group: "G2";
  readonly affine: Uint8Array;
}

export const G1_BYTES = 48;
export const G2_BYTES = 96;
export const G1_BASE = inG1(
  fromHex(
    "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb" +
      "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1",
  ),
);
export const G2_BASE = inG2(
  fromHex(
    "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e" +
      "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8" +
      "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be" +
      "0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801",
  ),
);
export const G1_ZERO = inG1(new Uint8Array(AFFINE_G1_BYTES));
export const G2_ZERO = inG2(new Uint8Array(AFFINE_G2_BYTES));

/** Bytes from which a scalar is reduced, by RFC 9380. */
const SCALAR_UNIFORM_BYTES = 48;

function inG1(affine: Uint8Array): G1Point {
  return { group: "G1", affine };
}

function inG2(affine: Uint8Array): G2Point {
  return { group: "G2", affine };
}

/** A foreign point of G₁ in compressed form, or `undefined`; the identity is refused. */
export function decodeG1(bytes: Uint8Array): G1Point | undefined {
  if (bytes.length !== G1_BYTES || !isCanonical(bytes)) return undefined;
  const affine = backend.blsDecompressG1(bytes);
  return affine === undefined ? undefined : inG1(affine);
}

/** A foreign point of G₂ in compressed form, or `undefined`; the identity is refused. */
export function decodeG2(bytes: Uint8Array): G2Point | undefined {
  if (bytes.length !== G2_BYTES || !isCanonical(bytes)) return undefined;
  const affine = backend.blsDecompressG2(bytes);
  return affine === undefined ? undefined : inG2(affine);
}

export function encodeG1(point: G1Point): Uint8Array {
  return compress(point.affine);
}

export function encodeG2(point: G2Point): Uint8Array {
  return compress(point.affine);
}

export function isZero(point: G1Point | G2Point): boolean {
  return isIdentity(point.affine);
}

export function equalG2(a: G2Point, b: G2Point): boolean {
  return equalBytes(a.affine, b.affine);
}

export function addG1(a: G1Point, b: G1Point): G1Point {
  return inG1(backend.blsAddG1(a.affine, b.affine));
}

export function addG2(a: G2Point, b: G2Point): G2Point {
  return inG2(backend.blsAddG2(a.affine, b.affine));
}

export function negateG1(point: G1Point): G1Point {
  return inG1(negated(point.affine));
}

export function negateG2(point: G2Point): G2Point {
  return inG2(negated(point.affine));
}

export function subtractG1(a: G1Point, b: G1Point): G1Point {
  return addG1(a, negateG1(b));
}

export function subtractG2(a: G2Point, b: G2Point): G2Point {
  return addG2(a, negateG2(b));
}

/** Hash to G₁ by RFC 9380 (SSWU, random oracle) under the domain separation tag `tag`. */
export function hashToG1(message: Uint8Array, tag: string): G1Point {
  return inG1(backend.blsMapToG1(expandMessage(message, tag, 2 * UNIFORM_BYTES)));
}

/** Hash to a scalar by RFC 9380 `hash_to_field` under the domain separation tag `tag`. */
export function hashToScalar(message: Uint8Array, tag: string): bigint {
  return bigEndian(expandMessage(message, tag, SCALAR_UNIFORM_BYTES)) % ORDER;
}

/** Product by a secret scalar below the order; zero gives the identity. */
export function multiplySecretG1(point: G1Point, scalar: bigint): G1Point {
  return inG1(backend.blsMultiplySecretG1(point.affine, factorBytes(scalar)));
}

/** Product by a secret scalar below the order; zero gives the identity. */
export function multiplySecretG2(point: G2Point, scalar: bigint): G2Point {
  return inG2(backend.blsMultiplySecretG2(point.affine, factorBytes(scalar)));
}

/** Product by a long-lived secret, computed as two products by random parts of it. */
export function multiplyBlindedG1(point: G1Point, scalar: bigint, blind: bigint): G1Point {
  const rest = (scalar + ORDER - blind) % ORDER;
  return addG1(multiplySecretG1(point, blind), multiplySecretG1(point, rest));
}

/** Product by a public scalar below the order; faster for short scalars. */
export function multiplyPublicG1(point: G1Point, scalar: bigint): G1Point {
  return inG1(backend.blsMultiplyG1(point.affine, factorBytes(scalar)));
}

/** Product by a public scalar below the order; faster for short scalars. */
export function multiplyPublicG2(point: G2Point, scalar: bigint): G2Point {
  return inG2(backend.blsMultiplyG2(point.affine, factorBytes(scalar)));
}

function factorBytes(scalar: bigint): Uint8Array {
  assert(scalar >= 0n && scalar < ORDER, "a factor is below the order");
  return scalarToBytes(scalar);
}

/** Is the product of the pairings one? A term with the identity is neutral. */
export function pairingProductIsOne(terms: readonly (readonly [G1Point, G2Point])[]): boolean {
  const pairs = terms.filter(([p, q]) => !isZero(p) && !isZero(q));
  if (pairs.length === 0) return true;
  return backend.blsPairingProductIsOne(
    concatBytes(...pairs.map(([p]) => p.affine)),
    concatBytes(...pairs.map(([, q]) => q.affine)),
  );
}

/**
 * Pairing as 576 bytes: the twelve base-field coefficients, the one of the highest tower degree first, each
 * big-endian. Neither point is the identity.
 */
export function pairingBytes(p: G1Point, q: G2Point): Uint8Array {
  const lowFirst = backend.blsPairing(p.affine, q.affine);
  const out = new Uint8Array(GT_BYTES);
  for (let at = 0; at < GT_BYTES; at += FIELD_BYTES)
    out.set(lowFirst.subarray(at, at + FIELD_BYTES), GT_BYTES - FIELD_BYTES - at);
  return out;
}
