/** Overlay in plain memory, above nothing: genesis is built on it, and tests run on it. */
import { assert, compareBytes } from "@pha/scale";
import type { Overlay } from "./overlay.ts";

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

export interface MemoryOverlay extends Overlay {
  /** All entries in order of keys. */
  entries(): readonly (readonly [key: Uint8Array, value: Uint8Array])[];
}

/** Entries by the storage item they are of, which is what lists of keys ask for. */
type Layer = Map<string, Map<string, Entry>>;

/** Bytes of a key that name the pallet and the item. */
const ITEM_BYTES = 32;
const NO_ENTRIES: ReadonlyMap<string, Entry> = new Map();

const itemOf = (id: string): string => id.slice(0, ITEM_BYTES);

function putInto(layer: Layer, id: string, entry: Entry): void {
  const item = itemOf(id);
  const known = layer.get(item);
  if (known) known.set(id, entry);
  else layer.set(item, new Map([[id, entry]]));
}

export function memoryOverlay(): MemoryOverlay {
  const layers: Layer[] = [new Map()];
  const top = () => {
    const layer = layers[layers.length - 1];
    assert(layer, "there is always a layer");
    return layer;
  };
  const find = (id: string): Entry | undefined => {
    const item = itemOf(id);
    for (let i = layers.length - 1; i >= 0; i--) {
      const entry = layers[i]?.get(item)?.get(id);
      if (entry) return entry;
    }
    return undefined;
  };
  const entriesUnder = (prefix: Uint8Array) => {
    const merged = new Map<string, Entry>();
    const start = keyText(prefix);
    const item = start.length < ITEM_BYTES ? undefined : itemOf(start);
    for (const layer of layers) {
      const items = item === undefined ? layer.values() : [layer.get(item) ?? NO_ENTRIES];
      for (const entries of items)
        for (const [id, entry] of entries) if (id.startsWith(start)) merged.set(id, entry);
    }
    return [...merged.values()]
      .filter((entry) => entry.value !== undefined)
      .sort((a, b) => compareBytes(a.key, b.key));
  };
  return {
    kept: new Map(),
    get: (key) => find(keyText(key))?.value,
    put: (key, value) => putInto(top(), keyText(key), { key, value }),
    begin: () => void layers.push(new Map()),
    commit() {
      const layer = layers.pop();
      assert(layer && layers.length > 0, "commit ends a begun transaction");
      for (const entries of layer.values())
        for (const [id, entry] of entries) putInto(top(), id, entry);
    },
    rollback() {
      layers.pop();
      assert(layers.length > 0, "rollback ends a begun transaction");
    },
    clearPrefix(prefix) {
      for (const { key } of entriesUnder(prefix))
        putInto(top(), keyText(key), { key, value: undefined });
    },
    keys: (prefix) => entriesUnder(prefix).map((entry) => entry.key),
    entries: () =>
      entriesUnder(new Uint8Array()).flatMap(({ key, value }) =>
        value === undefined ? [] : [[key, value] as const],
      ),
  };
}

/** Lengths that can be the arguments of one call. */
const SHORT_BYTES = 1_024;

/** One character per byte. */
function keyText(key: Uint8Array): string {
  if (key.length <= SHORT_BYTES) {
    // Spreading a typed array goes through its iterator, which costs ten times as much as a copy.
    const codes = new Array<number>(key.length);
    for (let i = 0; i < codes.length; i++) codes[i] = key[i] ?? 0;
    return String.fromCharCode(...codes);
  }
  let text = "";
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}
