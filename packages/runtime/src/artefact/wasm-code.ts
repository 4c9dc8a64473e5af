/**
 * Instructions of the first WebAssembly version as functions: operands in, code out.
 *
 * An expression is the code that leaves its value on the stack; a statement leaves nothing. `i32.add(a, b)` is the code
 * of `a`, of `b`, and the instruction.
 *
 * @see WebAssembly core specification 1.0 "Instructions"
 */
import { assert } from "@pha/scale";

export type Code = readonly number[];
export type ValueType = "i32" | "i64";

export const TYPE_BYTE: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e };
const NO_RESULT = 0x40;

/** One after the other. */
export function seq(...parts: readonly Code[]): Code {
  return parts.flat();
}

const binary =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, opcode];
const unary =
  (opcode: number) =>
  (a: Code): Code => [...a, opcode];
/** Natural alignment is a hint; 0 is always right. */
const load =
  (opcode: number) =>
  (address: Code, offset = 0): Code => [...address, opcode, 0, ...unsigned(offset)];
const store =
  (opcode: number) =>
  (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    opcode,
    0,
    ...unsigned(offset),
  ];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(BigInt(value | 0))],
  load: load(0x28),
  load8: load(0x2d),
  load16: load(0x2f),
  store: store(0x36),
  store8: store(0x3a),
  store16: store(0x3b),
  isZero: unary(0x45),
  eq: binary(0x46),
  ne: binary(0x47),
  lt: binary(0x49),
  gt: binary(0x4b),
  le: binary(0x4d),
  ge: binary(0x4f),
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  div: binary(0x6e),
  and: binary(0x71),
  or: binary(0x72),
  shl: binary(0x74),
  shr: binary(0x76),
  /** Low half of an i64. */
  wrap: unary(0xa7),
};

export const i64 = {
  const: (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))],
  load: load(0x29),
  store: store(0x37),
  isZero: unary(0x50),
  eq: binary(0x51),
  ne: binary(0x52),
  lt: binary(0x54),
  gt: binary(0x56),
  le: binary(0x58),
  ge: binary(0x5a),
  add: binary(0x7c),
  sub: binary(0x7d),
  mul: binary(0x7e),
  div: binary(0x80),
  rem: binary(0x82),
  and: binary(0x83),
  or: binary(0x84),
  shl: binary(0x86),
  shr: binary(0x88),
  /** An i32 as an unsigned number. */
  extend: unary(0xad),
};

export const unreachable: Code = [0x00];
export const leave: Code = [0x0f];
export const giveBack = (value: Code): Code => [...value, 0x0f];
export const drop = (value: Code): Code => [...value, 0x1a];

/** Statement: `then` when the condition is not zero. */
export function when(condition: Code, then: Code, otherwise?: Code): Code {
  return [...condition, 0x04, NO_RESULT, ...then, ...(otherwise ? [0x05, ...otherwise] : []), 0x0b];
}

/** Expression: one of two values of a type. */
export function choose(type: ValueType, condition: Code, then: Code, otherwise: Code): Code {
  return [...condition, 0x04, TYPE_BYTE[type], ...then, 0x05, ...otherwise, 0x0b];
}

/** Statement: repeats `body` while the condition is not zero. */
export function repeatWhile(condition: Code, body: Code): Code {
  // A block to leave by (depth 1) around a loop to repeat by (depth 0).
  return seq(
    [0x02, NO_RESULT, 0x03, NO_RESULT],
    i32.isZero(condition),
    [0x0d, 1],
    body,
    [0x0c, 0, 0x0b, 0x0b],
  );
}

export interface Variable {
  readonly get: Code;
  set(value: Code): Code;
}

export function localVariable(index: number): Variable {
  const at = unsigned(index);
  return { get: [0x20, ...at], set: (value) => [...value, 0x21, ...at] };
}

export function globalVariable(index: number): Variable {
  const at = unsigned(index);
  return { get: [0x23, ...at], set: (value) => [...value, 0x24, ...at] };
}

export function callIndex(index: number, args: readonly Code[]): Code {
  return [...args.flat(), 0x10, ...unsigned(index)];
}

/** LEB128 of a natural number. */
export function unsigned(value: number): Code {
  assert(Number.isSafeInteger(value) && value >= 0, "a length is a natural number");
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...out, rest];
}

/** Signed LEB128. */
export function signed(value: bigint): Code {
  const out: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    const isLast = (rest === 0n && (byte & 64) === 0) || (rest === -1n && (byte & 64) !== 0);
    out.push(isLast ? byte : byte | 128);
    if (isLast) return out;
  }
}
