import { RuntimeVersion } from "@pha/frame";
import { concatBytes, encode, u32, utf8ToText } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { developmentPreset } from "../presets.ts";
import { runtimeCode } from "./code.ts";
import { i32, i64, repeatWhile, seq, unreachable, type Variable, when } from "./wasm-code.ts";
import { customSection, moduleBuilder } from "./wasm-module.ts";

// The language library alone does not declare WebAssembly, which every engine has.
interface WasmExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly __heap_base: { value: number };
  readonly [entry: string]: unknown;
}
interface ImportedName {
  readonly module: string;
  readonly name: string;
}
declare const WebAssembly: {
  Module: (new (
    bytes: Uint8Array,
  ) => object) & {
    customSections(module: object, name: string): ArrayBuffer[];
    imports(module: object): ImportedName[];
    exports(module: object): { readonly name: string }[];
  };
  Instance: new (module: object, imports?: object) => { readonly exports: WasmExports };
  validate(bytes: Uint8Array): boolean;
};

const { runtime } = developmentPreset();

/** Calls an entry point as a host does: arguments above the heap base, answer by pointer and length. */
function call(bytes: Uint8Array, entry: string, args = new Uint8Array(0)): Uint8Array {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const run = exports[entry] as (pointer: number, length: number) => bigint;
  const heapBase = exports.__heap_base.value;
  new Uint8Array(exports.memory.buffer).fill(0xff, heapBase);
  new Uint8Array(exports.memory.buffer).set(args, heapBase);
  const packed = BigInt.asUintN(64, run(heapBase, args.length));
  const pointer = Number(packed & 0xffff_ffffn);
  return new Uint8Array(exports.memory.buffer, pointer, Number(packed >> 32n)).slice();
}

describe("the code at :code", () => {
  const code = runtimeCode(runtime, { "of-our-own": Uint8Array.of(7) });
  const module = new WebAssembly.Module(code);

  test("imports functions of the host only, all by Substrate's names", () => {
    const imports = WebAssembly.Module.imports(module);
    expect(
      imports.every(
        ({ module: from, name }) => from === "env" && /^ext_\w+_version_\d$/.test(name),
      ),
    ).toBe(true);
    expect(imports).toHaveLength(8);
  });

  test("has the entry points that light clients and tools call", () => {
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names.sort()).toMatchInlineSnapshot(`
      [
        "AccountNonceApi_account_nonce",
        "BabeApi_configuration",
        "BabeApi_current_epoch",
        "BabeApi_current_epoch_start",
        "BabeApi_next_epoch",
        "Core_version",
        "GrandpaApi_current_set_id",
        "GrandpaApi_grandpa_authorities",
        "Metadata_metadata",
        "Metadata_metadata_at_version",
        "Metadata_metadata_versions",
        "TaggedTransactionQueue_validate_transaction",
        "TransactionPaymentApi_query_fee_details",
        "TransactionPaymentApi_query_info",
        "TransactionPaymentApi_query_length_to_fee",
        "TransactionPaymentApi_query_weight_to_fee",
        "__heap_base",
        "memory",
      ]
    `);
  });

  test("names version and APIs in custom sections, without a list of APIs in the version", () => {
    const { version } = runtime;
    const section = (name: string) => {
      const [content] = WebAssembly.Module.customSections(module, name);
      return new Uint8Array(content ?? new ArrayBuffer(0));
    };
    expect(section("runtime_version")).toEqual(encode(RuntimeVersion, { ...version, apis: [] }));
    expect(section("runtime_apis")).toEqual(
      concatBytes(...version.apis.map(([id, number]) => concatBytes(id, encode(u32, number)))),
    );
    expect(section("of-our-own")).toEqual(Uint8Array.of(7));
  });

  test("is the same for the same declarations, and another for another version", () => {
    const sections = { "of-our-own": Uint8Array.of(7) };
    expect(runtimeCode(developmentPreset().runtime, sections)).toEqual(code);
    const next = { ...runtime, version: { ...runtime.version, specVersion: 101 } };
    expect(runtimeCode(next, sections)).not.toEqual(code);
  });

  test("knows every signed extension, or is not made", () => {
    const [first] = runtime.format.extensions;
    const format = { ...runtime.format, extensions: [{ ...first!, name: "CheckSomethingNew" }] };
    expect(() => runtimeCode({ ...runtime, format })).toThrow("CheckSomethingNew");
  });
});

describe("the assembler", () => {
  test("places constants of every length", () => {
    const module = moduleBuilder();
    const lengths = [0, 1, 7, 8, 63, 64, 127, 128, 8_191, 65_536];
    for (const length of lengths) {
      const span = module.constant(new Uint8Array(length).fill((length & 127) + 1));
      module.entry(`f${length}`, () =>
        i64.const((BigInt(span.length) << 32n) | BigInt(span.pointer)),
      );
    }
    const code = module.finish({});
    for (const length of lengths)
      expect(call(code, `f${length}`)).toEqual(new Uint8Array(length).fill((length & 127) + 1));
  });

  test("lets functions loop, call each other in any order, and trap", () => {
    const module = moduleBuilder();
    const scratch = module.scratch(4);
    module.entry("sum", ({ pointer, length }) =>
      seq(
        when(i32.gt(length, i32.const(100)), unreachable),
        i32.store(i32.const(scratch), sum(pointer, length)),
        i64.const((4n << 32n) | BigInt(scratch)),
      ),
    );
    const sum = module.declare({
      params: { at: "i32", left: "i32" },
      locals: { total: "i32" },
      result: "i32",
      body: ({ at, left, total }: Record<"at" | "left" | "total", Variable>) =>
        seq(
          repeatWhile(
            left.get,
            seq(
              left.set(i32.sub(left.get, i32.const(1))),
              total.set(i32.add(total.get, i32.load8(i32.add(at.get, left.get)))),
            ),
          ),
          total.get,
        ),
    });
    const code = module.finish({});
    expect(call(code, "sum", Uint8Array.of(1, 2, 250))).toEqual(encode(u32, 253));
    expect(() => call(code, "sum", new Uint8Array(101))).toThrow();
  });

  test("refuses names that are taken", () => {
    const params = { at: "i32" } as const;
    expect(() => moduleBuilder().declare({ params, locals: params, body: () => [] })).toThrow(
      "once",
    );
  });

  test("writes a custom section as it stands in a module", () => {
    const section = customSection("name", Uint8Array.of(1, 2));
    expect([...section.subarray(0, 3)]).toEqual([0, 7, 4]);
    expect(utf8ToText(section.subarray(3, 7))).toBe("name");
  });
});
