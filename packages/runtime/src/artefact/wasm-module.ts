/**
 * Assembles a WebAssembly module in the calling convention of Substrate runtimes.
 *
 * Entry points take (pointer, length) of their encoded arguments and give `length << 32 | pointer` of their answer.
 * Memory, from below: 1 KiB that stays free (some hosts take address 0 for "nothing"), scratch space, constants, and
 * from `__heap_base` on what the host allocates, arguments included. Only instructions and sections of the first
 * WebAssembly version are used, since light clients interpret no more.
 *
 * **Bounds**: the module is as large as what is put into it. **Trust**: everything comes from the runtime's own
 * declarations. The same calls in the same order give the same bytes.
 *
 * @see WebAssembly core specification 1.0 "Binary Format"
 */
import { blake2b256 } from "@pha/crypto";
import { assert, concatBytes, toHex, utf8 } from "@pha/scale";
import {
  type Code,
  callIndex,
  globalVariable,
  localVariable,
  signed,
  TYPE_BYTE,
  unsigned,
  type ValueType,
  type Variable,
} from "./wasm-code.ts";

export interface Signature {
  readonly params: readonly ValueType[];
  readonly result?: ValueType;
}

export interface FunctionParts<N extends string> {
  /** Parameters first, then locals; all by name. */
  readonly params?: Readonly<Record<string, ValueType>>;
  readonly locals?: Readonly<Record<string, ValueType>>;
  readonly result?: ValueType;
  /** Asked when the module is finished, so functions may call each other in any order. */
  readonly body: (variables: Readonly<Record<N, Variable>>) => Code;
}

/** A function of the module: call it with operands. */
export type Callable = (...args: readonly Code[]) => Code;

/** Place of bytes in memory. */
export interface Span {
  readonly pointer: number;
  readonly length: number;
}

export interface ModuleBuilder {
  /** A function of the host, of module `env`. All imports come before the first function. */
  imported(name: string, signature: Signature): Callable;
  declare<N extends string>(parts: FunctionParts<N>): Callable;
  /** An entry point: a function of (pointer, length). */
  entry(name: string, body: (args: EntryArguments) => Code, locals?: EntryLocals): void;
  global(type: ValueType): Variable;
  /** Constant bytes; equal ones are stored once. */
  constant(bytes: Uint8Array): Span;
  /** Space that functions use for a while; it holds whatever the last one left. */
  scratch(length: number): number;
  finish(customSections: Readonly<Record<string, Uint8Array>>): Uint8Array;
}

type EntryLocals = Readonly<Record<string, ValueType>>;
export interface EntryArguments {
  readonly pointer: Code;
  readonly length: Code;
  local(name: string): Variable;
}

const MAGIC_AND_VERSION = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const PAGE_BYTES = 65_536;
const SCRATCH_START = 1_024;
const DATA_START = 8_192;
/** Room for arguments and answers of a host, in pages; hosts may add more. */
const FREE_PAGES = 16;

const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
  data: 11,
};
const KIND = { function: 0, memory: 2, global: 3 };
const END = 0x0b;
const CONST: Readonly<Record<ValueType, number>> = { i32: 0x41, i64: 0x42 };

interface PendingFunction {
  readonly type: number;
  readonly locals: readonly ValueType[];
  readonly body: () => Code;
}

