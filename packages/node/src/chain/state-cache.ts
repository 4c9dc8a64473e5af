/**
 * Tries of blocks that were used lately.
 *
 * **Bounds**: `limit` tries; the least recently used goes first. Tries derived from one another share their nodes.
 */

import { type NodeStore, openTrie, type Trie } from "@pha/state";
import { keyText } from "../database/key-text.ts";

export class StateCache {
  readonly #nodes: NodeStore;
  readonly #limit: number;
  readonly #tries = new Map<string, Trie>();

  constructor(nodes: NodeStore, limit = 64) {
    this.#nodes = nodes;
    this.#limit = limit;
  }

  /** State at a root that is in the store. */
  at(root: Uint8Array): Trie {
    const key = keyText(root);
    const known = this.#tries.get(key);
    const trie = known ?? openTrie({ root, version: 1, nodes: this.#nodes, cacheNodes: 4_096 });
    this.#tries.delete(key);
    this.add(trie);
    return trie;
  }

  add(trie: Trie): void {
    this.#tries.set(keyText(trie.root), trie);
    if (this.#tries.size <= this.#limit) return;
    for (const oldest of this.#tries.keys()) {
      this.#tries.delete(oldest);
      return;
    }
  }
}
