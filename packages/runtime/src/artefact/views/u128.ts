/** Numbers of 128 bits inside the Wasm, as two halves. */
import { type Code, i32, i64 } from "../wasm-code.ts";

export interface U128 {
  readonly low: Code;
  readonly high: Code;
}

/** Expression: whether `a < b`. */
export function isLess(a: U128, b: U128): Code {
  return i32.or(i64.lt(a.high, b.high), i32.and(i64.eq(a.high, b.high), i64.lt(a.low, b.low)));
}

/** `a − b`, where `b` is not greater. */
export function difference(a: U128, b: U128): U128 {
  return {
    low: i64.sub(a.low, b.low),
    high: i64.sub(i64.sub(a.high, b.high), i64.extend(i64.lt(a.low, b.low))),
  };
}

/** The number at an address, little-endian. */
export function loaded(pointer: Code, offset: number): U128 {
  return { low: i64.load(pointer, offset), high: i64.load(pointer, offset + 8) };
}

export function constant(value: bigint): U128 {
  return { low: i64.const(BigInt.asUintN(64, value)), high: i64.const(value >> 64n) };
}
