/**
 * Trie nodes in memory, counted: a node leaves when no root that was applied refers to it any more.
 *
 * **Bounds**: the nodes of the roots that were applied. **Trust**: the owner applies each change set once.
 */
import { assert } from "@pha/scale";
import type { NodeStore, TrieChanges } from "../trie/trie.ts";
import { HashTable } from "./hash-table.ts";

interface Counted {
  readonly bytes: Uint8Array;
  count: number;
}

export class MemoryNodes implements NodeStore {
  readonly #nodes = new HashTable<Counted>();

  get size(): number {
    return this.#nodes.size;
  }

  getNode(hash: Uint8Array): Uint8Array | undefined {
    return this.#nodes.get(hash)?.bytes;
  }

  /** Moves the store from one root to the next: adds what came, drops what nothing refers to any more. */
  apply(changes: Pick<TrieChanges, "inserted" | "removed">): void {
    this.insert(changes.inserted);
    for (const hash of changes.removed) {
      const node = this.#nodes.get(hash);
      assert(node !== undefined, "a removed node was inserted before");
      if (--node.count === 0) this.#nodes.delete(hash);
    }
  }

  /** Adds nodes and keeps those of older roots. */
  insert(inserted: TrieChanges["inserted"]): void {
    for (const { hash, bytes } of inserted) {
      const node = this.#nodes.get(hash);
      if (node === undefined) this.#nodes.set(hash, { bytes, count: 1 });
      else node.count++;
    }
  }
}
