import { RuntimeVersion } from "@pha/frame";
import { encode, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { runtimeCode } from "./code.ts";
import { emitWasm } from "./wasm-module.ts";

// The language library alone does not declare WebAssembly, which every engine has.
interface WasmExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly __heap_base: { readonly value: number };
  readonly [entry: string]: unknown;
}
declare const WebAssembly: {
  Module: (new (
    bytes: Uint8Array,
  ) => object) & {
    customSections(module: object, name: string): ArrayBuffer[];
    imports(module: object): object[];
  };
  Instance: new (module: object) => { readonly exports: WasmExports };
  validate(bytes: Uint8Array): boolean;
};

const version: RuntimeVersion = {
  specName: "pha",
  implName: "pha-ts",
  authoringVersion: 1,
  specVersion: 7,
  implVersion: 0,
  apis: [[Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 2]],
  transactionVersion: 1,
  stateVersion: 1,
};

/** Calls an entry point as a host does: arguments above the heap base, answer by pointer and length. */
function call(bytes: Uint8Array, entry: string): Uint8Array {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const run = exports[entry] as (pointer: number, length: number) => bigint;
  const heapBase = exports.__heap_base.value;
  new Uint8Array(exports.memory.buffer).fill(0xff, heapBase);
  const packed = BigInt.asUintN(64, run(heapBase, 4));
  const pointer = Number(packed & 0xffff_ffffn);
  const length = Number(packed >> 32n);
  expect(pointer + length).toBeLessThanOrEqual(heapBase);
  return new Uint8Array(exports.memory.buffer, pointer, length).slice();
}

describe("the code at :code", () => {
  const metadata = utf8("metadata ".repeat(20_000));
  const code = runtimeCode({ version, metadata });

  test("is a valid module that imports nothing", () => {
    expect(WebAssembly.validate(code)).toBe(true);
    expect(WebAssembly.Module.imports(new WebAssembly.Module(code))).toEqual([]);
  });

  test("answers metadata and version", () => {
    expect(call(code, "Metadata_metadata")).toEqual(metadata);
    expect(call(code, "Core_version")).toEqual(encode(RuntimeVersion, version));
  });

  test("names version and APIs in custom sections, without a list of APIs in the version", () => {
    const module = new WebAssembly.Module(code);
    const [stored] = WebAssembly.Module.customSections(module, "runtime_version");
    expect(new Uint8Array(stored ?? new ArrayBuffer(0))).toEqual(
      encode(RuntimeVersion, { ...version, apis: [] }),
    );
    const [apis] = WebAssembly.Module.customSections(module, "runtime_apis");
    expect([...new Uint8Array(apis ?? new ArrayBuffer(0))]).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 2, 0, 0, 0,
    ]);
  });

  test("is the same for the same input", () => {
    expect(runtimeCode({ version, metadata })).toEqual(code);
  });
});

test("answers of every length come back whole", () => {
  const constants = Object.fromEntries(
    [0, 1, 7, 8, 63, 64, 127, 128, 8_191, 65_536].map((length) => [
      `f${length}`,
      new Uint8Array(length).fill(length & 255),
    ]),
  );
  const code = emitWasm({ constants, customSections: {} });
  for (const [name, bytes] of Object.entries(constants)) expect(call(code, name)).toEqual(bytes);
});
