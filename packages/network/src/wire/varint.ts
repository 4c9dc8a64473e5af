/** LEB128 numbers: lengths of frames and everything in protobuf. */
import { assert } from "@pha/scale";
import { WireFailure } from "./wire-error.ts";

/** A number of 64 bits takes so many bytes. */
const MAX_VARINT_BYTES = 10;

export interface Varint {
  /** `Infinity` for what does not fit a safe integer. */
  readonly value: number;
  /** Offset behind it. */
  readonly end: number;
}

export function encodeVarint(value: number): Uint8Array {
  assert(Number.isSafeInteger(value) && value >= 0, "a varint is a safe integer");
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/**
 * The number at `offset`.
 *
 * @returns `undefined` when its last byte is not there yet
 * @throws WireFailure `bad-varint` for more than 64 bits, or a zero as last byte of several
 */
export function readVarint(bytes: Uint8Array, offset: number): Varint | undefined {
  let value = 0;
  let unit = 1;
  for (let at = offset; at < offset + MAX_VARINT_BYTES; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * unit;
    if (byte < 0x80) {
      const isPadded = byte === 0 && at > offset;
      if (isPadded || (at === offset + MAX_VARINT_BYTES - 1 && byte > 1))
        throw new WireFailure("bad-varint");
      return { value: Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY, end: at + 1 };
    }
    unit *= 0x80;
  }
  throw new WireFailure("bad-varint");
}
