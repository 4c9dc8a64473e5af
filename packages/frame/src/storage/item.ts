/**
 * Storage items as pallets declare them, and what contexts open them to.
 *
 * **Trust**: bytes in state were written by this code, so a value that does not decode is an assertion, never a
 * `Result`. Values read are views of the state: immutable.
 */
import { assert, type Codec, concatBytes, decode, encode, equalBytes, Reader } from "@pha/scale";
import type { Overlay } from "../overlay.ts";
import type { Hasher } from "./hashers.ts";

/** One key of a map: how it is hashed and encoded. */
export interface KeyPart {
  readonly hasher: Hasher;
  readonly codec: Codec<unknown>;
}

/** A declared item; `open` gives the accessor `A` bound to a state and the item's 32-byte prefix. */
export interface StorageItem<A> {
  readonly docs: string;
  /** No keys: a single value. */
  readonly keys: readonly KeyPart[];
  readonly value: Codec<unknown>;
  /** Encoded default; `undefined` when an absent value reads as `undefined`. */
  readonly fallback: Uint8Array | undefined;
  readonly open: (state: Overlay, prefix: Uint8Array) => A;
}

export interface ItemOptions {
  readonly docs: string;
}
export interface DefaultedItemOptions<T> extends ItemOptions {
  /** Read where nothing is stored. */
  readonly default: T;
}

/** `G` is `T`, or `T | undefined` without a default. */
export interface ValueAccess<T, G> {
  readonly key: Uint8Array;
  get(): G;
  put(value: T): void;
  kill(): void;
  exists(): boolean;
  mutate(change: (value: G) => T): void;
}

export interface MapAccess<K, T, G> {
  readonly prefix: Uint8Array;
  keyOf(key: K): Uint8Array;
  get(key: K): G;
  put(key: K, value: T): void;
  remove(key: K): void;
  has(key: K): boolean;
  mutate(key: K, change: (value: G) => T): void;
  /** All entries in order of their storage keys; needs a hasher that keeps the key. */
  entries(): Iterable<readonly [K, T]>;
  keys(): Iterable<K>;
  clear(): void;
}

export interface DoubleMapAccess<K1, K2, T, G> {
  readonly prefix: Uint8Array;
  keyOf(first: K1, second: K2): Uint8Array;
  get(first: K1, second: K2): G;
  put(first: K1, second: K2, value: T): void;
  remove(first: K1, second: K2): void;
  has(first: K1, second: K2): boolean;
  mutate(first: K1, second: K2, change: (value: G) => T): void;
  /** Entries under one first key. */
  entriesOf(first: K1): Iterable<readonly [K2, T]>;
  entries(): Iterable<readonly [K1, K2, T]>;
  /** Removes all entries under one first key. */
  clearPrefix(first: K1): void;
  clear(): void;
}

export type NMapAccess<K extends readonly unknown[], T, G> = MapAccess<K, T, G>;

/** Value of state bytes: ours, so it decodes. */
function stored<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const result = decode(codec, bytes);
  assert(result.ok, "a stored value decodes by the codec that wrote it");
  return result.value;
}

function readOr<T>(codec: Codec<T>, bytes: Uint8Array | undefined, absent: T | undefined) {
  return bytes === undefined ? absent : stored(codec, bytes);
}

function fallbackOf<T>(codec: Codec<T>, options: ItemOptions & { readonly default?: T }) {
  return "default" in options && options.default !== undefined
    ? encode(codec, options.default)
    : undefined;
}

export function value<T>(
  codec: Codec<T>,
  options: DefaultedItemOptions<T>,
): StorageItem<ValueAccess<T, T>>;
export function value<T>(
  codec: Codec<T>,
  options: ItemOptions,
): StorageItem<ValueAccess<T, T | undefined>>;
export function value<T>(
  codec: Codec<T>,
  options: ItemOptions & { readonly default?: T },
): StorageItem<ValueAccess<T, T | undefined>> {
  return {
    docs: options.docs,
    keys: [],
    value: codec,
    fallback: fallbackOf(codec, options),
    open: (state, key) => ({
      key,
      get: () => readOr(codec, state.get(key), options.default),
      put: (next) => state.put(key, encode(codec, next)),
      kill: () => state.put(key, undefined),
      exists: () => state.get(key) !== undefined,
      mutate: (change) =>
        state.put(key, encode(codec, change(readOr(codec, state.get(key), options.default)))),
    }),
  };
}

