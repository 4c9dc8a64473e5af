/**
 * Writer, Reader and the `Codec` port of SCALE.
 *
 * **Bounds**: a reader never allocates more than the input is long; lengths are checked before allocating; nesting is
 * bounded by `MAX_DEPTH`. **Trust**: input of `decode` is hostile; input of `encode` is ours, so a value out of range
 * is an assertion.
 */
import { allocateBytes, plainBytes } from "./bytes.ts";
import { assert } from "./error.ts";
import { fail, ok, type Result } from "./result.ts";
import type { Shape } from "./shape.ts";

/** Nesting limit of recursive codecs (calls nest up to 256 deep; each level takes up to four codec frames). */
export const MAX_DEPTH = 1024;

export type DecodeReason =
  | "truncated"
  | "trailing-bytes"
  | "not-minimal"
  | "out-of-range"
  | "unknown-variant"
  | "bad-bool"
  | "bad-utf8"
  | "too-long"
  | "too-deep"
  | "not-canonical";

export interface DecodeError {
  readonly code: "scale/malformed";
  readonly reason: DecodeReason;
  /** Byte offset where decoding stopped. */
  readonly offset: number;
}

/** Thrown inside codecs only; `decode` turns exactly this class into a `Result`. */
export class DecodeFailure extends Error {
  readonly reason: DecodeReason;
  constructor(reason: DecodeReason) {
    super(reason);
    this.reason = reason;
  }
}

