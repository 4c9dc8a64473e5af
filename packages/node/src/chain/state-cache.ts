/**
 * Tries of blocks that were used lately.
 *
 * Tries of blocks that were executed here derive from one another and share a large cache of nodes; states of the past
 * that someone asks for get small caches of their own and do not push those out.
 *
 * **Bounds**: `RECENT` executed states, `PAST` others with `PAST_NODES` nodes each; the least recently used goes first.
 */
import { type NodeStore, openTrie, type Trie } from "@pha/state";
import { keyText } from "../database/key-text.ts";

const RECENT = 16;
const PAST = 32;
const PAST_NODES = 2_048;

export class StateCache {
  readonly #nodes: NodeStore;
  readonly #recent = new Map<string, Trie>();
  readonly #past = new Map<string, Trie>();

  constructor(nodes: NodeStore) {
    this.#nodes = nodes;
  }

  /** State at a root that is in the store. */
  at(root: Uint8Array): Trie {
    const key = keyText(root);
    const recent = this.#recent.get(key);
    if (recent) return recent;
    const nodes = this.#nodes;
    const trie =
      this.#past.get(key) ?? openTrie({ root, version: 1, nodes, cacheNodes: PAST_NODES });
    putLast(this.#past, key, trie, PAST);
    return trie;
  }

  /** State of a block that was executed just now. */
  add(trie: Trie): void {
    putLast(this.#recent, keyText(trie.root), trie, RECENT);
  }

  /** State that the next block will build on. */
  open(root: Uint8Array): Trie {
    const trie = openTrie({ root, version: 1, nodes: this.#nodes });
    this.add(trie);
    return trie;
  }
}

function putLast(tries: Map<string, Trie>, key: string, trie: Trie, limit: number): void {
  tries.delete(key);
  tries.set(key, trie);
  if (tries.size <= limit) return;
  for (const oldest of tries.keys()) {
    tries.delete(oldest);
    return;
  }
}
