/**
 * Storage items as pallets declare them, and what contexts open them to.
 *
 * **Trust**: bytes in state were written by this code, so a value that does not decode is an assertion, never a
 * `Result`. Values read are views of the state: immutable.
 */
import { assert, type Codec, decode, encode } from "@pha/scale";
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
export function stored<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const result = decode(codec, bytes);
  assert(result.ok, "a stored value decodes by the codec that wrote it");
  return result.value;
}

export function readOr<T>(codec: Codec<T>, bytes: Uint8Array | undefined, absent: T | undefined) {
  return bytes === undefined ? absent : stored(codec, bytes);
}

export function fallbackOf<T>(codec: Codec<T>, options: ItemOptions & { readonly default?: T }) {
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
    open: (state, key) => new StoredValue(state, key, codec, options.default),
  };
}

/** A class: a block opens many items, and one object for each is enough. */
class StoredValue<T> implements ValueAccess<T, T | undefined> {
  readonly key: Uint8Array;
  readonly #state: Overlay;
  readonly #codec: Codec<T>;
  readonly #absent: T | undefined;

  constructor(state: Overlay, key: Uint8Array, codec: Codec<T>, absent: T | undefined) {
    this.key = key;
    this.#state = state;
    this.#codec = codec;
    this.#absent = absent;
  }

  get(): T | undefined {
    return readOr(this.#codec, this.#state.get(this.key), this.#absent);
  }

  put(value: T): void {
    this.#state.put(this.key, encode(this.#codec, value));
  }

  kill(): void {
    this.#state.put(this.key, undefined);
  }

  exists(): boolean {
    return this.#state.get(this.key) !== undefined;
  }

  mutate(change: (value: T | undefined) => T): void {
    this.put(change(this.get()));
  }
}
