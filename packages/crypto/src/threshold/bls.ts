/**
 * BLS12-381: the only file that knows the curve library.
 *
 * Points travel as canonical compressed encodings: G₁ 48 bytes, G₂ 96 bytes. Inside this folder they are library
 * objects, which never leave it.
 *
 * **Bounds**: every function takes fixed-size input; a pairing product has as many terms as its caller wrote down.
 * **Trust**: `decodeG1` and `decodeG2` are the border for foreign points: wrong length, a coordinate not below the
 * modulus, a point off the curve or outside the prime-order subgroup, and the identity all give `undefined`.
 * JavaScript bigints are not constant-time: `multiplySecret*` walks the same additions for every scalar, and
 * long-lived scalars are also split at random (`multiplyBlindedG1`), which hides them from averaging, not from a
 * debugger.
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";

export type G1Point = InstanceType<typeof bls12_381.G1.Point>;
export type G2Point = InstanceType<typeof bls12_381.G2.Point>;
type PairingLines = ReturnType<typeof bls12_381.utils.calcPairingPrecomputes>;

export const G1_BYTES = 48;
export const G2_BYTES = 96;
/** Bytes of an element of the target group. */
export const GT_BYTES = 576;
/** Order of the groups. */
export const ORDER: bigint = bls12_381.fields.Fr.ORDER;
export const G1_BASE: G1Point = bls12_381.G1.Point.BASE;
export const G2_BASE: G2Point = bls12_381.G2.Point.BASE;
export const G1_ZERO: G1Point = bls12_381.G1.Point.ZERO;
export const G2_ZERO: G2Point = bls12_381.G2.Point.ZERO;

/**
 * Bits per window of the tables for products of the base points. The library's 6 make a first product in G₂ cost 200 ms
 * and each further one 3.1 ms; 4 make that 89 ms and 4.0 ms, and few programs make more than ten.
 */
const WINDOW_BITS = 4;
G1_BASE.precompute(WINDOW_BITS);
G2_BASE.precompute(WINDOW_BITS);

const { Fp12 } = bls12_381.fields;
const FIELD_BYTES = 48;

/** A foreign point of G₁ in compressed form, or `undefined`; the identity is refused. */
export function decodeG1(bytes: Uint8Array): G1Point | undefined {
  if (bytes.length !== G1_BYTES) return undefined;
  try {
    const point = bls12_381.G1.Point.fromBytes(bytes);
    point.assertValidity();
    return point.is0() ? undefined : point;
  } catch {
    // The library throws on every malformed encoding; which one it was is of no use to the caller.
    return undefined;
  }
}

/** A foreign point of G₂ in compressed form, or `undefined`; the identity is refused. */
export function decodeG2(bytes: Uint8Array): G2Point | undefined {
  if (bytes.length !== G2_BYTES) return undefined;
  try {
    const point = bls12_381.G2.Point.fromBytes(bytes);
    point.assertValidity();
    return point.is0() ? undefined : point;
  } catch {
    // As in `decodeG1`.
    return undefined;
  }
}

export function encodeG1(point: G1Point): Uint8Array {
  return point.toBytes(true);
}

export function encodeG2(point: G2Point): Uint8Array {
  return point.toBytes(true);
}

/** Hash to G₁ by RFC 9380 (SSWU, random oracle) under the domain separation tag `tag`. */
export function hashToG1(message: Uint8Array, tag: string): G1Point {
  return bls12_381.G1.hashToCurve(message, { DST: tag });
}

/** Hash to a scalar by RFC 9380 `hash_to_field` under the domain separation tag `tag`. */
export function hashToScalar(message: Uint8Array, tag: string): bigint {
  return bls12_381.G1.hashToScalar(message, { DST: tag });
}

/** Product by a secret scalar below the order; zero gives the identity. */
export function multiplySecretG1(point: G1Point, scalar: bigint): G1Point {
  return scalar === 0n ? G1_ZERO : point.multiply(scalar);
}

/** Product by a secret scalar below the order; zero gives the identity. */
export function multiplySecretG2(point: G2Point, scalar: bigint): G2Point {
  return scalar === 0n ? G2_ZERO : point.multiply(scalar);
}

/** Product by a long-lived secret, computed as two products by random parts of it. */
export function multiplyBlindedG1(point: G1Point, scalar: bigint, blind: bigint): G1Point {
  const rest = (scalar + ORDER - blind) % ORDER;
  return multiplySecretG1(point, blind).add(multiplySecretG1(point, rest));
}

/** Product by a public scalar below the order; faster for short scalars. */
export function multiplyPublicG1(point: G1Point, scalar: bigint): G1Point {
  return point.multiplyUnsafe(scalar);
}

/** Product by a public scalar below the order; faster for short scalars. */
export function multiplyPublicG2(point: G2Point, scalar: bigint): G2Point {
  return point.multiplyUnsafe(scalar);
}

/** Line coefficients per point object; entries die with the point. */
const linesOf = new WeakMap<G2Point, PairingLines>();

function pairingLines(point: G2Point): PairingLines {
  const known = linesOf.get(point);
  if (known !== undefined) return known;
  const lines = bls12_381.utils.calcPairingPrecomputes(point);
  linesOf.set(point, lines);
  return lines;
}

/** Is the product of the pairings one? A term with the identity is neutral. */
export function pairingProductIsOne(terms: readonly (readonly [G1Point, G2Point])[]): boolean {
  const pairs: [PairingLines, bigint, bigint][] = [];
  for (const [p, q] of terms) {
    if (p.is0() || q.is0()) continue;
    const { x, y } = p.toAffine();
    pairs.push([pairingLines(q), x, y]);
  }
  return Fp12.eql(Fp12.finalExponentiate(bls12_381.millerLoopBatch(pairs)), Fp12.ONE);
}

/**
 * Pairing as 576 bytes: the twelve base-field coefficients, the one of the highest tower degree first, each
 * big-endian. Neither point is the identity.
 */
export function pairingBytes(p: G1Point, q: G2Point): Uint8Array {
  const { x, y } = p.toAffine();
  const lowFirst = Fp12.toBytes(
    Fp12.finalExponentiate(bls12_381.millerLoopBatch([[pairingLines(q), x, y]])),
  );
  const out = new Uint8Array(GT_BYTES);
  for (let at = 0; at < GT_BYTES; at += FIELD_BYTES)
    out.set(lowFirst.subarray(at, at + FIELD_BYTES), GT_BYTES - FIELD_BYTES - at);
  return out;
}
