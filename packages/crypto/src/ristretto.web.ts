/** ristretto255 in audited JavaScript. */
import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
import { assert } from "@pha/scale";
import type { Product, Ristretto } from "./ristretto.types.ts";

const { Point } = ristretto255;
type Point = typeof Point.BASE;

export const ristretto: Ristretto = {
  sumOfProducts(base, terms) {
    const points: (readonly [bigint, Point])[] = [[base, Point.BASE]];
    for (const { scalar, point } of terms) {
      const decoded = decodePoint(point);
      if (decoded === undefined) return undefined;
      points.push([scalar, decoded]);
    }
    let sum = Point.ZERO;
    for (let i = 0; i < points.length; i += 2) {
      const [a, p] = points[i] ?? NOTHING;
      const [b, q] = points[i + 1] ?? NOTHING;
      sum = sum.add(sumOfTwo(a, p, b, q));
    }
    return sum.toBytes();
  },
  fromUniform(bytes) {
    const { deriveToCurve } = ristretto255_hasher;
    assert(deriveToCurve !== undefined, "ristretto255 maps 64 uniform bytes to a point");
    return deriveToCurve(bytes).toBytes();
  },
  batches: false,
};

const NOTHING: readonly [bigint, Point] = [0n, Point.ZERO];

/** The group order is a little above 2^252; even, for windows of two bits. */
const SCALAR_BITS = 254n;

/** `a·P + b·Q` with shared doublings, two bits of both scalars at a time: half the cost of two multiplications. */
function sumOfTwo(a: bigint, p: Point, b: bigint, q: Point): Point {
  const table: Point[] = [];
  for (let i = 0; i < 4; i++) {
    const row = i === 0 ? Point.ZERO : (table[4 * i - 4] ?? Point.ZERO).add(p);
    table.push(row);
    for (let j = 1; j < 4; j++) table.push((table[4 * i + j - 1] ?? row).add(q));
  }
  let sum = Point.ZERO;
  for (let bit = SCALAR_BITS - 2n; bit >= 0n; bit -= 2n) {
    sum = sum.double().double();
    const index = Number((a >> bit) & 3n) * 4 + Number((b >> bit) & 3n);
    if (index !== 0) sum = sum.add(table[index] ?? Point.ZERO);
  }
  return sum;
}

function decodePoint(bytes: Product["point"]): Point | undefined {
  if (bytes.length !== 32) return undefined;
  try {
    return Point.fromBytes(bytes);
  } catch {
    // not the canonical encoding of a point
    return undefined;
  }
}
