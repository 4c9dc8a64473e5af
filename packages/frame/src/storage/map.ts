/** Map of one key, and what all maps share: listing, and storage keys that are remembered. */
import { assert, type Codec, concatBytes, encode, equalBytes, Reader } from "@pha/scale";
import type { Overlay } from "../overlay.ts";
import type { Hasher } from "./hashers.ts";
import {
  type DefaultedItemOptions,
  fallbackOf,
  type ItemOptions,
  type MapAccess,
  type StorageItem,
  stored,
} from "./item.ts";
import { RecentValues } from "./recent-values.ts";

interface MapParts<K, T> {
  readonly state: Overlay;
  readonly prefix: Uint8Array;
  readonly codec: Codec<T>;
  readonly absent: T | undefined;
  readonly keyOf: (key: K) => Uint8Array;
  readonly keyFrom: (reader: Reader) => K;
}

export function mapAccess<K, T>(parts: MapParts<K, T>): MapAccess<K, T, T | undefined> {
  return new StoredMap(parts);
}

/** A class: a block opens many maps, and one object for each is enough. */
class StoredMap<K, T> implements MapAccess<K, T, T | undefined> {
  readonly prefix: Uint8Array;
  readonly keyOf: (key: K) => Uint8Array;
  readonly #parts: MapParts<K, T>;
  readonly #values: RecentValues<T>;

  constructor(parts: MapParts<K, T>) {
    this.prefix = parts.prefix;
    this.keyOf = parts.keyOf;
    this.#parts = parts;
    this.#values = new RecentValues(parts.codec);
  }

  get(key: K): T | undefined {
    return this.#at(this.keyOf(key));
  }

  put(key: K, value: T): void {
    this.#putAt(this.keyOf(key), value);
  }

  remove(key: K): void {
    this.#parts.state.put(this.keyOf(key), undefined);
  }

  has(key: K): boolean {
    return this.#parts.state.get(this.keyOf(key)) !== undefined;
  }

  mutate(key: K, change: (value: T | undefined) => T): void {
    const at = this.keyOf(key);
    this.#putAt(at, change(this.#at(at)));
  }

  *entries(): Iterable<readonly [K, T]> {
    const { state, prefix, codec, keyFrom } = this.#parts;
    for (const key of state.keys(prefix)) {
      const bytes = state.get(key);
      if (bytes !== undefined)
        yield [keyFrom(readerAt(key, prefix.length)), stored(codec, bytes)] as const;
    }
  }

  *keys(): Iterable<K> {
    const { state, prefix, keyFrom } = this.#parts;
    for (const key of state.keys(prefix)) yield keyFrom(readerAt(key, prefix.length));
  }

  clear(): void {
    this.#parts.state.clearPrefix(this.prefix);
  }

  #at(key: Uint8Array): T | undefined {
    const bytes = this.#parts.state.get(key);
    return bytes === undefined ? this.#parts.absent : this.#values.of(bytes);
  }

  #putAt(key: Uint8Array, value: T): void {
    const bytes = encode(this.#parts.codec, value);
    this.#values.note(bytes, value);
    this.#parts.state.put(key, bytes);
  }
}

export function readerAt(bytes: Uint8Array, offset: number): Reader {
  const reader = new Reader(bytes);
  reader.offset = offset;
  return reader;
}

/** Key part read back from a storage key. */
export function readKey<K>(reader: Reader, hasher: Hasher, codec: Codec<K>): K {
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

export function hashedKey<K>(hasher: Hasher, codec: Codec<K>, key: K): Uint8Array {
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
