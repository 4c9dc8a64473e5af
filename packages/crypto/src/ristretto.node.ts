/**
 * ristretto255 over a WebAssembly module for the field: five to ten times as fast as BigInt.
 *
 * Sums of products share their doublings (Straus), with signed windows of five bits. The module and its tables are made
 * at first use.
 *
 * **Bounds**: the module's memory has room for `MAX_TERMS` tables; longer sums are refused by an assertion. **Trust**:
 * encodings are foreign, and only canonical ones are taken. Nothing is constant-time: all values are public.
 *
 * @see RFC 9496 §4
 */
import { ristretto255 } from "@noble/curves/ed25519.js";
import { assert, equalBytes } from "@pha/scale";
import { ELEMENT, openFieldModule, POINT, SCRATCH_BYTES } from "./field-module.node.ts";
import type { Product, Ristretto } from "./ristretto.types.ts";

const P = 2n ** 255n - 19n;
/** RFC 9496 §4.1. */
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const SQRT_M1 = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;
const SQRT_AD_MINUS_ONE =
  25063068953384623474111414158702152701244531502492656460079210482610430750235n;
const INVSQRT_A_MINUS_D =
  54469307008909316920995813868745141605393597292927456921205312896311721017578n;
const ONE_MINUS_D_SQ =
  1159843021668779879193775521855586647937357759715417654439879720876111806838n;
const D_MINUS_ONE_SQ =
  40440834346308536858101042469323190826248399146238708352240133220865137265952n;

export const MAX_TERMS = 160;
const WINDOW = 5;
/** Odd multiples 1, 3 … 15. */
const TABLE_POINTS = 1 << (WINDOW - 2);
const BASE_WINDOW = 8;
const BASE_POINTS = 1 << (BASE_WINDOW - 2);
/** Digits of a scalar below 2^253, and a carry. */
const DIGITS = 256;
const LIMBS = 10;
const PAGE = 65_536;
const PAGES = Math.ceil((MAX_TERMS * TABLE_POINTS + BASE_POINTS + 16) * (POINT / PAGE)) + 1;

let opened: Arithmetic | undefined;

export const ristretto: Ristretto = {
  sumOfProducts: (base, terms) => arithmetic().sumOfProducts(base, terms),
  fromUniform: (bytes) => arithmetic().fromUniform(bytes),
  batches: true,
};

function arithmetic(): Arithmetic {
  opened ??= new Arithmetic();
  return opened;
}

/** One module with its memory, and the places in it. */
class Arithmetic {
  readonly #field = openFieldModule(PAGES);
  readonly #words = new Int32Array(this.#field.memory.buffer);
  #next = SCRATCH_BYTES;
  readonly #zero = this.#constant(0n);
  readonly #one = this.#constant(1n);
  readonly #d = this.#constant(D);
  readonly #twoD = this.#constant((2n * D) % P);
  readonly #sqrtM1 = this.#constant(SQRT_M1);
  readonly #sqrtAdMinusOne = this.#constant(SQRT_AD_MINUS_ONE);
  readonly #invsqrtAMinusD = this.#constant(INVSQRT_A_MINUS_D);
  readonly #oneMinusDSq = this.#constant(ONE_MINUS_D_SQ);
  readonly #dMinusOneSq = this.#constant(D_MINUS_ONE_SQ);
  readonly #minusOne = this.#constant(P - 1n);
  /** Elements of the method under way, and those of what it calls. */
  readonly #t = Array.from({ length: 12 }, () => this.#element());
  readonly #u = Array.from({ length: 6 }, () => this.#element());
  readonly #v = Array.from({ length: 2 }, () => this.#element());
  readonly #sum = this.#point();
  readonly #double = this.#point();
  readonly #odd = this.#point();
  readonly #base = this.#room(BASE_POINTS);
  readonly #tables = this.#room(MAX_TERMS * TABLE_POINTS);
  readonly #digits = Array.from({ length: MAX_TERMS + 1 }, () => new Int8Array(DIGITS));
  readonly #limbs = new Int32Array(LIMBS);
  readonly #canonical = this.#element();
  /** Bytes that are looked at and forgotten. */
  readonly #looked = new Uint8Array(32);

  constructor() {
    const isPoint = this.#decode(ristretto255.Point.BASE.toBytes(), this.#odd);
    assert(isPoint, "the generator is a point");
    this.#fillTable(this.#base, BASE_POINTS);
  }