export function moduleBuilder(): ModuleBuilder {
  const types: string[] = [];
  const typeBytes: Uint8Array[] = [];
  const imports: Uint8Array[] = [];
  const functions: PendingFunction[] = [];
  const exports: Uint8Array[] = [exported("memory", KIND.memory, 0)];
  /** Global 0 is `__heap_base`. */
  const globals: ValueType[] = [];
  const constants = new Map<string, Span>();
  const data: Uint8Array[] = [];
  let scratchEnd = SCRATCH_START;
  let dataEnd = DATA_START;

  const typeOf = ({ params, result }: Signature): number => {
    const key = `${params.join()}:${result ?? ""}`;
    const known = types.indexOf(key);
    if (known >= 0) return known;
    typeBytes.push(
      concatBytes(
        Uint8Array.of(0x60),
        list(params.map((type) => Uint8Array.of(TYPE_BYTE[type]))),
        list(result ? [Uint8Array.of(TYPE_BYTE[result])] : []),
      ),
    );
    return types.push(key) - 1;
  };

  const declare = <N extends string>(parts: FunctionParts<N>): [number, Callable] => {
    const params = Object.entries(parts.params ?? {});
    const locals = Object.entries(parts.locals ?? {});
    const variables: Record<string, Variable> = {};
    for (const [index, [name]] of [...params, ...locals].entries()) {
      assert(variables[name] === undefined, `the name ${name} is used once`);
      variables[name] = localVariable(index);
    }
    const index = imports.length + functions.length;
    functions.push({
      type: typeOf({
        params: params.map(([, type]) => type),
        ...(parts.result ? { result: parts.result } : {}),
      }),
      locals: locals.map(([, type]) => type),
      // The names the body asks for are those of its own parameters and locals; others are undefined and fail at once.
      body: () => parts.body(variables as Readonly<Record<N, Variable>>),
    });
    return [index, (...args) => callIndex(index, args)];
  };

  return {
    imported(name, signature) {
      assert(functions.length === 0, "imports come before functions");
      const index = imports.length;
      imports.push(
        concatBytes(
          text("env"),
          text(name),
          Uint8Array.of(KIND.function),
          bytesOf(unsigned(typeOf(signature))),
        ),
      );
      return (...args) => callIndex(index, args);
    },
    declare: (parts) => declare(parts)[1],
    entry(name, body, locals = {}) {
      const [index] = declare({
        params: { pointer: "i32", length: "i32" },
        locals,
        result: "i64",
        body: (variables: Readonly<Record<string, Variable>>) => {
          const local = (wanted: string): Variable => {
            const found = variables[wanted];
            assert(found, `${name} has the local ${wanted}`);
            return found;
          };
          return body({ pointer: local("pointer").get, length: local("length").get, local });
        },
      });
      exports.push(exported(name, KIND.function, index));
    },
    global(type) {
      return globalVariable(globals.push(type));
    },
    constant(bytes) {
      const key = toHex(blake2b256(bytes));
      const known = constants.get(key);
      if (known) return known;
      const span = { pointer: dataEnd, length: bytes.length };
      const padded = new Uint8Array((bytes.length + 7) & ~7);
      padded.set(bytes);
      data.push(padded);
      dataEnd += padded.length;
      constants.set(key, span);
      return span;
    },
    scratch(length) {
      const pointer = scratchEnd;
      scratchEnd += (length + 7) & ~7;
      assert(scratchEnd <= DATA_START, "scratch space fits below the constants");
      return pointer;
    },
    finish(customSections) {
      // Bodies may still add constants and functions; a function that is declared meanwhile is built as well.
      const bodies: Uint8Array[] = [];
      for (let index = 0; index < functions.length; index++) {
        const { locals, body } = functions[index] ?? assertNever();
        const declared = locals.map((type) => Uint8Array.of(1, TYPE_BYTE[type]));
        bodies.push(sized(concatBytes(list(declared), bytesOf(body()), Uint8Array.of(END))));
      }
      const heapBase = (dataEnd + 15) & ~15;
      const pages = Math.ceil(heapBase / PAGE_BYTES) + FREE_PAGES;
      const globalEntries = [
        bytesOf([TYPE_BYTE.i32, 0, CONST.i32, ...signed(BigInt(heapBase)), END]),
        ...globals.map((type) => Uint8Array.of(TYPE_BYTE[type], 1, CONST[type], 0, END)),
      ];
      const dataEntry = concatBytes(
        bytesOf([0, CONST.i32, ...signed(BigInt(DATA_START)), END]),
        sized(concatBytes(...data)),
      );
      return concatBytes(
        MAGIC_AND_VERSION,
        section(SECTION.type, list(typeBytes)),
        section(SECTION.import, list(imports)),
        section(SECTION.function, list(functions.map(({ type }) => bytesOf(unsigned(type))))),
        section(SECTION.memory, list([bytesOf([0, ...unsigned(pages)])])),
        section(SECTION.global, list(globalEntries)),
        section(SECTION.export, list([...exports, exported("__heap_base", KIND.global, 0)])),
        section(SECTION.code, list(bodies)),
        section(SECTION.data, list([dataEntry])),
        ...Object.entries(customSections).map(([name, content]) => customSection(name, content)),
      );
    },
  };
}

/** A custom section as it stands in a module. */
export function customSection(name: string, content: Uint8Array): Uint8Array {
  return section(SECTION.custom, concatBytes(text(name), content));
}

function assertNever(): never {
  throw new RangeError("the index is below the length");
}

function exported(name: string, kind: number, index: number): Uint8Array {
  return concatBytes(text(name), Uint8Array.of(kind), bytesOf(unsigned(index)));
}

function section(id: number, content: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(id), sized(content));
}

function list(items: readonly Uint8Array[]): Uint8Array {
  return concatBytes(bytesOf(unsigned(items.length)), ...items);
}

function text(value: string): Uint8Array {
  return sized(utf8(value));
}

function sized(content: Uint8Array): Uint8Array {
  return concatBytes(bytesOf(unsigned(content.length)), content);
}

function bytesOf(code: Code): Uint8Array {
  return Uint8Array.from(code);
}
