/** State as handlers see it: cells over the host's storage, keyed by `u8 cell number ‖ SCALE key`. */
import { assert, type Codec, decode, encode, type Writer } from "@pha/scale";
import { ContractFailure } from "../failure.ts";
import { type ContractHost, MAX_KEY_BYTES, type StoredEntry } from "../host.ts";
import { type OrSecret, plain, type Secret, secret } from "../secret.ts";
import type {
  AnyCell,
  MapCell,
  PublicValueCell,
  SecretValueCell,
  SetCell,
  StateLayout,
} from "./declare.ts";
import { createEntryCache, type EntryCache } from "./entry-cache.ts";

/** Names one entry of the state, whether it is there or not: for `open` of a query's context. */
export interface StateEntry {
  /** As the engine knows it: the cell's number, and the SCALE key in a map or set. */
  readonly storageKey: Uint8Array;
}

export interface ReadableMap<K, V> {
  has(key: K): boolean;
  get(key: K): Secret<V | undefined>;
  /** All entries in byte order of their encoded keys; costs fuel for each. */
  entries(): Secret<readonly (readonly [K, V])[]>;
  /** At most `most` entries in that order, behind a key or from the first: for states larger than one call's fuel. */
  page(after: K | undefined, most: number): Secret<readonly (readonly [K, V])[]>;
  /** Folds over the entries in that order without holding them all. */
  fold<A>(initial: A, step: (sum: A, key: K, value: V) => A): Secret<A>;
  entry(key: K): StateEntry;
}

export interface WritableMap<K, V> extends ReadableMap<K, V> {
  put(key: K, value: OrSecret<V>): void;
  delete(key: K): void;
  /** Replaces the value by `change(value)`, taking `initial` where there is none. */
  update(key: K, initial: V, change: (value: V) => V): Secret<V>;
}

export interface ReadableSet<K> {
  has(key: K): boolean;
  items(): Secret<readonly K[]>;
  entry(key: K): StateEntry;
}

export interface WritableSet<K> extends ReadableSet<K> {
  /** Whether the key is new. */
  add(key: K): boolean;
  /** Whether the key was there. */
  delete(key: K): boolean;
}

export interface ReadableSecretValue<V> {
  get(): Secret<V>;
  entry(): StateEntry;
}

export interface WritableSecretValue<V> extends ReadableSecretValue<V> {
  put(value: OrSecret<V>): void;
  update(change: (value: V) => V): Secret<V>;
}

export interface ReadablePublicValue<V> {
  get(): V;
  entry(): StateEntry;
}

export interface WritablePublicValue<V> extends ReadablePublicValue<V> {
  put(value: V): void;
}

/** State in a query. */
export type ReadableState<S extends StateLayout> = {
  readonly [N in keyof S]: S[N] extends MapCell<infer K, infer V>
    ? ReadableMap<K, V>
    : S[N] extends SetCell<infer K>
      ? ReadableSet<K>
      : S[N] extends SecretValueCell<infer V>
        ? ReadableSecretValue<V>
        : S[N] extends PublicValueCell<infer V>
          ? ReadablePublicValue<V>
          : never;
};

/** State in a command. */
export type WritableState<S extends StateLayout> = {
  readonly [N in keyof S]: S[N] extends MapCell<infer K, infer V>
    ? WritableMap<K, V>
    : S[N] extends SetCell<infer K>
      ? WritableSet<K>
      : S[N] extends SecretValueCell<infer V>
        ? WritableSecretValue<V>
        : S[N] extends PublicValueCell<infer V>
          ? WritablePublicValue<V>
          : never;
};

const PRESENT = new Uint8Array(0);

/** Where cells read and write: entries by key, and scans, which see all that was written before. */
interface Store {
  readonly host: ContractHost;
  readonly cache: EntryCache;
}

export interface OpenState<S extends StateLayout> {
  readonly state: WritableState<S>;
  /** Before a call. */
  begin(): void;
  /** After a call that went well: writes what it changed. */
  end(): void;
}

/** Views of all cells. Writes in a query are refused by the host, whatever the types say. */
export function openState<S extends StateLayout>(layout: S, host: ContractHost): OpenState<S> {
  const cache = createEntryCache(host, decoded);
  const state: Record<string, unknown> = {};
  let index = 0;
  for (const [name, cell] of Object.entries(layout))
    state[name] = openCell(cell, index++, { host, cache });
  return {
    // Built above, one view per declared cell.
    state: state as WritableState<S>,
    begin: () => cache.clear(),
    end: () => cache.flush(),
  };
}

