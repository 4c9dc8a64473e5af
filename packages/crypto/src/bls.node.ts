/**
 * BLS12-381 by `mcl-wasm`: five times as fast as JavaScript, and twenty times as fast when it has just started.
 *
 * Bytes go in and come out; the library's own form of points stays in its memory.
 *
 * **Bounds**: the places below, once allocated.
 * **Trust**: all bytes are read strictly (`bls*` of `backend.types.ts`), so that what the library would make of others
 * does not matter. Secrets: `blsMultiplySecret*` is the library's product written for constant time; WebAssembly is
 * compiled by an engine that promises no such thing, so this makes timing hard to use, not impossible. What a call left
 * in the library's memory is overwritten before the call returns; the caller's own copies are its affair.
 */
import { assert } from "@pha/scale";
import {
  AFFINE_G1_BYTES,
  AFFINE_G2_BYTES,
  type BlsHalf,
  FIELD_BYTES,
  GT_BYTES,
  MAX_PAIRS,
  SCALAR_BYTES,
  UNIFORM_BYTES,
} from "./bls-half.ts";
import { type Address, type Mcl, type MclGroup, openMcl } from "./mcl.node.ts";

/** A group, and how its points lie in the library's memory: three coordinates (Jacobian), the lower coefficient first. */
interface Group {
  readonly functions: MclGroup;
  readonly affineBytes: number;
  /** Bytes of a point in memory. */
  readonly bytes: number;
  /** Where in memory the elements of the affine form go, in their order. */
  readonly elements: readonly number[];
}

/** The library with places for what goes in and comes out. */
interface Curve extends Mcl {
  readonly inG1: Group;
  readonly inG2: Group;
  /** One behind the other, for products of pairings. */
  readonly ps: Address;
  readonly qs: Address;
  readonly out: Address;
  readonly target: Address;
  readonly number: Address;
  readonly text: Address;
  /** The number one, as the library keeps elements of the field. */
  readonly one: Uint8Array;
  /** What calls write to. */
  readonly used: readonly [from: Address, to: Address];
}

/** More than any function here takes of the stack: products in G₂ take 60,832 bytes. */
export const STACK_BYTES = 64 << 10;

let opened: Curve | undefined;

function curve(): Curve {
  opened ??= openCurve();
  return opened;
}

function openCurve(): Curve {
  const mcl = openMcl();
  const inG1: Group = {
    functions: mcl.g1,
    affineBytes: AFFINE_G1_BYTES,
    bytes: 3 * FIELD_BYTES,
    elements: [0, 1],
  };
  const inG2: Group = {
    functions: mcl.g2,
    affineBytes: AFFINE_G2_BYTES,
    bytes: 6 * FIELD_BYTES,
    elements: [1, 0, 3, 2],
  };
  // The stack grows downwards: what is allocated first lies highest.
  const top = mcl.alloc(0);
  const ps = mcl.alloc(MAX_PAIRS * inG1.bytes);
  const qs = mcl.alloc(MAX_PAIRS * inG2.bytes);
  const out = mcl.alloc(inG2.bytes);
  const target = mcl.alloc(GT_BYTES);
  const number = mcl.alloc(FIELD_BYTES);
  const text = mcl.alloc(2 * UNIFORM_BYTES);
  const used: Curve["used"] = [mcl.alloc(0) - STACK_BYTES, top];
  mcl.memory.fill(0, ...used);
  mcl.memory[text + FIELD_BYTES - 1] = 1;
  assert(mcl.field(number, text, FIELD_BYTES) === FIELD_BYTES, "one is below the modulus");
  return {
    ...mcl,
    inG1,
    inG2,
    ps,
    qs,
    out,
    target,
    number,
    text,
    one: mcl.memory.slice(number, number + FIELD_BYTES),
    used,
  };
}

/** Runs one call and overwrites what it left in the library's memory. */
function clean<T>(run: (library: Curve) => T): T {
  const library = curve();
  try {
    return run(library);
  } finally {
    library.memory.fill(0, ...library.used);
  }
}