interface MapParts<K, T> {
  readonly state: Overlay;
  readonly prefix: Uint8Array;
  readonly codec: Codec<T>;
  readonly absent: T | undefined;
  readonly keyOf: (key: K) => Uint8Array;
  readonly keyFrom: (reader: Reader) => K;
}

function mapAccess<K, T>(parts: MapParts<K, T>): MapAccess<K, T, T | undefined> {
  const { state, prefix, codec, absent, keyOf, keyFrom } = parts;
  return {
    prefix,
    keyOf,
    get: (key) => readOr(codec, state.get(keyOf(key)), absent),
    put: (key, next) => state.put(keyOf(key), encode(codec, next)),
    remove: (key) => state.put(keyOf(key), undefined),
    has: (key) => state.get(keyOf(key)) !== undefined,
    mutate: (key, change) => {
      const at = keyOf(key);
      state.put(at, encode(codec, change(readOr(codec, state.get(at), absent))));
    },
    *entries() {
      for (const key of state.keys(prefix)) {
        const bytes = state.get(key);
        if (bytes !== undefined)
          yield [keyFrom(readerAt(key, prefix.length)), stored(codec, bytes)] as const;
      }
    },
    *keys() {
      for (const key of state.keys(prefix)) yield keyFrom(readerAt(key, prefix.length));
    },
    clear: () => state.clearPrefix(prefix),
  };
}

function readerAt(bytes: Uint8Array, offset: number): Reader {
  const reader = new Reader(bytes);
  reader.offset = offset;
  return reader;
}

/** Key part read back from a storage key. */
function readKey<K>(reader: Reader, hasher: Hasher, codec: Codec<K>): K {
  assert(hasher.concatOffset !== undefined, `keys hashed by ${hasher.name} cannot be listed`);
  reader.raw(hasher.concatOffset);
  return codec.read(reader);
}

const RECENT = 8;

/**
 * Storage keys of a map, the last few remembered: a transaction asks for the same accounts many times, and hashing
 * them is most of what a read costs.
 */
function rememberedKeys<K>(
  prefix: Uint8Array,
  hasher: Hasher,
  codec: Codec<K>,
): (key: K) => Uint8Array {
  // Byte strings of fixed length are their own encoding.
  const isFixed = codec.minBytes > 1 && codec.shape.kind !== "sequence";
  const encoded: Uint8Array[] = [];
  const full: Uint8Array[] = [];
  let oldest = 0;
  return (key) => {
    const bytes = isFixed && key instanceof Uint8Array ? key : encode(codec, key);
    for (let i = 0; i < encoded.length; i++) {
      const known = encoded[i];
      const found = full[i];
      if (known !== undefined && found !== undefined && equalBytes(known, bytes)) return found;
    }
    const made = concatBytes(prefix, hasher.hash(bytes));
    encoded[oldest] = bytes.slice();
    full[oldest] = made;
    oldest = (oldest + 1) % RECENT;
    return made;
  };
}

function hashedKey<K>(hasher: Hasher, codec: Codec<K>, key: K): Uint8Array {
  return hasher.hash(encode(codec, key));
}

export function map<K, T>(
  hasher: Hasher,
  key: Codec<K>,
  codec: Codec<T>,
  options: DefaultedItemOptions<T>,
): StorageItem<MapAccess<K, T, T>>;
export function map<K, T>(
  hasher: Hasher,
  key: Codec<K>,
  codec: Codec<T>,
  options: ItemOptions,
): StorageItem<MapAccess<K, T, T | undefined>>;
export function map<K, T>(
  hasher: Hasher,
  key: Codec<K>,
  codec: Codec<T>,
  options: ItemOptions & { readonly default?: T },
): StorageItem<MapAccess<K, T, T | undefined>> {
  return {
    docs: options.docs,
    keys: [{ hasher, codec: key }],
    value: codec,
    fallback: fallbackOf(codec, options),
    open: (state, prefix) =>
      mapAccess<K, T>({
        state,
        prefix,
        codec,
        absent: options.default,
        keyOf: rememberedKeys(prefix, hasher, key),
        keyFrom: (reader) => readKey(reader, hasher, key),
      }),
  };
}

