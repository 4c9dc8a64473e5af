/** Map of one key, and what all maps share: listing, and storage keys that are remembered. */
import { assert, type Codec, concatBytes, encode, equalBytes, Reader } from "@pha/scale";
import type { Overlay } from "../overlay.ts";
import type { Hasher } from "./hashers.ts";
import {
  type DefaultedItemOptions,
  fallbackOf,
  type ItemOptions,
  type MapAccess,
  readOr,
  type StorageItem,
  stored,
} from "./item.ts";

interface MapParts<K, T> {
  readonly state: Overlay;
  readonly prefix: Uint8Array;
  readonly codec: Codec<T>;
  readonly absent: T | undefined;
  readonly keyOf: (key: K) => Uint8Array;
  readonly keyFrom: (reader: Reader) => K;
}

export function mapAccess<K, T>(parts: MapParts<K, T>): MapAccess<K, T, T | undefined> {
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
