/**
 * Correctly rounded `base ^ exponent` for `base` and `exponent` from 0 to 1, the only powers that BABE takes.
 *
 * Both doubles are exact binary fractions, so the power is computed in fixed-point integers with `BITS` fractional
 * bits as `exp(exponent · ln base)` and rounded once, half to even. The result is thereby defined by mathematics and
 * the same on every engine. The reference node calls its platform's `pow`, which is within 0.52 units of the last
 * place: the correctly rounded value is the one it gives, but for arguments whose power lies within 0.02 units of the
 * middle of two doubles. Exact middles do not occur: the power of a 53-bit fraction with an exponent below 1 has no
 * more bits than the base whenever it is finite.
 *
 * Legend: `ln b = k·ln 2 + 2·atanh((f − 1) / (f + 1))` for `b = f·2^k`; `e^t = 2^k·e^r` for `t = k·ln 2 + r`.
 */
import { assert } from "@pha/scale";

/** 64 bits of exponent, 53 of result and more than 100 to spare. */
const BITS = 256n;
const ONE = 1n << BITS;
/** `e^(r / 2^HALVINGS)` is squared `HALVINGS` times. */
const HALVINGS = 8n;
const LN_2 = 2n * atanhOf(ONE / 3n);

/** @returns the double nearest to the power, ties to even */
export function powOfUnit(base: number, exponent: number): number {
  assert(base >= 0 && base <= 1 && exponent > 0 && exponent <= 1, "base and exponent are in 0..1");
  if (base === 0 || base === 1 || exponent === 1) return base;
  return toDouble(expOf(timesDouble(lnOf(base), exponent)));
}

/** Mantissa and power of two: `value = mantissa · 2^scale`, exactly. */
export function exactParts(value: number): { readonly mantissa: bigint; readonly scale: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  assert(bits >> 63n === 0n && biased < 0x7ff, "a finite double, not negative");
  if (biased === 0) return { mantissa: fraction, scale: -1074 };
  return { mantissa: fraction | (1n << 52n), scale: biased - 1075 };
}

function lnOf(base: number): bigint {
  const { mantissa, scale } = exactParts(base);
  const length = bitLength(mantissa);
  // f in [1/2, 1), or in [1, 3/2) when that is nearer to 1.
  let k = length + scale;
  let f = (mantissa << BITS) >> BigInt(length);
  if (f < (ONE * 3n) / 4n) {
    f <<= 1n;
    k -= 1;
  }
  return BigInt(k) * LN_2 + 2n * atanhOf(((f - ONE) << BITS) / (f + ONE));
}

/** `z + z³/3 + z⁵/5 + …` for |z| ≤ 1/3. */
function atanhOf(z: bigint): bigint {
  const square = (z * z) >> BITS;
  let sum = 0n;
  let term = z;
  for (let n = 1n; term !== 0n && term !== -1n; n += 2n) {
    sum += term / n;
    term = (term * square) >> BITS;
  }
  return sum;
}

/** `e^t` for t ≤ 0. */
function expOf(t: bigint): bigint {
  const k = (t - LN_2 / 2n) / LN_2;
  const r = (t - k * LN_2) >> HALVINGS;
  let sum = ONE;
  let term = r;
  for (let n = 2n; term !== 0n && term !== -1n; n++) {
    sum += term;
    term = ((term * r) >> BITS) / n;
  }
  for (let i = 0n; i < HALVINGS; i++) sum = (sum * sum) >> BITS;
  return sum >> -k;
}

function timesDouble(value: bigint, factor: number): bigint {
  const { mantissa, scale } = exactParts(factor);
  const product = value * mantissa;
  return scale < 0 ? product >> BigInt(-scale) : product << BigInt(scale);
}

/** Nearest double of a fixed-point number from 2^-128 to 1. */
function toDouble(value: bigint): number {
  const drop = BigInt(bitLength(value) - 53);
  assert(drop > 0n && drop <= BITS - 52n, "the power is between 2^-200 and 1");
  const half = 1n << (drop - 1n);
  const low = value & ((1n << drop) - 1n);
  let mantissa = value >> drop;
  if (low > half || (low === half && (mantissa & 1n) === 1n)) mantissa += 1n;
  // Both factors are exact: an integer of at most 2^53, and a power of two put together from its exponent.
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, (drop - BITS + 1023n) << 52n);
  return Number(mantissa) * view.getFloat64(0);
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}
