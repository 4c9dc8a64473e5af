/** Maps of two keys, and of three or more. */
import { type Codec, concatBytes } from "@pha/scale";
import type { Hasher } from "./hashers.ts";
import {
  type DefaultedItemOptions,
  type DoubleMapAccess,
  fallbackOf,
  type ItemOptions,
  type NMapAccess,
  type StorageItem,
  stored,
} from "./item.ts";
import { hashedKey, mapAccess, readerAt, readKey } from "./map.ts";

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
