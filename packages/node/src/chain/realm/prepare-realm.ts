/**
 * What runs first in a realm: takes away what would make two machines differ, and wraps the node's one function.
 *
 * `prepareRealm` is handed to the realm as text (`toString`), so it uses nothing of this module and is made of that
 * realm's own objects: no function or object of the node is in reach of the runtime.
 */
import type { HostFunction } from "./host-calls.ts";

export interface RealmParts {
  /** Evaluates the wrapper's `phaHost`, then the bundle; gives what the bundle exports. */
  readonly load: (factory: BundleFactory) => void;
  readonly call: (state: number, entry: string, args: Uint8Array) => Uint8Array;
  readonly forget: (state: number) => void;
}

export type BundleFactory = (host: unknown, module: { exports: unknown }, exports: unknown) => void;

export function prepareRealm(
  table: string,
  hostCall: (id: number, buffer: Uint8Array, length: number) => number,
): RealmParts {
  // A deliberate list: whatever tells time, place, memory or chance, makes code from text, or waits.
  const removed = [
    "Date",
    "Intl",
    "WeakRef",
    "FinalizationRegistry",
    "SharedArrayBuffer",
    "Atomics",
    "WebAssembly",
    "eval",
    "Function",
    "console",
    "escape",
    "unescape",
  ];
  for (const name of removed) Reflect.deleteProperty(globalThis, name);
  // Results of these are the engine's own: their last bits, tables of languages, sizes of stacks.
  const exact = [
    "abs",
    "ceil",
    "clz32",
    "floor",
    "fround",
    "imul",
    "max",
    "min",
    "round",
    "sign",
    "sqrt",
    "trunc",
  ];
  for (const name of Object.getOwnPropertyNames(Math))
    if (typeof Reflect.get(Math, name) === "function" && !exact.includes(name))
      Reflect.deleteProperty(Math, name);
  for (const holder of [
    String.prototype,
    Number.prototype,
    BigInt.prototype,
    Array.prototype,
    // The prototype of all typed arrays.
    Object.getPrototypeOf(Uint8Array.prototype) as object,
    Object.prototype,
  ])
    for (const name of Object.getOwnPropertyNames(holder))
      if (/Locale|^localeCompare$|^normalize$/.test(name)) Reflect.deleteProperty(holder, name);
  // A function has a prototype.
  for (const make of [() => {}, function* () {}, async () => {}, async function* () {}])
    Reflect.deleteProperty(Object.getPrototypeOf(make) as object, "constructor");
  Error.stackTraceLimit = 0;
  Reflect.deleteProperty(Error, "captureStackTrace");

  let buffer = new Uint8Array(65_536);
  const room = (length: number): void => {
    if (length > buffer.length) buffer = new Uint8Array(2 * length);
  };
  const ask = (id: number, args: readonly Uint8Array[]): Uint8Array | undefined => {
    let length = 0;
    for (const arg of args) length += 4 + arg.length;
    room(length);
    const view = new DataView(buffer.buffer);
    let at = 0;
    for (const arg of args) {
      view.setUint32(at, arg.length, true);
      buffer.set(arg, at + 4);
      at += 4 + arg.length;
    }
    let size = hostCall(id, buffer, length);
    if (size === -1) return undefined;
    if (size < 0) throw new Error("the node failed");
    if (size > buffer.length) {
      room(size);
      size = hostCall(0, buffer, 0);
    }
    return buffer.slice(0, size);
  };

  const u32 = (value: number): Uint8Array => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    return bytes;
  };
  const u64 = (value: bigint): Uint8Array => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    return bytes;
  };
  const functionOf = (id: number, { args, result }: HostFunction) => {
    const encode = (value: unknown, index: number): Uint8Array => {
      // The runtime calls the primitives by their types, which the table repeats.
      if (args[index] === "number") return u32(value as number);
      if (args[index] === "wide") return u64(value as bigint);
      return value as Uint8Array;
    };
    return (...given: readonly unknown[]): unknown => {
      const answer = ask(
        id,
        args.map((_, index) => encode(given[index], index)),
      );
      if (result === "truth") return answer?.[0] === 1;
      if (result === "wide" && answer) return new DataView(answer.buffer).getBigUint64(0, true);
      return answer;
    };
  };
  // Written by the node from its own table.
  const { primitives, state } = JSON.parse(table) as Record<"primitives" | "state", HostFunction[]>;
  const named = (functions: readonly HostFunction[], first: number): Record<string, unknown> => {
    const out: Record<string, unknown> = {};
    functions.forEach((one, index) => {
      out[one.name] = functionOf(first + index, one);
    });
    return out;
  };
  const host = { backend: { name: "web", ...named(primitives, 1) } };
  const realmState = named(state, 1 + primitives.length);

  interface Server {
    call(state: number, entry: string, args: Uint8Array): Uint8Array;
    forget(state: number): void;
  }
  let server: Server | undefined;
  const running = (): Server => {
    if (server === undefined) throw new Error("no bundle is loaded");
    return server;
  };
  return {
    load(factory) {
      const module = { exports: {} };
      factory(host, module, module.exports);
      // What it does not export fails here, and the module is none.
      server = (module.exports as { serve(state: unknown): Server }).serve(realmState);
    },
    // Copied in this realm: what comes in is of the node's.
    call: (id, entry, args) => running().call(id, entry, new Uint8Array(args)),
    forget: (id) => running().forget(id),
  };
}
