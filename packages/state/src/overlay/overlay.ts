/**
 * Pending changes over a state, with nested transactions.
 *
 * There is one map of changed keys. Inside a transaction every write also notes what it replaced, so that a read is one
 * look-up at any depth, `commit` is free and `rollback` undoes exactly the writes since `begin`.
 *
 * **Bounds**: as many entries as keys were written; one note per write inside a transaction. Weights bound both.
 * Beside them `MOST_READ` values of the backend. **Trust**: the caller is our runtime. Arrays that go in or come out must
 * not be modified afterwards, keys included, and the backend must not change while the overlay is in use.
 */
import { assert } from "@pha/scale";
import { binaryString } from "../store/binary-string.ts";
import { KeyOrder } from "./key-order.ts";

export interface OverlayBackend {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Needed for `nextKey`, `keys` and `clearPrefix` of the overlay. */
  nextKey?(key: Uint8Array): Uint8Array | undefined;
}

export interface Overlay {
  /**
   * What others keep with this overlay for as long as it lives, each under an object of its own. A `WeakMap` would keep
   * it from block to block, until the engine collects everything.
   */
  readonly kept: Map<object, unknown>;
  get(key: Uint8Array): Uint8Array | undefined;
  /** `undefined` deletes. */
  put(key: Uint8Array, value: Uint8Array | undefined): void;
  /** Deletes every key that starts with the prefix; tells how many existed. */
  clearPrefix(prefix: Uint8Array): number;
  /** Least existing key greater than `key`. */
  nextKey(key: Uint8Array): Uint8Array | undefined;
  /** Existing keys that start with the prefix, in order; a snapshot. */
  keys(prefix: Uint8Array): readonly Uint8Array[];
  /** Opens a transaction inside the current one. */
  begin(): void;
  /** Closes the innermost transaction and keeps its writes. */
  commit(): void;
  /** Closes the innermost transaction and undoes its writes. */
  rollback(): void;
  /** Number of open transactions. */
  depth(): number;
  /** Every changed key with its value, in order of keys; `undefined` = deleted. What `applyChanges` takes. */
  changes(): readonly (readonly [key: Uint8Array, value: Uint8Array | undefined])[];
}

/** Values of the backend that are remembered, and bytes of one. */
const MOST_READ = 1024;
const LONGEST_READ = 1024;
const RECENT_NAMES = 8;

interface Entry {
  readonly key: Uint8Array;
  value: Uint8Array | undefined;
}

/** What a write replaced: a value (`undefined` = a deletion), or nothing when the key was not in the overlay. */
interface Undo {
  readonly name: string;
  readonly entry: Entry;
  readonly value: Uint8Array | undefined;
  readonly isNew: boolean;
}

export function createOverlay(backend: OverlayBackend): Overlay {
  const entries = new Map<string, Entry>();
  const order = new KeyOrder(entries);
  const undo: Undo[] = [];
  /** Length of `undo` at each `begin`. */
  const marks: number[] = [];

  const nameOf = recentNames();
  /** What the backend said of keys that are not changed. */
  let read = new Map<string, Uint8Array | undefined>();

  const put = (key: Uint8Array, value: Uint8Array | undefined): void => {
    const name = nameOf(key);
    const entry = entries.get(name);
    if (entry === undefined) {
      const added = { key, value };
      entries.set(name, added);
      order.add(name);
      if (marks.length > 0) undo.push({ name, entry: added, value: undefined, isNew: true });
      return;
    }
    if (marks.length > 0) undo.push({ name, entry, value: entry.value, isNew: false });
    entry.value = value;
  };

  const nextKey = (key: Uint8Array): Uint8Array | undefined => {
    assert(backend.nextKey !== undefined, "the backend of this overlay can enumerate keys");
    let below = backend.nextKey(key);
    let belowName = below === undefined ? undefined : binaryString(below);
    let name = order.after(binaryString(key));
    for (;;) {
      if (name === undefined || (belowName !== undefined && belowName < name)) return below;
      const entry = entries.get(name);
      assert(entry !== undefined, "the order lists keys of the overlay");
      if (entry.value !== undefined) return entry.key;
      if (below !== undefined && name === belowName) {
        below = backend.nextKey(below);
        belowName = below === undefined ? undefined : binaryString(below);
      }
      name = order.after(name);
    }
  };

  const keys = (prefix: Uint8Array): readonly Uint8Array[] => {
    const found: Uint8Array[] = [];
    const first = overlaid(prefix);
    if (first !== undefined) found.push(prefix);
    for (
      let key = nextKey(prefix);
      key !== undefined && startsWith(key, prefix);
      key = nextKey(key)
    )
      found.push(key);
    return found;
  };

  const overlaid = (key: Uint8Array): Uint8Array | undefined => {
    const name = nameOf(key);
    const entry = entries.get(name);
    if (entry !== undefined) return entry.value;
    const known = read.get(name);
    if (known !== undefined || read.has(name)) return known;
    const found = backend.get(key);
    if (found !== undefined && found.length > LONGEST_READ) return found;
    if (read.size >= MOST_READ) read = new Map();
    read.set(name, found);
    return found;
  };

  return {
    kept: new Map(),
    get: overlaid,
    put,
    nextKey,
    keys,
    clearPrefix(prefix) {
      const existing = keys(prefix);
      for (const key of existing) put(key, undefined);
      return existing.length;
    },
    begin() {
      marks.push(undo.length);
    },
    commit() {
      assert(marks.pop() !== undefined, "a transaction is open");
      if (marks.length === 0) undo.length = 0;
    },
    rollback() {
      const mark = marks.pop();
      assert(mark !== undefined, "a transaction is open");
      while (undo.length > mark) {
        const last = undo.pop();
        if (last === undefined) return;
        if (last.isNew) entries.delete(last.name);
        else last.entry.value = last.value;
      }
    },
    depth: () => marks.length,
    changes() {
      // Binary text: the order of code units is the order of bytes.
      const names = [...entries.keys()].sort();
      return names.map((name) => {
        const entry = entries.get(name);
        assert(entry !== undefined, "the name was taken from the map");
        return [entry.key, entry.value] as const;
      });
    },
  };
}

/** Names of the last keys, by the very arrays: accessors ask for a key and write it with the same one. */
function recentNames(): (key: Uint8Array) => string {
  const keys: Uint8Array[] = [];
  const names: string[] = [];
  let oldest = 0;
  return (key) => {
    for (let i = 0; i < keys.length; i++) if (keys[i] === key) return names[i] ?? "";
    const name = binaryString(key);
    keys[oldest] = key;
    names[oldest] = name;
    oldest = (oldest + 1) % RECENT_NAMES;
    return name;
  };
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  if (key.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (key[i] !== prefix[i]) return false;
  return true;
}