function openCell(cell: AnyCell, index: number, store: Store): unknown {
  switch (cell.kind) {
    case "secret-map":
      return openMap(cell, index, store);
    case "secret-set":
      return openSet(cell, index, store);
    case "secret-value": {
      const value = openValue(cell, index, store);
      return {
        get: () => secret(value.get()),
        entry: value.entry,
        put: (next: OrSecret<unknown>) => value.put(plain(next)),
        update(change: (value: unknown) => unknown) {
          const next = change(value.get());
          value.put(next);
          return secret(next);
        },
      };
    }
    case "public-value":
      return openValue(cell, index, store);
  }
}

function openMap<K, V>(cell: MapCell<K, V>, index: number, store: Store): WritableMap<K, V> {
  const { cache } = store;
  const storageKey = storageKeys(index, cell.key);
  // The cache gives back what went in under the cell's own codec.
  const read = (key: Uint8Array) => cache.read(key, cell.value) as V | undefined;
  const opened = (entry: StoredEntry): readonly [K, V] => [
    keyOf(cell.key, entry),
    decoded(cell.value, entry.value),
  ];
  return {
    has: (key) => cache.has(storageKey(key)),
    get: (key) => secret(read(storageKey(key))),
    entries() {
      const all: (readonly [K, V])[] = [];
      eachEntry(index, store, undefined, (entry) => {
        all.push(opened(entry));
        return true;
      });
      return secret(all);
    },
    page(after, most) {
      const found: (readonly [K, V])[] = [];
      const behind = after === undefined ? undefined : storageKey(after);
      if (most > 0) eachEntry(index, store, behind, (entry) => found.push(opened(entry)) < most);
      return secret(found);
    },
    fold(initial, step) {
      let sum = initial;
      eachEntry(index, store, undefined, (entry) => {
        sum = step(sum, ...opened(entry));
        return true;
      });
      return secret(sum);
    },
    entry: (key) => ({ storageKey: storageKey(key) }),
    put(key, value) {
      cache.write(storageKey(key), cell.value, plain(value));
    },
    delete(key) {
      cache.write(storageKey(key), cell.value, undefined);
    },
    update(key, initial, change) {
      const at = storageKey(key);
      const next = change(read(at) ?? initial);
      cache.write(at, cell.value, next);
      return secret(next);
    },
  };
}

function openSet<K>(cell: SetCell<K>, index: number, store: Store): WritableSet<K> {
  const { host } = store;
  const storageKey = storageKeys(index, cell.key);
  return {
    has: (key) => host.get(storageKey(key)) !== undefined,
    items() {
      const all: K[] = [];
      eachEntry(index, store, undefined, (entry) => {
        all.push(keyOf(cell.key, entry));
        return true;
      });
      return secret(all);
    },
    entry: (key) => ({ storageKey: storageKey(key) }),
    add(key) {
      const at = storageKey(key);
      if (host.get(at) !== undefined) return false;
      host.put(at, PRESENT);
      return true;
    },
    delete(key) {
      const at = storageKey(key);
      if (host.get(at) === undefined) return false;
      host.delete(at);
      return true;
    },
  };
}

function openValue<V>(
  cell: SecretValueCell<V> | PublicValueCell<V>,
  index: number,
  { cache }: Store,
): { get(): V; put(value: V): void; entry(): StateEntry } {
  const key = Uint8Array.of(index);
  return {
    entry: () => ({ storageKey: key }),
    get() {
      // As in `openMap`.
      const stored = cache.read(key, cell.value) as V | undefined;
      return stored === undefined ? cell.initial : stored;
    },
    put: (value) => cache.write(key, cell.value, value),
  };
}

/** Storage key of a cell's key, made in one piece: what a contract copies costs it fuel. */
function storageKeys<K>(index: number, codec: Codec<K>): (key: K) => Uint8Array {
  const inCell = {
    write(writer: Writer, key: K): void {
      writer.u8(index);
      codec.write(writer, key);
    },
  };
  return (key) => {
    const full = encode(inCell, key);
    if (full.length > MAX_KEY_BYTES) throw new ContractFailure("contract/key-too-long");
    return full;
  };
}

/** Entries behind a key in byte order, until `visit` says that it has enough. */
function eachEntry(
  index: number,
  { host, cache }: Store,
  behind: Uint8Array | undefined,
  visit: (entry: StoredEntry) => boolean,
): void {
  cache.flush();
  const prefix = Uint8Array.of(index);
  let after = behind;
  for (;;) {
    const page = host.scan(prefix, after);
    if (page.length === 0) return;
    for (const entry of page) if (!visit(entry)) return;
    after = page[page.length - 1]?.key;
  }
}

function keyOf<K>(codec: Codec<K>, entry: StoredEntry): K {
  return decoded(codec, entry.key.subarray(1));
}

/** Stored bytes are what this contract, at this or a former version, wrote itself. */
function decoded<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const result = decode(codec, bytes);
  assert(result.ok, "stored bytes have the declared type");
  return result.value;
}
