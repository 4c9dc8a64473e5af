/**
 * BLS12-381 with known logarithms, for simulations: a point is its multiple of a generator, a pairing is a product.
 *
 * Everything that holds of the curve's groups by algebra holds here (sums, products, bilinearity, equality), and a run of
 * the DKG takes microseconds. What rests on logarithms being hard does not hold: who knows the generators' hidden numbers
 * below reads every scalar. So this takes the place of `bls.node.ts` in tests alone, by an alias of vitest.
 *
 * Secret scalars are noted as they come by, so that a simulation can search what leaves a TEE for them.
 */
import { equalBytes } from "@pha/scale";

const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const MODULUS =
  0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
const FIELD_BYTES = 48;
const SCALAR_BYTES = 32;
const GT_BYTES = 12 * FIELD_BYTES;
/** Public generators, by their real coordinates, stand for these; no scalar shows in the bytes of a point. */
const HIDDEN = {
  g1: 0x2f0d1c6b9a84e75321bd80f94c6e02a7f35d91c8e4b7069a1d3c5f7e8b2a4961n,
  g2: 0x51c2a97b03e8f6d4192a7c5be4d3806f18b9f7e2ac04d56137e9b0c8f2d1a453n,
} as const;
/** How the real coordinates of the generators begin. */
const GENERATOR = {
  g1: { x: "17f1d3a73197d7942695638c4fa9ac0f", y: "08b3f481e3aaa0f1" },
  g2: { x: "13e02b6052719f607dacd3a088274f65", y: "0606c4a02ea734cc" },
} as const;

const noted = new Map<string, Uint8Array>();
/** Scalars that are kept: the newest of a run. */
const MAX_NOTED = 4_096;

/** Secret scalars that were multiplied with since the last call, 32 bytes each; they are forgotten. */
export function takeSecretScalars(): readonly Uint8Array[] {
  const all = [...noted.values()];
  noted.clear();
  // What comes next is no second part of what came before.
  before = undefined;
  return all;
}

type Group = "g1" | "g2";

function numberOf(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function bytesOf(value: bigint, length: number): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex"));
}

const half = (group: Group): number => (group === "g1" ? FIELD_BYTES : 2 * FIELD_BYTES);
const starts = (bytes: Uint8Array, hex: string): boolean =>
  Buffer.from(bytes.subarray(0, hex.length / 2)).toString("hex") === hex;

/** x is the multiple or its negative, whichever is smaller, and y says which it is: 1, or the modulus less 1. */
function affine(group: Group, value: bigint): Uint8Array {
  const coordinate = half(group);
  const out = new Uint8Array(2 * coordinate);
  if (value === 0n) return out;
  const isSmall = value <= ORDER / 2n;
  out.set(bytesOf(isSmall ? value : ORDER - value, SCALAR_BYTES), coordinate - SCALAR_BYTES);
  out.set(bytesOf(isSmall ? 1n : MODULUS - 1n, FIELD_BYTES), 2 * coordinate - FIELD_BYTES);
  return out;
}

function multipleOf(group: Group, point: Uint8Array): bigint {
  const coordinate = half(group);
  if (starts(point, GENERATOR[group].x))
    return starts(point.subarray(coordinate), GENERATOR[group].y)
      ? HIDDEN[group]
      : ORDER - HIDDEN[group];
  const x = numberOf(point.subarray(0, coordinate));
  const isNegative = numberOf(point.subarray(2 * coordinate - FIELD_BYTES)) > 1n;
  return isNegative ? ORDER - x : x;
}

/** Compressed x with flags; nothing for what no product of a generator gives. */
function decompress(group: Group, compressed: Uint8Array): Uint8Array | undefined {
  const x = compressed.slice();
  const isLarger = ((x[0] ?? 0) & 0x20) !== 0;
  x[0] = (x[0] ?? 0) & 0x1f;
  if (starts(x, GENERATOR[group].x)) return affine(group, HIDDEN[group]);
  const value = numberOf(x);
  if (value === 0n || value > ORDER / 2n) return undefined;
  return affine(group, isLarger ? ORDER - value : value);
}

function multiply(group: Group, point: Uint8Array, scalar: Uint8Array): Uint8Array {
  return affine(group, (multipleOf(group, point) * numberOf(scalar)) % ORDER);
}

function multiplySecret(group: Group, point: Uint8Array, scalar: Uint8Array): Uint8Array {
  note(scalar);
  // A long-lived secret comes as two random parts of it, one after the other, for the same point.
  if (before !== undefined && equalBytes(before.point, point))
    note(bytesOf((numberOf(before.scalar) + numberOf(scalar)) % ORDER, SCALAR_BYTES));
  before = { point, scalar: scalar.slice() };
  return multiply(group, point, scalar);
}

let before: { readonly point: Uint8Array; readonly scalar: Uint8Array } | undefined;

function note(scalar: Uint8Array): void {
  noted.set(Buffer.from(scalar).toString("latin1"), scalar.slice());
  if (noted.size <= MAX_NOTED) return;
  for (const oldest of noted.keys()) {
    noted.delete(oldest);
    return;
  }
}

function add(group: Group, a: Uint8Array, b: Uint8Array): Uint8Array {
  return affine(group, (multipleOf(group, a) + multipleOf(group, b)) % ORDER);
}

function pairing(p: Uint8Array, q: Uint8Array): bigint {
  return (multipleOf("g1", p) * multipleOf("g2", q)) % ORDER;
}

/** Takes the place of the export of `bls.node.ts`. */
export const mclBls = {
  blsDecompressG1: (compressed: Uint8Array) => decompress("g1", compressed),
  blsDecompressG2: (compressed: Uint8Array) => decompress("g2", compressed),
  blsAddG1: (a: Uint8Array, b: Uint8Array) => add("g1", a, b),
  blsAddG2: (a: Uint8Array, b: Uint8Array) => add("g2", a, b),
  blsMultiplyG1: (point: Uint8Array, scalar: Uint8Array) => multiply("g1", point, scalar),
  blsMultiplyG2: (point: Uint8Array, scalar: Uint8Array) => multiply("g2", point, scalar),
  blsMultiplySecretG1: (point: Uint8Array, scalar: Uint8Array) =>
    multiplySecret("g1", point, scalar),
  blsMultiplySecretG2: (point: Uint8Array, scalar: Uint8Array) =>
    multiplySecret("g2", point, scalar),
  blsMapToG1: (uniform: Uint8Array) => affine("g1", (numberOf(uniform) % (ORDER - 1n)) + 1n),
  blsPairing: (p: Uint8Array, q: Uint8Array) => bytesOf(pairing(p, q), GT_BYTES),
  blsPairingProductIsOne(ps: Uint8Array, qs: Uint8Array): boolean {
    let sum = 0n;
    for (let i = 0; i * 2 * FIELD_BYTES < ps.length; i++)
      sum += pairing(
        ps.subarray(i * 2 * FIELD_BYTES, (i + 1) * 2 * FIELD_BYTES),
        qs.subarray(i * 4 * FIELD_BYTES, (i + 1) * 4 * FIELD_BYTES),
      );
    return sum % ORDER === 0n;
  },
};
