/**
 * Byte-level instrumentor of WebAssembly modules: exact fuel, bounded stack, host-owned globals.
 *
 * The output is a pure function of the input. It exports every mutable global, so that the host can put them back
 * after a trap: `EXPORTS` names the instrumentor's own. **Trust**: the input is a pinned engine binary; a module it
 * does not know how to meter ends with an assertion. **Not here**: validation of foreign modules.
 */
import { assert } from "@pha/scale";
import { type Globals, instrumentFunction, type StackLimits } from "./instrument-function.ts";
import { WasmReader, WasmWriter } from "./leb.ts";
import { OP, TYPE } from "./opcodes.ts";

/** Changes whenever the output for one input changes: fuel is part of consensus inside a cluster. */
export const INSTRUMENTOR_VERSION = 1;

export const EXPORTS = {
  stackPointer: "pha_stack_pointer",
  fuel: "pha_fuel",
  height: "pha_height",
  lowest: "pha_lowest",
} as const;

/** Fuel of the module's own start function, which runs before the host can give any. */
const START_FUEL = 2 ** 40;

const SECTION = { type: 1, import: 2, function: 3, global: 6, export: 7, code: 10 } as const;
const IMPORT = { function: 0, memory: 2 } as const;
const GLOBAL_EXPORT = 3;

interface FunctionType {
  readonly params: number;
  readonly result: number;
}

export function instrument(module: Uint8Array, limits: StackLimits): Uint8Array {
  const reader = new WasmReader(module);
  const out = new WasmWriter(module.length * 2);
  out.raw(module.subarray(0, 8));
  reader.skip(8);
  let types: readonly FunctionType[] = [];
  let functions: readonly number[] = [];
  let globals: Globals | undefined;

  while (reader.at < reader.end) {
    const id = reader.u8();
    const length = reader.u32();
    const body = new WasmReader(module, reader.at, reader.at + length);
    reader.skip(length);
    let rewritten: Uint8Array | undefined;
    switch (id) {
      case SECTION.type:
        types = readTypes(body);
        break;
      case SECTION.import:
        checkImports(body);
        break;
      case SECTION.function:
        functions = readVector(body, () => body.u32());
        break;
      case SECTION.global:
        ({ globals, rewritten } = rewriteGlobals(body));
        break;
      case SECTION.export:
        assert(globals, "the global section comes before the exports");
        rewritten = rewriteExports(body, globals);
        break;
      case SECTION.code:
        assert(globals, "the global section comes before the code");
        rewritten = rewriteCode(body, types, functions, globals, limits);
        break;
    }
    const content = rewritten ?? module.subarray(body.end - length, body.end);
    out.op(id);
    out.u32(content.length);
    out.raw(content);
  }
  return out.finish();
}

function readVector<T>(reader: WasmReader, item: () => T): readonly T[] {
  const count = reader.u32();
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(item());
  return items;
}

function readTypes(reader: WasmReader): readonly FunctionType[] {
  return readVector(reader, () => {
    assert(reader.u8() === 0x60, "a type is a function type");
    const params = reader.u32();
    reader.skip(params);
    const results = reader.u32();
    assert(results <= 1, "functions give at most one value");
    return { params, result: results === 1 ? reader.u8() : TYPE.empty };
  });
}

function checkImports(reader: WasmReader): void {
  readVector(reader, () => {
    reader.skip(reader.u32());
    reader.skip(reader.u32());
    const kind = reader.u8();
    assert(kind === IMPORT.function || kind === IMPORT.memory, "functions and memory are imported");
    if (kind === IMPORT.function) reader.u32();
    else if ((reader.u8() & 1) === 1) {
      reader.u32();
      reader.u32();
    } else reader.u32();
  });
}

function rewriteGlobals(reader: WasmReader): { globals: Globals; rewritten: Uint8Array } {
  const count = reader.u32();
  // Compiled C has one: the stack pointer. Another mutable one would have to be put back as well.
  assert(count === 1, "the module has one global");
  const first = reader.at;
  assert(reader.u8() === TYPE.i32 && reader.u8() === 1, "the stack pointer is a mutable i32");
  const out = new WasmWriter();
  out.u32(4);
  out.raw(reader.bytes.subarray(first, reader.end));
  out.op(TYPE.i64, 1, OP.i64Const);
  out.signed(START_FUEL);
  out.op(OP.end);
  out.op(TYPE.i32, 1, OP.i32Const, 0, OP.end);
  out.op(TYPE.i32, 1, OP.i32Const);
  out.signed(-1);
  out.op(OP.end);
  return {
    globals: { stackPointer: 0, fuel: 1, height: 2, lowest: 3 },
    rewritten: out.finish(),
  };
}

function rewriteExports(reader: WasmReader, globals: Globals): Uint8Array {
  const count = reader.u32();
  const out = new WasmWriter();
  out.u32(count + 4);
  out.raw(reader.bytes.subarray(reader.at, reader.end));
  const add = (name: string, index: number) => {
    out.u32(name.length);
    for (let i = 0; i < name.length; i++) out.op(name.charCodeAt(i));
    out.op(GLOBAL_EXPORT);
    out.u32(index);
  };
  add(EXPORTS.stackPointer, globals.stackPointer);
  add(EXPORTS.fuel, globals.fuel);
  add(EXPORTS.height, globals.height);
  add(EXPORTS.lowest, globals.lowest);
  return out.finish();
}

function rewriteCode(
  reader: WasmReader,
  types: readonly FunctionType[],
  functions: readonly number[],
  globals: Globals,
  limits: StackLimits,
): Uint8Array {
  const count = reader.u32();
  assert(count === functions.length, "each declared function has a body");
  const out = new WasmWriter(reader.bytes.length * 2);
  out.u32(count);
  for (const typeIndex of functions) {
    const type = types[typeIndex];
    assert(type, "a function names a declared type");
    const size = reader.u32();
    const body = new WasmReader(reader.bytes, reader.at, reader.at + size);
    const rewritten = instrumentFunction(body, type.params, type.result, globals, limits);
    out.u32(rewritten.length);
    out.raw(rewritten);
    reader.skip(size);
  }
  return out.finish();
}