export const mclBls: BlsHalf = {
  blsDecompressG1: (compressed) => clean((c) => decompress(c, c.inG1, compressed)),
  blsDecompressG2: (compressed) => clean((c) => decompress(c, c.inG2, compressed)),
  blsAddG1: (a, b) => clean((c) => add(c, c.inG1, a, b)),
  blsAddG2: (a, b) => clean((c) => add(c, c.inG2, a, b)),
  blsMultiplyG1: (point, scalar) =>
    clean((c) => multiply(c, c.inG1, c.inG1.functions.mul, point, scalar)),
  blsMultiplyG2: (point, scalar) =>
    clean((c) => multiply(c, c.inG2, c.inG2.functions.mul, point, scalar)),
  blsMultiplySecretG1: (point, scalar) =>
    clean((c) => multiply(c, c.inG1, c.inG1.functions.mulCT, point, scalar)),
  blsMultiplySecretG2: (point, scalar) =>
    clean((c) => multiply(c, c.inG2, c.inG2.functions.mulCT, point, scalar)),
  blsMapToG1: (uniform) =>
    clean((c) => {
      assert(uniform.length === 2 * UNIFORM_BYTES, "two elements of the field are mapped");
      c.memory.set(uniform, c.text);
      const mapTo = (at: Address, text: Address): void => {
        assert(c.reduceToField(c.number, text, UNIFORM_BYTES) === 0, "any bytes give an element");
        assert(c.mapToG1(at, c.number) === 0, "any element gives a point");
      };
      // Clears the cofactor of each point, which comes to the same as clearing that of their sum.
      mapTo(c.ps, c.text);
      mapTo(c.out, c.text + UNIFORM_BYTES);
      c.inG1.functions.add(c.out, c.out, c.ps);
      return affineOf(c, c.inG1);
    }),
  blsPairing: (p, q) =>
    clean((c) => {
      assert(p.length === AFFINE_G1_BYTES, "a pairing is of one pair");
      millerLoop(c, p, q);
      c.finalExponentiation(c.target, c.target);
      const bytes = new Uint8Array(GT_BYTES);
      for (let at = 0; at < GT_BYTES; at += FIELD_BYTES)
        bytes.set(fieldBytes(c, c.target + at), at);
      return bytes;
    }),
  blsPairingProductIsOne: (ps, qs) =>
    clean((c) => {
      millerLoop(c, ps, qs);
      c.finalExponentiation(c.target, c.target);
      return c.isOne(c.target) === 1;
    }),
};

function decompress(c: Curve, group: Group, compressed: Uint8Array): Uint8Array | undefined {
  const { length } = compressed;
  assert(2 * length === group.affineBytes, "a compressed point is one coordinate");
  c.memory.set(compressed, c.text);
  const isPoint =
    group.functions.deserialize(c.out, c.text, length) === length &&
    group.functions.isValidOrder(c.out) === 1;
  return isPoint ? affineOf(c, group) : undefined;
}

function add(c: Curve, group: Group, a: Uint8Array, b: Uint8Array): Uint8Array {
  const second = c.qs + group.bytes;
  place(c, group, c.qs, a);
  place(c, group, second, b);
  group.functions.add(c.out, c.qs, second);
  return affineOf(c, group);
}

function multiply(
  c: Curve,
  group: Group,
  product: MclGroup["mul"],
  point: Uint8Array,
  scalar: Uint8Array,
): Uint8Array {
  assert(scalar.length === SCALAR_BYTES, "a scalar has 32 bytes");
  place(c, group, c.qs, point);
  c.memory.set(scalar, c.text);
  assert(c.scalar(c.number, c.text, SCALAR_BYTES) === SCALAR_BYTES, "a scalar is below the order");
  product(c.out, c.qs, c.number);
  return affineOf(c, group);
}

/** Leaves the product of the pairs in `target`, without the final exponentiation. */
function millerLoop(c: Curve, ps: Uint8Array, qs: Uint8Array): void {
  const count = ps.length / AFFINE_G1_BYTES;
  assert(
    count >= 1 && count <= MAX_PAIRS && qs.length === count * AFFINE_G2_BYTES,
    "a product is of one to four pairs",
  );
  for (let i = 0; i < count; i++)
    for (const [group, points, all] of [
      [c.inG1, c.ps, ps],
      [c.inG2, c.qs, qs],
    ] as const) {
      const at = points + i * group.bytes;
      place(c, group, at, all.subarray(i * group.affineBytes, (i + 1) * group.affineBytes));
      assert(group.functions.isZero(at) === 0, "the identity is in no pair");
    }
  c.millerLoop(c.target, c.ps, c.qs, count);
}

/** Writes a point in the library's form. */
function place(c: Curve, group: Group, at: Address, affine: Uint8Array): void {
  assert(affine.length === group.affineBytes, "a point is as long as its coordinates");
  c.memory.fill(0, at, at + group.bytes);
  // All zero is the identity in both forms.
  if (affine.every((byte) => byte === 0)) return;
  for (const [index, element] of group.elements.entries()) {
    c.memory.set(affine.subarray(index * FIELD_BYTES, (index + 1) * FIELD_BYTES), c.text);
    const taken = c.field(at + element * FIELD_BYTES, c.text, FIELD_BYTES);
    assert(taken === FIELD_BYTES, "a coordinate is below the modulus");
  }
  c.memory.set(c.one, at + group.elements.length * FIELD_BYTES);
  assert(group.functions.isValid(at) === 1, "a point is on its curve");
}

/** The point in `out`. */
function affineOf(c: Curve, group: Group): Uint8Array {
  const affine = new Uint8Array(group.affineBytes);
  if (group.functions.isZero(c.out) === 1) return affine;
  group.functions.normalize(c.out, c.out);
  for (const [index, element] of group.elements.entries())
    affine.set(fieldBytes(c, c.out + element * FIELD_BYTES), index * FIELD_BYTES);
  return affine;
}

function fieldBytes(c: Curve, value: Address): Uint8Array {
  const written = c.fieldBytes(c.text, FIELD_BYTES, value);
  assert(written === FIELD_BYTES, "an element of the field has 48 bytes");
  return c.memory.subarray(c.text, c.text + FIELD_BYTES);
}
