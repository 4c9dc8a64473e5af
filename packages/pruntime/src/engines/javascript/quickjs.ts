/**
 * One instance of instrumented QuickJS: its memory, globals and the C functions we use.
 *
 * Memory is ours and allocated at its maximum. Every import is answered here without clock, entropy, locale, files or
 * environment; what a contract has no business with traps. Names of imports and exports are those of the pinned
 * binary (`layout.ts`).
 */
import { assert, utf8 } from "@pha/scale";
import { EXPORTS } from "../wasm/instrument.ts";
import { LAYOUT } from "./layout.ts";
import { ENGINE_TRAP, MEMORY_TRAP } from "./traps.ts";

const PAGES = 256;
export const MEMORY_BYTES = PAGES << 16;

const EVAL_STRICT = 1 << 3;
/**
 * Base objects, eval (needed to load, then removed), string normalisation, regular expressions and their compiler,
 * JSON, Proxy, Map and Set, typed arrays, promises, BigInt. No Date.
 */
const INTRINSICS = 1 | 4 | 8 | 16 | 32 | 64 | 128 | 256 | 512 | 1024 | 2048;
/** High word of a NaN-boxed value. */
const TAG = { int: 0, exception: 6, text: -7, rope: -6 } as const;
const BAD_FILE = 8;
/** What is no UTF-8 is replaced: it comes from contracts. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

export interface QuickJs {
  readonly memory: Uint8Array;
  readonly view: DataView;
  readonly fuel: { value: bigint };
  readonly height: { value: number };
  readonly lowest: { value: number };
  readonly stackPointer: { value: number };
  /** Pointer to a property's value. */
  property(object: number, name: string): number;
  globalObject(): number;
  /** Runs a script; pointer to its value. */
  evaluate(source: string): number;
  /** A function of the global object that calls `onOperation`. */
  defineOperation(name: string): void;
  /** Calls without arguments; pointer to the result. */
  call(fn: number): number;
  isException(value: number): boolean;
  /** JSON of a caught exception. */
  describeException(value: number): string;
}

export interface Operations {
  /** Three integers from the contract; answers in memory. */
  onOperation(op: number, a: number, b: number): void;
  /** The operation whose second argument is a text: its bytes, without zero, up to the longest that is taken. */
  onText(bytes: Uint8Array | undefined): void;
  /** Number of that operation and longest text. */
  readonly textOperation: number;
  readonly maxTextBytes: number;
  /** Unix milliseconds; throws a trap where there is no clock. */
  clock(): number;
}

type Fn = (...args: readonly number[]) => number;

