/**
 * Counts of trie nodes, changed together and written once.
 *
 * A node that is stored without a count is counted once. What reaches zero goes.
 */
import { decode, encode, PhaError, u32 } from "@pha/scale";
import type { KeyValueStore, KeyValueWrite, TrieChanges } from "@pha/state";
import { countKey, nodeKey } from "./columns.ts";
import { keyText } from "./key-text.ts";

interface Change {
  readonly hash: Uint8Array;
  bytes: Uint8Array | undefined;
  by: number;
}

export class NodeCounts {
  readonly #store: KeyValueStore;
  readonly #changes = new Map<string, Change>();

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  insert(nodes: TrieChanges["inserted"]): void {
    for (const { hash, bytes } of nodes) {
      const change = this.#changeOf(hash);
      change.by++;
      change.bytes = bytes;
    }
  }

  remove(hashes: readonly Uint8Array[]): void {
    for (const hash of hashes) this.#changeOf(hash).by--;
  }

  /** @throws PhaError `database/wrong-count` */
  writes(): KeyValueWrite[] {
    const writes: KeyValueWrite[] = [];
    for (const { hash, bytes, by } of this.#changes.values()) {
      if (by === 0) continue;
      const stored = storedCount(this.#store, hash);
      // Only what comes may be new; what goes is there.
      const isThere = by < 0 || stored !== undefined || this.#store.get(nodeKey(hash));
      const before = isThere ? (stored ?? 1) : 0;
      const after = before + by;
      if (after < 0) throw wrongCount();
      if (before === 0 && bytes !== undefined) writes.push({ key: nodeKey(hash), value: bytes });
      if (after === 0) writes.push({ key: nodeKey(hash), value: undefined });
      writes.push(...countWrites(hash, stored, after));
    }
    return writes;
  }

  #changeOf(hash: Uint8Array): Change {
    const key = keyText(hash);
    let change = this.#changes.get(key);
    if (change === undefined) {
      change = { hash, bytes: undefined, by: 0 };
      this.#changes.set(key, change);
    }
    return change;
  }
}

/** What makes the stored count, which may be none, this one. */
export function countWrites(
  hash: Uint8Array,
  stored: number | undefined,
  count: number,
): KeyValueWrite[] {
  if (count > 1) return [{ key: countKey(hash), value: encode(u32, count) }];
  return stored === undefined ? [] : [{ key: countKey(hash), value: undefined }];
}

function storedCount(store: KeyValueStore, hash: Uint8Array): number | undefined {
  const bytes = store.get(countKey(hash));
  if (bytes === undefined) return undefined;
  const count = decode(u32, bytes);
  if (!count.ok) throw wrongCount();
  return count.value;
}

function wrongCount(): PhaError {
  return new PhaError("database/wrong-count", "a node of the state is counted wrongly", {
    hint: "stop the node and run pha db repair: it counts anew what the states need",
  });
}
