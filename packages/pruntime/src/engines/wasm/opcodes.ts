/**
 * WebAssembly instructions: how long their immediates are and what they cost.
 *
 * Only what a compiled engine needs: the first version, sign extension, saturating conversions and bulk copy and fill.
 * Anything else (threads, vectors, references, exceptions, tail calls) ends instrumentation.
 */
import { assert } from "@pha/scale";
import type { WasmReader } from "./leb.ts";

export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  i64LtS: 0x53,
  i32GtU: 0x4b,
  i32LtU: 0x49,
  f32Eq: 0x5b,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Sub: 0x7d,
  i64ShrU: 0x88,
  i64ExtendI32U: 0xad,
  f32DemoteF64: 0xb6,
  prefix: 0xfc,
} as const;

export const BULK = { memoryCopy: 10, memoryFill: 11 } as const;

export const TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, empty: 0x40 } as const;

const INVALID = -1;
/** Kinds of immediates. */
const NONE = 0;
const BLOCK_TYPE = 1;
const NUMBER = 2;
const TWO_NUMBERS = 3;
const TABLE = 4;
const F32 = 5;
const F64 = 6;
const PREFIXED = 7;

/** Opcode → kind of immediate; −1 where the opcode is refused. */
const IMMEDIATE = new Int8Array(256).fill(INVALID);
/** Opcode → fuel. Zero for what compiles to nothing. */
const COST = new Uint8Array(256);

function define(from: number, to: number, immediate: number, cost: number): void {
  IMMEDIATE.fill(immediate, from, to + 1);
  COST.fill(cost, from, to + 1);
}

define(0x00, 0x01, NONE, 0); // unreachable nop
define(0x02, 0x04, BLOCK_TYPE, 0); // block loop if
define(0x04, 0x04, BLOCK_TYPE, 1);
define(0x05, 0x05, NONE, 0); // else
define(0x0b, 0x0b, NONE, 0); // end
define(0x0c, 0x0d, NUMBER, 1); // br br_if
define(0x0e, 0x0e, TABLE, 2); // br_table
define(0x0f, 0x0f, NONE, 1); // return
define(0x10, 0x10, NUMBER, 6); // call
define(0x11, 0x11, TWO_NUMBERS, 10); // call_indirect
define(0x1a, 0x1a, NONE, 0); // drop
define(0x1b, 0x1b, NONE, 1); // select
define(0x20, 0x22, NUMBER, 1); // local
define(0x23, 0x24, NUMBER, 1); // global
define(0x28, 0x35, TWO_NUMBERS, 2); // loads
define(0x36, 0x3e, TWO_NUMBERS, 2); // stores
define(0x3f, 0x3f, NUMBER, 1); // memory.size
define(0x40, 0x40, NUMBER, 100); // memory.grow
define(0x41, 0x42, NUMBER, 1); // i32.const i64.const
define(0x43, 0x43, F32, 1);
define(0x44, 0x44, F64, 1);
define(0x45, 0x66, NONE, 1); // comparisons
define(0x67, 0x6c, NONE, 1); // i32 clz … mul
define(0x6d, 0x70, NONE, 8); // i32 division
define(0x71, 0x78, NONE, 1);
define(0x79, 0x7e, NONE, 1); // i64 clz … mul
define(0x7f, 0x82, NONE, 8); // i64 division
define(0x83, 0x8a, NONE, 1);
define(0x8b, 0x98, NONE, 2); // f32
define(0x91, 0x91, NONE, 8); // f32.sqrt
define(0x95, 0x95, NONE, 8); // f32.div
define(0x99, 0xa6, NONE, 2); // f64
define(0x9f, 0x9f, NONE, 8); // f64.sqrt
define(0xa3, 0xa3, NONE, 8); // f64.div
define(0xa7, 0xbf, NONE, 1); // conversions
define(0xc0, 0xc4, NONE, 1); // sign extension
define(0xfc, 0xfc, PREFIXED, 2);

export interface Instruction {
  op: number;
  /** First number of the immediate: label, function, local, global, or the operation behind the prefix. */
  immediate: number;
  cost: number;
}

/** Reads one instruction into `out` and leaves the reader behind it. */
export function readInstruction(reader: WasmReader, out: Instruction): void {
  const op = reader.u8();
  const kind = IMMEDIATE[op] ?? INVALID;
  assert(kind !== INVALID, "the module has only instructions of known cost");
  out.op = op;
  out.cost = COST[op] ?? 0;
  out.immediate = 0;
  switch (kind) {
    case NONE:
      return;
    case BLOCK_TYPE: {
      const type = reader.u8();
      assert(type === 0x40 || (type >= 0x7c && type <= 0x7f), "blocks give at most one value");
      return;
    }
    case NUMBER:
      if (op >= 0x41) reader.skipNumber();
      else out.immediate = reader.u32();
      return;
    case TWO_NUMBERS:
      out.immediate = reader.u32();
      reader.u32();
      return;
    case TABLE: {
      const count = reader.u32();
      for (let i = 0; i <= count; i++) reader.u32();
      return;
    }
    case F32:
      reader.skip(4);
      return;
    case F64:
      reader.skip(8);
      return;
    default: {
      const operation = reader.u32();
      out.immediate = operation;
      if (operation <= 7) return;
      assert(
        operation === BULK.memoryCopy || operation === BULK.memoryFill,
        "of the bulk operations only copy and fill occur",
      );
      reader.skip(operation === BULK.memoryCopy ? 2 : 1);
      out.cost = 16;
    }
  }
}