export function createQuickJs(module: WebAssembly.Module, operations: Operations): QuickJs {
  const wasmMemory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const memory = new Uint8Array(wasmMemory.buffer);
  const view = new DataView(wasmMemory.buffer);

  const refuse = () => {
    throw ENGINE_TRAP;
  };
  const nothing = () => 0;
  const integer = (argv: number, index: number): number => {
    const at = argv + 8 * index;
    if (view.getInt32(at + 4, true) !== TAG.int) throw ENGINE_TRAP;
    return view.getInt32(at, true);
  };
  /** UTF-8 of a text value. Other values would run the contract's own conversions: a trap. */
  const textAt = (value: number): Uint8Array | undefined => {
    const tag = view.getInt32(value + 4, true);
    if (tag !== TAG.text && tag !== TAG.rope) throw ENGINE_TRAP;
    const at = getString(context, value);
    const end = at === 0 ? -1 : memory.subarray(at, at + operations.maxTextBytes + 1).indexOf(0);
    const bytes = end < 0 ? undefined : memory.slice(at, at + end);
    if (at !== 0) freeString(context, at);
    return bytes;
  };
  const imports: Record<string, WebAssembly.ImportValue> = {
    a: wasmMemory,
    b: refuse, // failed assertion
    c: () => BAD_FILE, // write to a file
    d: () => BAD_FILE, // close a file
    e: nothing, // environment: none
    f: (count: number, size: number) => {
      view.setUint32(count, 0, true);
      view.setUint32(size, 0, true);
      return 0;
    },
    g: nothing, // module names: no modules
    h: nothing, // module sources
    i: nothing, // interrupt handler: never
    j: refuse, // timers
    k: () => {
      throw MEMORY_TRAP; // the heap is at its maximum
    },
    l: nothing, // keep-alive
    m: refuse, // local time
    n: refuse, // time zone
    o: () => BAD_FILE, // seek in a file
    p: () => operations.clock(),
    q: refuse, // abort
    r: refuse, // exit
    s: (_context: number, _self: number, count: number, argv: number) => {
      if (count !== 3) throw ENGINE_TRAP;
      const op = integer(argv, 0);
      if (op === operations.textOperation) operations.onText(textAt(argv + 8));
      else operations.onOperation(op, integer(argv, 1), integer(argv, 2));
      return 0; // undefined
    },
    t: nothing, // a host reference was freed: ours hold nothing
  };
  const instance = new WebAssembly.Instance(module, { a: imports });
  const fn = (name: string): Fn => {
    const found = instance.exports[name];
    assert(typeof found === "function", "the pinned engine has its functions");
    // An exported WebAssembly function over numbers; the compiler knows it only as `Function`.
    return found as unknown as Fn;
  };
  const numberGlobal = (name: string): { value: number } => {
    const found = instance.exports[name];
    assert(found instanceof WebAssembly.Global, "the instrumentor exports its globals");
    return found;
  };
  const fuelGlobal = instance.exports[EXPORTS.fuel];
  assert(fuelGlobal instanceof WebAssembly.Global, "the instrumentor exports its globals");
  const fuel: { value: bigint } = fuelGlobal;

  const malloc = fn("v");
  const newString = fn("_");
  const getProp = fn("ha");
  const callFn = fn("ma");
  const evalFn = fn("pa");
  const resolveException = fn("na");
  const dump = fn("oa");
  const getString = fn("$");
  const freeString = fn("S");

  fuel.value = 1n << 50n;
  fn("u")();
  const runtime = fn("K")();
  // QuickJS's own stack check is off: the instrumentor's covers all of the engine's C code.
  fn("D")(runtime, 0);
  const context = fn("N")(runtime, INTRINSICS);
  const noThis = fn("E")();

  const text = (value: string): { readonly at: number; readonly length: number } => {
    const encoded = utf8(value);
    const at = malloc(encoded.length + 1);
    memory.set(encoded, at);
    memory[at + encoded.length] = 0;
    return { at, length: encoded.length };
  };
  const readText = (at: number): string => {
    let end = at;
    while (end < at + 4096 && memory[end] !== 0) end++;
    return UTF8.decode(memory.subarray(at, end));
  };

  return {
    memory,
    view,
    fuel,
    height: numberGlobal(EXPORTS.height),
    lowest: numberGlobal(EXPORTS.lowest),
    stackPointer: numberGlobal(EXPORTS.stackPointer),
    property: (object, name) => getProp(context, object, newString(context, text(name).at)),
    globalObject: () => fn("ua")(context),
    evaluate(source) {
      const code = text(source);
      return evalFn(context, code.at, code.length, text("contract.js").at, 0, EVAL_STRICT);
    },
    defineOperation(name) {
      const made = fn("Da")(context, text(name).at, 3, 0, 1);
      fn("ja")(context, fn("ua")(context), newString(context, text(name).at), made);
    },
    call: (target) => callFn(context, target, noThis, 0, 0),
    isException: (value) => view.getInt32(value + 4, true) === TAG.exception,
    describeException: (value) => readText(dump(context, resolveException(context, value))),
  };
}

/** Address of the only place in the heap that holds `words`; absent when there is none or another. */
export function findWords(engine: QuickJs, words: readonly number[]): number | undefined {
  const wanted = new Uint8Array(4 * words.length);
  const view = new DataView(wanted.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  const heap = engine.memory.subarray(0, heapTop(engine));
  const at = indexOf(heap, wanted, LAYOUT.heapStart);
  return at < 0 || indexOf(heap, wanted, at + 1) >= 0 ? undefined : at;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first = 0] = wanted;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1))
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}

/** End of the heap now. */
export function heapTop({ view }: QuickJs): number {
  const top = view.getUint32(LAYOUT.heapTopWord, true);
  return top >= LAYOUT.heapStart && top <= MEMORY_BYTES ? top : MEMORY_BYTES;
}
