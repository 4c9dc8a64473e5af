/** Backing store in memory: for tests and for nodes without a data directory. */
import { compareBytes } from "@pha/scale";
import type { BackingStore } from "./backing-store.ts";
import { keyText } from "./key-text.ts";
import type { WriteBatch } from "./write-batch.ts";

export function createMemoryStore(): BackingStore {
  const pairs = new Map<string, readonly [Uint8Array, Uint8Array]>();
  let applied = 0;
  const writeNow = (batch: WriteBatch, sequence: number): void => {
    for (const { key, value } of batch)
      if (value === undefined) pairs.delete(keyText(key));
      else pairs.set(keyText(key), [key, value]);
    applied = sequence;
  };
  return {
    get: (key) => pairs.get(keyText(key))?.[1],
    range: (prefix) => {
      const start = keyText(prefix);
      const found = [...pairs].filter(([key]) => key.startsWith(start)).map(([, pair]) => pair);
      return found.sort((a, b) => compareBytes(a[0], b[0]));
    },
    applied: () => applied,
    write: async (batch, sequence) => writeNow(batch, sequence),
    writeNow,
    flushed: async () => {},
    close: async () => {},
  };
}