export function doubleMap<K1, K2, T>(
  hasher1: Hasher,
  key1: Codec<K1>,
  hasher2: Hasher,
  key2: Codec<K2>,
  codec: Codec<T>,
  options: DefaultedItemOptions<T>,
): StorageItem<DoubleMapAccess<K1, K2, T, T>>;
export function doubleMap<K1, K2, T>(
  hasher1: Hasher,
  key1: Codec<K1>,
  hasher2: Hasher,
  key2: Codec<K2>,
  codec: Codec<T>,
  options: ItemOptions,
): StorageItem<DoubleMapAccess<K1, K2, T, T | undefined>>;
export function doubleMap<K1, K2, T>(
  hasher1: Hasher,
  key1: Codec<K1>,
  hasher2: Hasher,
  key2: Codec<K2>,
  codec: Codec<T>,
  options: ItemOptions & { readonly default?: T },
): StorageItem<DoubleMapAccess<K1, K2, T, T | undefined>> {
  return {
    docs: options.docs,
    keys: [
      { hasher: hasher1, codec: key1 },
      { hasher: hasher2, codec: key2 },
    ],
    value: codec,
    fallback: fallbackOf(codec, options),
    open: (state, prefix) => {
      const firstKey = (first: K1) => concatBytes(prefix, hashedKey(hasher1, key1, first));
      const both = mapAccess<readonly [K1, K2], T>({
        state,
        prefix,
        codec,
        absent: options.default,
        keyOf: ([first, second]) => concatBytes(firstKey(first), hashedKey(hasher2, key2, second)),
        keyFrom: (reader) => [readKey(reader, hasher1, key1), readKey(reader, hasher2, key2)],
      });
      return {
        prefix,
        keyOf: (first, second) => both.keyOf([first, second]),
        get: (first, second) => both.get([first, second]),
        put: (first, second, next) => both.put([first, second], next),
        remove: (first, second) => both.remove([first, second]),
        has: (first, second) => both.has([first, second]),
        mutate: (first, second, change) => both.mutate([first, second], change),
        *entriesOf(first) {
          const under = firstKey(first);
          for (const key of state.keys(under)) {
            const bytes = state.get(key);
            if (bytes !== undefined)
              yield [
                readKey(readerAt(key, under.length), hasher2, key2),
                stored(codec, bytes),
              ] as const;
          }
        },
        *entries() {
          for (const [[first, second], found] of both.entries())
            yield [first, second, found] as const;
        },
        clearPrefix: (first) => state.clearPrefix(firstKey(first)),
        clear: () => state.clearPrefix(prefix),
      };
    },
  };
}

/** Map with three or more keys, given as one tuple. */
export function nMap<K extends readonly unknown[], T>(
  keys: { readonly [I in keyof K]: readonly [Hasher, Codec<K[I]>] },
  codec: Codec<T>,
  options: ItemOptions,
): StorageItem<NMapAccess<K, T, T | undefined>> {
  const parts: readonly (readonly [Hasher, Codec<unknown>])[] = keys;
  return {
    docs: options.docs,
    keys: parts.map(([hasher, part]) => ({ hasher, codec: part })),
    value: codec,
    fallback: undefined,
    open: (state, prefix) =>
      mapAccess<K, T>({
        state,
        prefix,
        codec,
        absent: undefined,
        keyOf: (key) =>
          concatBytes(prefix, ...parts.map(([hasher, part], i) => hashedKey(hasher, part, key[i]))),
        // The tuple of keys: each part is read by its own codec, which is what `K` says.
        keyFrom: (reader) =>
          parts.map(([hasher, part]) => readKey(reader, hasher, part)) as unknown as K,
      }),
  };
}
