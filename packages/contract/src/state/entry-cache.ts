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

  function store(key: Uint8Array, codec: Codec<unknown>, value: unknown): void {
    if (value === undefined) {
      host.delete(key);
      return;
    }
    const encoded = encode(codec, value);
    if (encoded.length > MAX_VALUE_BYTES) throw new ContractFailure("contract/value-too-long");
    host.put(key, encoded);
  }

  return {
    read(key, codec) {
      const name = latin1(key);
      const known = cached.get(name);
      if (known) return known.value;
      const stored = host.get(key);
      const value = stored === undefined ? undefined : decoded(codec, stored);
      if (isImmutable(value)) cached.set(name, { key, codec, value, changed: false });
      return value;
    },
    write(key, codec, value) {
      const name = latin1(key);
      if (!isImmutable(value)) {
        cached.delete(name);
        store(key, codec, value);
        return;
      }
      const known = cached.get(name);
      if (known === undefined) {
        cached.set(name, { key, codec, value, changed: true });
        return;
      }
      known.value = value;
      known.changed = true;
    },
    has(key) {
      const known = cached.get(latin1(key));
      return known ? known.value !== undefined : host.get(key) !== undefined;
    },
    flush() {
      for (const entry of cached.values()) {
        if (!entry.changed) continue;
        store(entry.key, entry.codec, entry.value);
        entry.changed = false;
      }
    },
    clear: () => cached.clear(),
  };
}

function isImmutable(value: unknown): boolean {
  return typeof value !== "object" && typeof value !== "function";
}
