/**
 * Values that a call reads and writes more than once: decoded once, encoded and written when the call ends.
 *
 * Only immutable values are kept (numbers, big integers, texts, booleans), so that nobody can change one behind the
 * cache's back. Written in the order of the keys' first writes.
 */
import { type Codec, encode } from "@pha/scale";
import { ContractFailure } from "../failure.ts";
import { type ContractHost, MAX_VALUE_BYTES } from "../host.ts";
import { latin1 } from "../text.ts";

interface Cached {
  readonly key: Uint8Array;
  readonly codec: Codec<unknown>;
  /** `undefined`: no entry. */
  value: unknown;
  changed: boolean;
}

export interface EntryCache {
  read(key: Uint8Array, codec: Codec<unknown>): unknown;
  /** `undefined` deletes. */
  write(key: Uint8Array, codec: Codec<unknown>, value: unknown): void;
  has(key: Uint8Array): boolean;
  /** Writes what changed to the host. */
  flush(): void;
  /** Forgets what the last call left. */
  clear(): void;
}

export function createEntryCache(
  host: ContractHost,
  decoded: (codec: Codec<unknown>, bytes: Uint8Array) => unknown,
): EntryCache {
  const cached = new Map<string, Cached>();
  /** The first entry of a call: it has no name, which costs much fuel, until there is a second. */
  let first: Cached | undefined;
  /** The last entry asked for: who updates a value comes with the same key again. */
  let last: Cached | undefined;
  let changes = false;

  function store(key: Uint8Array, codec: Codec<unknown>, value: unknown): void {
    if (value === undefined) {
      host.delete(key);
      return;
    }
    const encoded = encode(codec, value);
    if (encoded.length > MAX_VALUE_BYTES) throw new ContractFailure("contract/value-too-long");
    host.put(key, encoded);
  }

  function find(key: Uint8Array): Cached | undefined {
    if (last !== undefined && last.key === key) return last;
    if (first !== undefined) {
      cached.set(latin1(first.key), first);
      first = undefined;
    }
    if (cached.size === 0) return undefined;
    last = cached.get(latin1(key));
    return last;
  }

  function add(entry: Cached): void {
    if (cached.size === 0) first = entry;
    else cached.set(latin1(entry.key), entry);
    last = entry;
  }

  return {
    read(key, codec) {
      const known = find(key);
      if (known !== undefined) return known.value;
      const stored = host.get(key);
      const value = stored === undefined ? undefined : decoded(codec, stored);
      if (isImmutable(value)) add({ key, codec, value, changed: false });
      return value;
    },
    write(key, codec, value) {
      const known = find(key);
      if (!isImmutable(value)) {
        if (known !== undefined) {
          cached.delete(latin1(key));
          first = undefined;
          last = undefined;
        }
        store(key, codec, value);
        return;
      }
      changes = true;
      if (known === undefined) {
        add({ key, codec, value, changed: true });
        return;
      }
      known.value = value;
      known.changed = true;
    },
    has(key) {
      const known = find(key);
      return known ? known.value !== undefined : host.get(key) !== undefined;
    },
    flush() {
      if (!changes) return;
      changes = false;
      if (first !== undefined) flushOne(first);
      for (const entry of cached.values()) flushOne(entry);
    },
    clear() {
      first = undefined;
      last = undefined;
      changes = false;
      if (cached.size > 0) cached.clear();
    },
  };

  function flushOne(entry: Cached): void {
    if (!entry.changed) return;
    store(entry.key, entry.codec, entry.value);
    entry.changed = false;
  }
}

function isImmutable(value: unknown): boolean {
  return typeof value !== "object" && typeof value !== "function";
}
