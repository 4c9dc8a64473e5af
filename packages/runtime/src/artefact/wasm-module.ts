/**
 * Emits a WebAssembly module whose functions answer with constants, in the calling convention of Substrate runtimes.
 *
 * Each function takes (pointer, length) of its encoded arguments and gives `length << 32 | pointer` of its answer. The
 * answers lie in one data segment below `__heap_base`, above which the caller writes arguments. Only instructions and
 * sections of the first WebAssembly version are used, since light clients interpret no more.
 *
 * @see WebAssembly core specification 1.0 "Binary Format"
 */
import { assert, concatBytes, utf8 } from "@pha/scale";

export interface WasmModule {
  /** Function name → the bytes it answers with. */
  readonly constants: Readonly<Record<string, Uint8Array>>;
  /** Custom section name → content. */
  readonly customSections: Readonly<Record<string, Uint8Array>>;
}

const MAGIC_AND_VERSION = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const PAGE_BYTES = 65_536;
/** Address 0 stays free: some hosts take it for "nothing". */
const DATA_START = 1_024;
/** Room for arguments and answers of a host, in pages. */
const FREE_PAGES = 16;

const SECTION = {
  custom: 0,
  type: 1,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
  data: 11,
};
const I32 = 0x7f;
const I64 = 0x7e;
const KIND = { function: 0, memory: 2, global: 3 };
const OP = { i32Const: 0x41, i64Const: 0x42, end: 0x0b };

export function emitWasm({ constants, customSections }: WasmModule): Uint8Array {
  const names = Object.keys(constants);
  const placed: { readonly pointer: number; readonly length: number }[] = [];
  let end = DATA_START;
  for (const name of names) {
    const length = constants[name]?.length ?? 0;
    placed.push({ pointer: end, length });
    end += (length + 7) & ~7;
  }
  const data = new Uint8Array(end - DATA_START);
  names.forEach((name, index) => {
    data.set(constants[name] ?? new Uint8Array(0), (placed[index]?.pointer ?? 0) - DATA_START);
  });
  const heapBase = (end + 15) & ~15;
  const pages = Math.ceil(heapBase / PAGE_BYTES) + FREE_PAGES;

  return concatBytes(
    MAGIC_AND_VERSION,
    section(SECTION.type, list([Uint8Array.of(0x60, 2, I32, I32, 1, I64)])),
    section(SECTION.function, list(names.map(() => Uint8Array.of(0)))),
    section(SECTION.memory, list([concatBytes(Uint8Array.of(0), unsigned(pages))])),
    section(
      SECTION.global,
      list([
        concatBytes(
          Uint8Array.of(I32, 0, OP.i32Const),
          signed(BigInt(heapBase)),
          Uint8Array.of(OP.end),
        ),
      ]),
    ),
    section(
      SECTION.export,
      list([
        exported("memory", KIND.memory, 0),
        exported("__heap_base", KIND.global, 0),
        ...names.map((name, index) => exported(name, KIND.function, index)),
      ]),
    ),
    section(SECTION.code, list(placed.map(({ pointer, length }) => answer(pointer, length)))),
    section(
      SECTION.data,
      list([
        concatBytes(
          Uint8Array.of(0, OP.i32Const),
          signed(BigInt(DATA_START)),
          Uint8Array.of(OP.end),
          sized(data),
        ),
      ]),
    ),
    ...Object.entries(customSections).map(([name, content]) =>
      section(SECTION.custom, concatBytes(sized(utf8(name)), content)),
    ),
  );
}

/** Body of a function without locals that gives one constant. */
function answer(pointer: number, length: number): Uint8Array {
  const packed = (BigInt(length) << 32n) | BigInt(pointer);
  return sized(concatBytes(Uint8Array.of(0, OP.i64Const), signed(packed), Uint8Array.of(OP.end)));
}

function exported(name: string, kind: number, index: number): Uint8Array {
  return concatBytes(sized(utf8(name)), Uint8Array.of(kind), unsigned(index));
}

function section(id: number, content: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(id), sized(content));
}

function list(items: readonly Uint8Array[]): Uint8Array {
  return concatBytes(unsigned(items.length), ...items);
}

function sized(content: Uint8Array): Uint8Array {
  return concatBytes(unsigned(content.length), content);
}

/** LEB128 of a natural number. */
function unsigned(value: number): Uint8Array {
  assert(Number.isSafeInteger(value) && value >= 0, "a length is a natural number");
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.from([...out, rest]);
}

/** Signed LEB128. */
function signed(value: bigint): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    const isLast = (rest === 0n && (byte & 64) === 0) || (rest === -1n && (byte & 64) !== 0);
    out.push(isLast ? byte : byte | 128);
    if (isLast) return Uint8Array.from(out);
  }
}