  sumOfProducts(base: bigint, terms: readonly Product[]): Uint8Array | undefined {
    assert(terms.length <= MAX_TERMS, "the tables have room for the terms");
    for (const [i, { point, scalar }] of terms.entries()) {
      if (!this.#decode(point, this.#odd)) return undefined;
      this.#fillTable(this.#tableOf(i), TABLE_POINTS);
      recode(scalar, WINDOW, this.#digitsOf(i));
    }
    recode(base, BASE_WINDOW, this.#digitsOf(terms.length));
    this.#toNeutral(this.#sum);
    let isNeutral = true;
    for (let bit = DIGITS - 1; bit >= 0; bit--) {
      if (!isNeutral) this.#field.double(this.#sum, this.#sum);
      for (let i = 0; i <= terms.length; i++) {
        const digit = this.#digits[i]?.[bit] ?? 0;
        if (digit === 0) continue;
        isNeutral = false;
        const table = i === terms.length ? this.#base : this.#tableOf(i);
        const entry = table + (Math.abs(digit) >> 1) * POINT;
        if (digit > 0) this.#field.addPrepared(this.#sum, this.#sum, entry);
        else this.#field.subPrepared(this.#sum, this.#sum, entry);
      }
    }
    return this.#encode(this.#sum);
  }

  fromUniform(bytes: Uint8Array): Uint8Array {
    assert(bytes.length === 64, "a point is mapped from 64 bytes");
    this.#map(bytes.subarray(0, 32), this.#odd);
    this.#prepare(this.#tables, this.#odd);
    this.#map(bytes.subarray(32), this.#odd);
    this.#field.addPrepared(this.#odd, this.#odd, this.#tables);
    return this.#encode(this.#odd);
  }

  // Points.

  /** Odd multiples of the point in `#odd`, prepared. */
  #fillTable(table: number, points: number): void {
    const field = this.#field;
    field.double(this.#double, this.#odd);
    // Prepared in place: what follows it in memory is free for that.
    this.#prepare(this.#double, this.#double);
    for (let i = 0; i < points; i++) {
      this.#prepare(table + i * POINT, this.#odd);
      if (i + 1 < points) field.addPrepared(this.#odd, this.#odd, this.#double);
    }
  }

  #prepare(out: number, point: number): void {
    const field = this.#field;
    const [t = 0] = this.#u;
    field.add(t, point + ELEMENT, point);
    field.sub(out + ELEMENT, point + ELEMENT, point);
    field.carry(out, t);
    field.carry(out + ELEMENT, out + ELEMENT);
    field.carry(out + 2 * ELEMENT, point + 2 * ELEMENT);
    field.mul(out + 3 * ELEMENT, point + 3 * ELEMENT, this.#twoD);
  }

  #toNeutral(point: number): void {
    const { carry } = this.#field;
    carry(point, this.#zero);
    carry(point + ELEMENT, this.#one);
    carry(point + 2 * ELEMENT, this.#one);
    carry(point + 3 * ELEMENT, this.#zero);
  }

  /** RFC 9496 §4.3.1. */
  #decode(bytes: Uint8Array, point: number): boolean {
    const { mul, square, add, sub } = this.#field;
    const [s = 0, ss = 0, u1 = 0, u2 = 0, u2Sq = 0, v = 0, root = 0, w = 0] = this.#t;
    if (bytes.length !== 32 || ((bytes[0] ?? 0) & 1) === 1) return false;
    this.#read(s, bytes);
    if (!equalBytes(this.#bytesOf(s, this.#looked), bytes)) return false;
    square(ss, s, 1);
    sub(u1, this.#one, ss);
    add(u2, this.#one, ss);
    square(u2Sq, u2, 1);
    square(v, u1, 1);
    mul(v, v, this.#d);
    // −D·u1² − u2²
    sub(v, this.#zero, v);
    sub(v, v, u2Sq);
    mul(w, v, u2Sq);
    const wasSquare = this.#sqrtRatio(root, this.#one, w);
    const [x, y, z, t] = [point, point + ELEMENT, point + 2 * ELEMENT, point + 3 * ELEMENT];
    mul(w, root, u2);
    mul(x, s, w);
    add(x, x, x);
    this.#makeAbsolute(x);
    mul(w, root, w);
    mul(w, w, v);
    mul(y, u1, w);
    this.#field.carry(z, this.#one);
    mul(t, x, y);
    return wasSquare && !this.#isNegative(t) && !this.#isZero(y);
  }

  /** RFC 9496 §4.3.2. */
  #encode(point: number): Uint8Array {
    const { mul, square, add, sub, carry } = this.#field;
    const [x, y, z, t] = [point, point + ELEMENT, point + 2 * ELEMENT, point + 3 * ELEMENT];
    const [u1 = 0, u2 = 0, root = 0, den1 = 0, den2 = 0, zInv = 0, a = 0, b = 0, ex = 0, ey = 0] =
      this.#t;
    add(a, z, y);
    sub(b, z, y);
    mul(u1, a, b);
    mul(u2, x, y);
    square(a, u2, 1);
    mul(a, a, u1);
    this.#sqrtRatio(root, this.#one, a);
    mul(den1, root, u1);
    mul(den2, root, u2);
    mul(zInv, den1, den2);
    mul(zInv, zInv, t);
    mul(a, t, zInv);
    if (this.#isNegative(a)) {
      mul(ex, y, this.#sqrtM1);
      mul(ey, x, this.#sqrtM1);
      mul(den2, den1, this.#invsqrtAMinusD);
    } else {
      carry(ex, x);
      carry(ey, y);
    }
    mul(a, ex, zInv);
    if (this.#isNegative(a)) sub(ey, this.#zero, ey);
    sub(b, z, ey);
    mul(a, den2, b);
    this.#makeAbsolute(a);
    return this.#bytesOf(a);
  }

  /** RFC 9496 §4.3.4, the map of 32 bytes. */
  #map(bytes: Uint8Array, point: number): void {
    const { mul, square, add, sub, carry } = this.#field;
    const [t = 0, r = 0, u = 0, v = 0, s = 0, c = 0, n = 0, w0 = 0, w1 = 0, w2 = 0, w3 = 0] =
      this.#t;
    this.#read(t, bytes);
    square(r, t, 1);
    mul(r, r, this.#sqrtM1);
    add(u, r, this.#one);
    mul(u, u, this.#oneMinusDSq);
    mul(v, r, this.#d);
    sub(v, this.#minusOne, v);
    add(w0, r, this.#d);
    mul(v, v, w0);
    const wasSquare = this.#sqrtRatio(s, u, v);
    if (wasSquare) carry(c, this.#minusOne);
    else {
      mul(s, s, t);
      this.#makeAbsolute(s);
      sub(s, this.#zero, s);
      carry(c, r);
    }
    sub(w0, r, this.#one);
    mul(n, c, w0);
    mul(n, n, this.#dMinusOneSq);
    sub(n, n, v);
    mul(w0, s, v);
    add(w0, w0, w0);
    mul(w1, n, this.#sqrtAdMinusOne);
    square(w3, s, 1);
    sub(w2, this.#one, w3);
    add(w3, this.#one, w3);
    mul(point, w0, w3);
    mul(point + ELEMENT, w2, w1);
    mul(point + 2 * ELEMENT, w1, w3);
    mul(point + 3 * ELEMENT, w0, w2);
  }

  // Elements.

  /** RFC 9496 §4.2 SQRT_RATIO_M1: whether `u/v` is a square; the root of it, or of it times √−1, not negative. */
  #sqrtRatio(out: number, u: number, v: number): boolean {
    const { mul, square, sub } = this.#field;
    const [, v3 = 0, v7 = 0, check = 0] = this.#u;
    square(v3, v, 1);
    mul(v3, v3, v);
    square(v7, v3, 1);
    mul(v7, v7, v);
    mul(v7, v7, u);
    this.#power(out, v7);
    mul(out, out, v3);
    mul(out, out, u);
    square(check, out, 1);
    mul(check, check, v);
    sub(v3, check, u);
    if (this.#isZero(v3)) {
      this.#makeAbsolute(out);
      return true;
    }
    this.#field.add(v3, check, u);
    const isFlipped = this.#isZero(v3);
    mul(v7, u, this.#sqrtM1);
    this.#field.add(v3, check, v7);
    const isFlippedByI = this.#isZero(v3);
    if (isFlipped || isFlippedByI) mul(out, out, this.#sqrtM1);
    this.#makeAbsolute(out);
    return isFlipped;
  }

  /** `a` to the power of (p − 5)/8 = 2^252 − 3. */
  #power(out: number, a: number): void {
    const { mul, square } = this.#field;
    const [, , , , e = 0, f = 0] = this.#u;
    const [ten = 0, fifty = 0] = this.#v;
    // a^(2^n − 1) for n = 1, 5, 10, 20, 40, 50, 100, 200, 250 in turn: each is one before, shifted, times another.
    square(e, a, 1);
    square(f, e, 2);
    mul(f, f, a);
    mul(e, e, f);
    square(e, e, 1);
    mul(e, e, f);
    square(f, e, 5);
    mul(ten, f, e);
    square(f, ten, 10);
    mul(e, f, ten);
    square(f, e, 20);
    mul(e, f, e);
    square(f, e, 10);
    mul(fifty, f, ten);
    square(f, fifty, 50);
    mul(e, f, fifty);
    square(f, e, 100);
    mul(e, f, e);
    square(f, e, 50);
    mul(e, f, fifty);
    square(e, e, 2);
    mul(out, e, a);
  }

  #makeAbsolute(a: number): void {
    if (this.#isNegative(a)) this.#field.sub(a, this.#zero, a);
    this.#field.carry(a, a);
  }

  #isNegative(a: number): boolean {
    return ((this.#bytesOf(a, this.#looked)[0] ?? 0) & 1) === 1;
  }

  #isZero(a: number): boolean {
    const bytes = this.#bytesOf(a, this.#looked);
    for (let i = 0; i < 32; i++) if (bytes[i] !== 0) return false;
    return true;
  }

  /** 255 bits, the top one left out. */
  #read(out: number, bytes: Uint8Array): void {
    const words = this.#words;
    const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
    let low = 0;
    let bits = 0;
    let at = 0;
    for (let i = 0; i < LIMBS; i++) {
      const width = i % 2 === 0 ? 26 : 25;
      let limb = low;
      let have = bits;
      // At most 31 bits stay over, so that the next word fits beside them in a double.
      if (have < width) {
        const word = view.getUint32(at, true);
        at += 4;
        limb += word * 2 ** have;
        have += 32;
      }
      const value = limb % 2 ** width;
      low = (limb - value) / 2 ** width;
      bits = have - width;
      words[out / 4 + 2 * i] = value;
      words[out / 4 + 2 * i + 1] = 0;
    }
  }

  /** Canonical, 32 bytes, all of them written. */
  #bytesOf(a: number, out = new Uint8Array(32)): Uint8Array {
    const h = this.#limbs;
    this.#field.carry(this.#canonical, a);
    // Carried limbs fit into the lower words.
    for (let i = 0; i < LIMBS; i++) h[i] = this.#words[this.#canonical / 4 + 2 * i] ?? 0;
    // Whether the value is below 0 or above p is seen by adding 19 and carrying all the way.
    let q = (19 * (h[9] ?? 0) + (1 << 24)) >> 25;
    for (let i = 0; i < LIMBS; i++) q = ((h[i] ?? 0) + q) >> (i % 2 === 0 ? 26 : 25);
    let carried = 19 * q;
    let pending = 0;
    let bits = 0;
    let at = 0;
    for (let i = 0; i < LIMBS; i++) {
      const width = i % 2 === 0 ? 26 : 25;
      const value = (h[i] ?? 0) + carried;
      carried = value >> width;
      pending += (value & ((1 << width) - 1)) * 2 ** bits;
      bits += width;
      for (; bits >= 8 || (i === LIMBS - 1 && bits > 0); bits -= 8) {
        const byte = pending % 256;
        out[at++] = byte;
        pending = (pending - byte) / 256;
      }
    }
    return out;
  }

  // Memory.

  #element(): number {
    const at = this.#next;
    this.#next += ELEMENT;
    return at;
  }

  #point(): number {
    return this.#room(1);
  }

  #room(points: number): number {
    const at = this.#next;
    this.#next += points * POINT;
    assert(this.#next <= PAGES * PAGE, "the memory has room for all");
    return at;
  }

  #constant(value: bigint): number {
    const at = this.#element();
    this.#read(at, ristretto255.Point.Fp.toBytes(value));
    return at;
  }

  #tableOf(term: number): number {
    return this.#tables + term * TABLE_POINTS * POINT;
  }

  #digitsOf(term: number): Int8Array {
    const digits = this.#digits[term];
    assert(digits, "there are digits for every term");
    return digits;
  }
}

/**
 * Digits of a scalar, the lowest first: odd ones below 2^(window − 1) in absolute value, with at least `window − 1` zeros
 * between two.
 */
function recode(scalar: bigint, window: number, digits: Int8Array): void {
  digits.fill(0);
  const bytes = new Uint8Array(34);
  let rest = scalar;
  for (let i = 0; rest > 0n; i += 4) {
    const word = Number(rest & 0xffffffffn);
    bytes[i] = word;
    bytes[i + 1] = word >>> 8;
    bytes[i + 2] = word >>> 16;
    bytes[i + 3] = word >>> 24;
    rest >>= 32n;
  }
  const mask = (1 << window) - 1;
  let carry = 0;
  for (let at = 0; at < DIGITS; ) {
    const byte = at >> 3;
    const bits = ((bytes[byte] ?? 0) | ((bytes[byte + 1] ?? 0) << 8)) >> (at & 7);
    const value = (bits & mask) + carry;
    if ((value & 1) === 0) {
      at++;
      continue;
    }
    carry = value >> (window - 1);
    digits[at] = value - (carry << window);
    at += window;
  }
}