export interface Codec<T> {
  readonly shape: Shape;
  /** Least number of bytes an encoding can have; bounds the count of a sequence. */
  readonly minBytes: number;
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

export type CodecType<C> = C extends Codec<infer T> ? T : never;

/** Growing buffer; take the result with `finish` (a copy). */
export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#at;
  }

  reset(): void {
    this.#at = 0;
  }

  finish(): Uint8Array {
    const copy = allocateBytes(this.#at);
    copy.set(new Uint8Array(this.#view.buffer, 0, this.#at));
    return copy;
  }

  u8(value: number): void {
    const at = this.#take(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#take(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#take(4);
    this.#view.setUint32(at, value, true);
  }

  u64(value: bigint): void {
    const at = this.#take(8);
    this.#view.setBigUint64(at, value, true);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Compact integer up to 2^53 − 1. */
  compact(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, "a compact number is a safe integer");
    if (value < 64) this.u8(value << 2);
    else if (value < 16384) this.u16((value << 2) | 1);
    else if (value < 1073741824) this.u32(((value << 2) | 2) >>> 0);
    else this.compactBig(BigInt(value));
  }

  /** Compact integer up to 2^536 − 1. */
  compactBig(value: bigint): void {
    if (value < 1073741824n) {
      this.compact(Number(value));
      return;
    }
    const bytes: number[] = [];
    for (let rest = value; rest > 0n; rest >>= 8n) bytes.push(Number(rest & 255n));
    while (bytes.length < 4) bytes.push(0);
    assert(bytes.length <= 67, "a compact integer has at most 67 bytes");
    this.u8(((bytes.length - 4) << 2) | 3);
    for (const byte of bytes) this.u8(byte);
  }

  /** Where the next bytes go. */
  #take(count: number): number {
    const at = this.#at;
    const end = at + count;
    if (end > this.#bytes.length) this.#grow(end);
    this.#at = end;
    return at;
  }

  #grow(need: number): void {
    let capacity = this.#bytes.length * 2;
    while (capacity < need) capacity *= 2;
    const grown = new Uint8Array(capacity);
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Cursor over foreign bytes; every method throws `DecodeFailure` on malformed input. */
export class Reader {
  readonly bytes: Uint8Array;
  /** Made for the first number that is longer than a byte. */
  #view: DataView | undefined;
  offset = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = plainBytes(bytes);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  u8(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined) throw new DecodeFailure("truncated");
    this.offset += 1;
    return byte;
  }

  u16(): number {
    const at = this.#take(2);
    return this.#numbers().getUint16(at, true);
  }

  u32(): number {
    const at = this.#take(4);
    return this.#numbers().getUint32(at, true);
  }

  u64(): bigint {
    const at = this.#take(8);
    return this.#numbers().getBigUint64(at, true);
  }

  /** View of the next bytes, never of a subclass; copy it to keep it apart from the input. */
  raw(length: number): Uint8Array {
    const at = this.#take(length);
    // `subarray` at the price of a constructor.
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + at, length);
  }

  /** Compact integer that must fit 32 bits (lengths, counts). */
  compact(): number {
    const first = this.u8();
    switch (first & 3) {
      case 0:
        return first >> 2;
      case 1: {
        const value = (first >> 2) | (this.u8() << 6);
        if (value < 64) throw new DecodeFailure("not-minimal");
        return value;
      }
      case 2: {
        const value = (first >> 2) + this.u8() * 0x40 + this.u16() * 0x4000;
        if (value < 16384) throw new DecodeFailure("not-minimal");
        return value;
      }
      default: {
        if (first >> 2 !== 0) throw new DecodeFailure("out-of-range");
        const value = this.u32();
        if (value < 1073741824) throw new DecodeFailure("not-minimal");
        return value;
      }
    }
  }

  /** Compact integer of at most `maxBits` bits. */
  compactBig(maxBits: number): bigint {
    const first = this.u8();
    if ((first & 3) !== 3) {
      this.offset -= 1;
      const small = BigInt(this.compact());
      if (small >> BigInt(maxBits) !== 0n) throw new DecodeFailure("out-of-range");
      return small;
    }
    const length = (first >> 2) + 4;
    const bytes = this.raw(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
    if (length === 4 ? value < 1073741824n : (bytes[length - 1] ?? 0) === 0)
      throw new DecodeFailure("not-minimal");
    if (value >> BigInt(maxBits) !== 0n) throw new DecodeFailure("out-of-range");
    return value;
  }

  /** Count of a sequence whose items take at least `minItemBytes` each. */
  count(minItemBytes: number): number {
    const count = this.compact();
    if (count * minItemBytes > this.remaining) throw new DecodeFailure("truncated");
    return count;
  }

  /** Guards recursion: `enter` before every recursive read, `leave` after it. A read that throws ends the reader. */
  enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new DecodeFailure("too-deep");
  }

  leave(): void {
    this.#depth--;
  }

  #take(length: number): number {
    const at = this.offset;
    const end = at + length;
    if (end > this.bytes.length) throw new DecodeFailure("truncated");
    this.offset = end;
    return at;
  }

  #numbers(): DataView {
    if (this.#view !== undefined) return this.#view;
    const { buffer, byteOffset, byteLength } = this.bytes;
    this.#view = new DataView(buffer, byteOffset, byteLength);
    return this.#view;
  }
}

const shared = new Writer(4096);
let sharedBusy = false;

export function encode<T>(codec: Pick<Codec<T>, "write">, value: T): Uint8Array {
  if (sharedBusy) {
    const writer = new Writer();
    codec.write(writer, value);
    return writer.finish();
  }
  sharedBusy = true;
  try {
    shared.reset();
    codec.write(shared, value);
    return shared.finish();
  } finally {
    sharedBusy = false;
  }
}

/** Decodes exactly all of `bytes`. Never throws on foreign data; decoded byte strings are views of the input. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): Result<T, DecodeError> {
  const reader = new Reader(bytes);
  const result = decodeFrom(codec, reader);
  if (result.ok && reader.remaining > 0)
    return fail({ code: "scale/malformed", reason: "trailing-bytes", offset: reader.offset });
  return result;
}

/** Decodes a prefix and leaves the reader behind it. */
export function decodeFrom<T>(codec: Codec<T>, reader: Reader): Result<T, DecodeError> {
  try {
    return ok(codec.read(reader));
  } catch (error) {
    if (error instanceof DecodeFailure)
      return fail({ code: "scale/malformed", reason: error.reason, offset: reader.offset });
    throw error;
  }
}
