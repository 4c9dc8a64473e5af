/**
 * Points as bytes: the compressed encoding, in which they travel, and affine coordinates, in which the halves take them.
 *
 * Compressed is x, big-endian, with three flags in the top bits: compressed, identity, and which of the two y it is. In
 * G₂ a coordinate has two coefficients, the higher one first. Affine is x ‖ y, the identity all zero.
 */
import { assert, compareBytes, fromHex } from "@pha/scale";
import { FIELD_BYTES } from "../bls-half.ts";

const COMPRESSED = 0x80;
const IDENTITY = 0x40;
const LARGER = 0x20;
const FLAGS = COMPRESSED | IDENTITY | LARGER;

const MODULUS = fromHex(
  "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
);

/** Is it the encoding of some x in one way only, and not that of the identity? */
export function isCanonical(compressed: Uint8Array): boolean {
  const flags = (compressed[0] ?? 0) & FLAGS;
  if (flags !== COMPRESSED && flags !== (COMPRESSED | LARGER)) return false;
  const x = withoutFlags(compressed);
  return coefficients(x).every((coefficient) => compareBytes(coefficient, MODULUS) < 0);
}

/** From affine to compressed. */
export function compress(affine: Uint8Array): Uint8Array {
  const compressed = affine.slice(0, affine.length / 2);
  const flag = isIdentity(affine) ? IDENTITY : isLarger(yOf(affine)) ? LARGER : 0;
  compressed[0] = (compressed[0] ?? 0) | COMPRESSED | flag;
  return compressed;
}

export function isIdentity(affine: Uint8Array): boolean {
  return affine.every((byte) => byte === 0);
}

/** The point with the other y. */
export function negated(affine: Uint8Array): Uint8Array {
  const out = affine.slice();
  for (const coefficient of coefficients(yOf(out))) coefficient.set(negative(coefficient));
  return out;
}

function yOf(affine: Uint8Array): Uint8Array {
  return affine.subarray(affine.length / 2);
}

function withoutFlags(compressed: Uint8Array): Uint8Array {
  const x = compressed.slice();
  x[0] = (x[0] ?? 0) & ~FLAGS;
  return x;
}

/** Is y larger than −y? The higher coefficient that is not zero decides. */
function isLarger(y: Uint8Array): boolean {
  const deciding = coefficients(y).find((coefficient) => !isIdentity(coefficient));
  return deciding !== undefined && compareBytes(deciding, negative(deciding)) > 0;
}

/** Views. */
function coefficients(coordinate: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: coordinate.length / FIELD_BYTES }, (_, i) =>
    coordinate.subarray(i * FIELD_BYTES, (i + 1) * FIELD_BYTES),
  );
}

/** Modulus minus the value; zero stays zero. */
function negative(value: Uint8Array): Uint8Array {
  const out = new Uint8Array(FIELD_BYTES);
  if (isIdentity(value)) return out;
  let borrow = 0;
  for (let i = FIELD_BYTES - 1; i >= 0; i--) {
    const digit = (MODULUS[i] ?? 0) - (value[i] ?? 0) - borrow;
    borrow = digit < 0 ? 1 : 0;
    out[i] = digit & 255;
  }
  assert(borrow === 0, "a coefficient is below the modulus");
  return out;
}
