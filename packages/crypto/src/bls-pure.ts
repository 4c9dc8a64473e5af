/**
 * BLS12-381 in JavaScript: for the web, whose pages may not compile the other half's WebAssembly.
 *
 * Big integers are not constant-time: `blsMultiplySecret*` walks the same additions for every scalar, which is all that
 * can be done here.
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { assert, concatBytes, equalBytes } from "@pha/scale";
import { bigEndian } from "./big-endian.ts";
import {
  AFFINE_G1_BYTES,
  AFFINE_G2_BYTES,
  type BlsHalf,
  FIELD_BYTES,
  MAX_PAIRS,
  SCALAR_BYTES,
  UNIFORM_BYTES,
} from "./bls-half.ts";

const { G1, G2 } = bls12_381;
const { Fp, Fp2, Fp12, Fr } = bls12_381.fields;
const { calcPairingPrecomputes } = bls12_381.utils;

type G1Point = InstanceType<typeof G1.Point>;
type G2Point = InstanceType<typeof G2.Point>;
type PairingLines = ReturnType<typeof calcPairingPrecomputes>;

/**
 * Bits per window of the tables for products of the base points. The library's 6 make a first product in G₂ cost 200 ms
 * and each further one 3.1 ms; 4 make that 89 ms and 4.0 ms, and few pages make more than ten.
 */
const WINDOW_BITS = 4;
G1.Point.BASE.precompute(WINDOW_BITS);
G2.Point.BASE.precompute(WINDOW_BITS);

const G1_BASE = affineG1(G1.Point.BASE);
const G2_BASE = affineG2(G2.Point.BASE);

export const pureBls: BlsHalf = {
  blsDecompressG1: (compressed) => {
    try {
      return affineG1(G1.Point.fromBytes(compressed));
    } catch {
      // no point with that x, or none of the subgroup
      return undefined;
    }
  },
  blsDecompressG2: (compressed) => {
    try {
      return affineG2(G2.Point.fromBytes(compressed));
    } catch {
      // as in G₁
      return undefined;
    }
  },
  blsAddG1: (a, b) => affineG1(pointOfG1(a).add(pointOfG1(b))),
  blsAddG2: (a, b) => affineG2(pointOfG2(a).add(pointOfG2(b))),
  blsMultiplyG1: (point, scalar) => affineG1(pointOfG1(point).multiplyUnsafe(scalarOf(scalar))),
  blsMultiplyG2: (point, scalar) => affineG2(pointOfG2(point).multiplyUnsafe(scalarOf(scalar))),
  blsMultiplySecretG1: (affine, scalar) => {
    const [point, factor] = [pointOfG1(affine), scalarOf(scalar)];
    return affineG1(factor === 0n ? G1.Point.ZERO : point.multiply(factor));
  },
  blsMultiplySecretG2: (affine, scalar) => {
    const [point, factor] = [pointOfG2(affine), scalarOf(scalar)];
    return affineG2(factor === 0n ? G2.Point.ZERO : point.multiply(factor));
  },
  blsMapToG1: (uniform) => {
    assert(uniform.length === 2 * UNIFORM_BYTES, "two elements of the field are mapped");
    // Clears the cofactor of each point, which comes to the same as clearing that of their sum.
    return affineG1(
      mapToG1(slot(uniform, 0, UNIFORM_BYTES)).add(mapToG1(slot(uniform, 1, UNIFORM_BYTES))),
    );
  },
  blsPairing: (p, q) =>
    Fp12.toBytes(Fp12.finalExponentiate(bls12_381.millerLoopBatch([pairOf(p, q)]))),
  blsPairingProductIsOne: (ps, qs) => {
    const count = ps.length / AFFINE_G1_BYTES;
    assert(
      count >= 1 && count <= MAX_PAIRS && qs.length === count * AFFINE_G2_BYTES,
      "a product is of one to four pairs",
    );
    const pairs = Array.from({ length: count }, (_, i) =>
      pairOf(slot(ps, i, AFFINE_G1_BYTES), slot(qs, i, AFFINE_G2_BYTES)),
    );
    return Fp12.eql(Fp12.finalExponentiate(bls12_381.millerLoopBatch(pairs)), Fp12.ONE);
  },
};

function mapToG1(uniform: Uint8Array): G1Point {
  // The library's types are those of the map inside, which takes a list and gives coordinates.
  const point: unknown = Reflect.apply(G1.mapToCurve, G1, [Fp.create(bigEndian(uniform))]);
  assert(point instanceof G1.Point, "an element of the field is mapped to a point");
  return point;
}

function pairOf(p: Uint8Array, q: Uint8Array): [PairingLines, bigint, bigint] {
  const [first, second] = [pointOfG1(p), pointOfG2(q)];
  assert(!first.is0() && !second.is0(), "the identity is in no pair");
  const { x, y } = first.toAffine();
  return [linesOf(second), x, y];
}

let linesOfBase: PairingLines | undefined;

function linesOf(point: G2Point): PairingLines {
  if (point !== G2.Point.BASE) return calcPairingPrecomputes(point);
  linesOfBase ??= calcPairingPrecomputes(point);
  return linesOfBase;
}

function affineG1(point: G1Point): Uint8Array {
  const { x, y } = point.toAffine();
  return concatBytes(Fp.toBytes(x), Fp.toBytes(y));
}

function affineG2(point: G2Point): Uint8Array {
  const { x, y } = point.toAffine();
  return concatBytes(Fp.toBytes(x.c1), Fp.toBytes(x.c0), Fp.toBytes(y.c1), Fp.toBytes(y.c0));
}

function pointOfG1(affine: Uint8Array): G1Point {
  assert(affine.length === AFFINE_G1_BYTES, "a point of G1 is two coordinates");
  // The library keeps its tables with this object.
  if (equalBytes(affine, G1_BASE)) return G1.Point.BASE;
  const [x, y] = [fieldOf(affine, 0), fieldOf(affine, 1)];
  const point = G1.Point.fromAffine({ x, y });
  const right = Fp.add(Fp.mul(Fp.sqr(x), x), G1.Point.CURVE().b);
  assert(point.is0() || Fp.eql(Fp.sqr(y), right), "a point of G1 is on its curve");
  return point;
}

function pointOfG2(affine: Uint8Array): G2Point {
  assert(affine.length === AFFINE_G2_BYTES, "a point of G2 is two coordinates of two coefficients");
  if (equalBytes(affine, G2_BASE)) return G2.Point.BASE;
  const x = { c0: fieldOf(affine, 1), c1: fieldOf(affine, 0) };
  const y = { c0: fieldOf(affine, 3), c1: fieldOf(affine, 2) };
  const point = G2.Point.fromAffine({ x, y });
  const right = Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.Point.CURVE().b);
  assert(point.is0() || Fp2.eql(Fp2.sqr(y), right), "a point of G2 is on its curve");
  return point;
}

function fieldOf(affine: Uint8Array, index: number): bigint {
  const value = bigEndian(slot(affine, index, FIELD_BYTES));
  assert(value < Fp.ORDER, "a coordinate is below the modulus");
  return value;
}

function scalarOf(bytes: Uint8Array): bigint {
  const scalar = bigEndian(bytes);
  assert(bytes.length === SCALAR_BYTES && scalar < Fr.ORDER, "a scalar is below the order");
  return scalar;
}

function slot(bytes: Uint8Array, index: number, size: number): Uint8Array {
  return bytes.subarray(index * size, (index + 1) * size);
}
