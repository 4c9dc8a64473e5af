/**
 * Mirror of one cluster's plaintext storage: a base of final state and a top with executed jobs above it.
 *
 * Keys are kept as Latin-1 text, whose order is the byte order of keys, so that scans agree on every replica.
 * **Bounds**: `MAX_MIRROR_BYTES` of keys, values and what entries count beside them in the top; a write beyond is refused as `contract/state-full`.
 */
import { assert, compareBytes } from "@pha/scale";
import { type EngineEntry, MAX_CALL_WRITE_BYTES, writeBytes } from "./engine.ts";

/** Most plain bytes of one cluster, below the core's own bound by what a block may add. */
export const MAX_MIRROR_BYTES = (128 << 20) - (1 << 20);
/** What an entry counts beside key and value, as in the core: a state of small entries is as large. */
const ENTRY_OVERHEAD_BYTES = 64;

export interface Write {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** Entries of one contract in one state. */
interface Entries {
  readonly byKey: Map<string, EngineEntry>;
  /** Keys in order; absent until someone scans. */
  sorted: string[] | undefined;
}

export type Layer = "base" | "top";

export interface ClusterStorage {
  /** Puts an entry into base and top. */
  load(contract: string, key: Uint8Array, value: Uint8Array): void;
  /** What a call sees: a layer and its own writes. */
  open(contract: string, layer: Layer): CallStorage;
  /** Keeps a call's writes in the top. */
  keep(contract: string, writes: readonly Write[]): void;
  /** Makes kept writes part of the base. */
  finalize(contract: string, writes: readonly Write[]): void;
}

export interface CallStorage {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Code of a refusal, or nothing. */
  write(key: Uint8Array, value: Uint8Array | undefined): string | undefined;
  scan(prefix: Uint8Array, after: Uint8Array | undefined, maxBytes: number): readonly EngineEntry[];
  /** Last write of each key, in byte order of keys. */
  writes(): readonly Write[];
}

export function createClusterStorage(): ClusterStorage {
  const layers: Readonly<Record<Layer, Map<string, Entries>>> = { base: new Map(), top: new Map() };
  let topBytes = 0;

  function entriesOf(layer: Layer, contract: string): Entries {
    let entries = layers[layer].get(contract);
    if (entries === undefined) {
      entries = { byKey: new Map(), sorted: undefined };
      layers[layer].set(contract, entries);
    }
    return entries;
  }

  return {
    load(contract, key, value) {
      const entry = { key: key.slice(), value: value.slice() };
      const text = keyText(key);
      put(entriesOf("base", contract), text, entry);
      topBytes += put(entriesOf("top", contract), text, entry);
    },
    open: (contract, layer) => openCall(entriesOf(layer, contract), () => topBytes),
    keep(contract, writes) {
      const entries = entriesOf("top", contract);
      for (const write of writes) topBytes += put(entries, keyText(write.key), entryOf(write));
    },
    finalize(contract, writes) {
      const entries = entriesOf("base", contract);
      for (const write of writes) put(entries, keyText(write.key), entryOf(write));
    },
  };
}

function entryOf({ key, value }: Write): EngineEntry | undefined {
  return value === undefined ? undefined : { key, value };
}

/** Growth in bytes. */
function put(entries: Entries, text: string, entry: EngineEntry | undefined): number {
  const { byKey } = entries;
  const former = byKey.get(text);
  const grown = sizeOf(entry) - sizeOf(former);
  if (entry === undefined) {
    if (former === undefined) return 0;
    byKey.delete(text);
    if (entries.sorted) entries.sorted.splice(position(entries.sorted, text), 1);
    return grown;
  }
  byKey.set(text, entry);
  if (former === undefined && entries.sorted)
    entries.sorted.splice(position(entries.sorted, text), 0, text);
  return grown;
}

function sizeOf(entry: EngineEntry | undefined): number {
  return entry === undefined ? 0 : entry.key.length + entry.value.length + ENTRY_OVERHEAD_BYTES;
}

/** Index of the first key not below `text`. */
function position(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? "") < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

function openCall(entries: Entries, stateBytes: () => number): CallStorage {
  const written = new Map<string, Write>();
  let bytes = 0;
  return {
    get(key) {
      const text = keyText(key);
      const own = written.get(text);
      return own ? own.value : entries.byKey.get(text)?.value;
    },
    write(key, value) {
      const text = keyText(key);
      const former = written.get(text);
      if (former) bytes -= writeBytes(former.key, former.value);
      bytes += writeBytes(key, value);
      if (bytes > MAX_CALL_WRITE_BYTES) return "contract/too-many-writes";
      if (value !== undefined && stateBytes() + bytes > MAX_MIRROR_BYTES)
        return "contract/state-full";
      written.set(text, { key, value });
      return undefined;
    },
    scan(prefix, after, maxBytes) {
      entries.sorted ??= [...entries.byKey.keys()].sort();
      const first = keyText(prefix);
      const behind = after && keyText(after);
      const own = [...written.keys()].filter((text) => text.startsWith(first)).sort();
      return page(entries, entries.sorted, written, own, first, behind, maxBytes);
    },
    writes: () => [...written.values()].sort((a, b) => compareBytes(a.key, b.key)),
  };
}

/** Bytes of an entry in a scan's answer beside key and value. */
const SCAN_OVERHEAD_BYTES = 8;

/** Merges kept and own keys in order; own writes win. */
function page(
  entries: Entries,
  sorted: readonly string[],
  written: ReadonlyMap<string, Write>,
  own: readonly string[],
  prefix: string,
  after: string | undefined,
  maxBytes: number,
): readonly EngineEntry[] {
  // Behind a key comes the key with a zero byte.
  const start = after === undefined || after < prefix ? prefix : `${after}\0`;
  let kept = position(sorted, start);
  let mine = position(own, start);
  const found: EngineEntry[] = [];
  let bytes = 0;
  for (;;) {
    const left = sorted[kept];
    const right = own[mine];
    const leftIn = left?.startsWith(prefix) ? left : undefined;
    const next =
      leftIn === undefined ? right : right === undefined || leftIn < right ? leftIn : right;
    if (next === undefined) return found;
    if (next === leftIn) kept++;
    if (next === right) mine++;
    const write = written.get(next);
    const entry = write ? entryOf(write) : entries.byKey.get(next);
    if (entry === undefined) continue;
    bytes += SCAN_OVERHEAD_BYTES + entry.key.length + entry.value.length;
    if (bytes > maxBytes) {
      assert(found.length > 0, "a page takes the longest entry");
      return found;
    }
    found.push(entry);
  }
}

/** Binary text: the cheapest key of a map. Keys have 128 bytes at most. */
export function keyText(key: Uint8Array): string {
  // Spreading a typed array goes through its iterator, which costs ten times as much as a copy.
  const codes = new Array<number>(key.length);
  for (let i = 0; i < codes.length; i++) codes[i] = key[i] ?? 0;
  return String.fromCharCode(...codes);
}
