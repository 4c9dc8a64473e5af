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

export function memoryOverlay(): MemoryOverlay {
  const layers: Map<string, Entry>[] = [new Map()];
  const top = () => {
    const layer = layers[layers.length - 1];
    assert(layer, "there is always a layer");
    return layer;
  };
  const find = (id: string): Entry | undefined => {
    for (let i = layers.length - 1; i >= 0; i--) {
      const entry = layers[i]?.get(id);
      if (entry) return entry;
    }
    return undefined;
  };
  const entriesUnder = (prefix: Uint8Array) => {
    const merged = new Map<string, Entry>();
    const start = keyText(prefix);
    for (const layer of layers)
      for (const [id, entry] of layer) if (id.startsWith(start)) merged.set(id, entry);
    return [...merged.values()]
      .filter((entry) => entry.value !== undefined)
      .sort((a, b) => compareBytes(a.key, b.key));
  };
  return {
    get: (key) => find(keyText(key))?.value,
    put: (key, value) => void top().set(keyText(key), { key, value }),
    begin: () => void layers.push(new Map()),
    commit() {
      const layer = layers.pop();
      assert(layer && layers.length > 0, "commit ends a begun transaction");
      for (const [id, entry] of layer) top().set(id, entry);
    },
    rollback() {
      layers.pop();
      assert(layers.length > 0, "rollback ends a begun transaction");
    },
    clearPrefix(prefix) {
      for (const { key } of entriesUnder(prefix))
        top().set(keyText(key), { key, value: undefined });
    },
    keys: (prefix) => entriesUnder(prefix).map((entry) => entry.key),
    entries: () =>
      entriesUnder(new Uint8Array()).flatMap(({ key, value }) =>
        value === undefined ? [] : [[key, value] as const],
      ),
  };
}

/** One character per byte. */
function keyText(key: Uint8Array): string {
  let text = "";
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}
