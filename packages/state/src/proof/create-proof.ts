/**
 * Read proof: the nodes and outside values that show what stands at some keys, or that nothing does.
 *
 * Nodes that stand inside their parent are not listed again; no entry appears twice; the root is always there.
 */
import { HashTable } from "../store/hash-table.ts";
import { childOffset, HASHED_NODE_BYTES, HASHED_VALUE, type TrieNode } from "../trie/node.ts";
import { loadChild, nodeValue, startWalk, type Trie } from "../trie/trie.ts";
import { findNode, visitKeysFrom } from "../trie/walk.ts";

export interface ProofRequest {
  /** Also prove the answer of `nextKey` for these keys. */
  readonly nextKeys?: readonly Uint8Array[];
}

/** Proof of the values at `keys`, absent ones included. */
export function createProof(
  trie: Trie,
  keys: readonly Uint8Array[],
  { nextKeys = [] }: ProofRequest = {},
): readonly Uint8Array[] {
  const { nodes, cache } = trie;
  const root = startWalk(trie.root, nodes, cache);
  if (root === undefined) return [Uint8Array.of(0)];
  const seen = new HashTable<true>();
  const proof: Uint8Array[] = [];
  const add = (hash: Uint8Array, bytes: Uint8Array): void => {
    if (seen.get(hash) !== undefined) return;
    seen.set(hash, true);
    proof.push(bytes);
  };
  add(trie.root, root.bytes);
  const load = (parent: TrieNode, nibble: number): TrieNode => {
    const child = loadChild(nodes, cache.budget, parent, nibble);
    const at = childOffset(parent, nibble) + 1;
    if ((parent.bytes[at - 1] ?? 0) >> 2 === HASHED_NODE_BYTES)
      add(parent.bytes.subarray(at, at + HASHED_NODE_BYTES), child.bytes);
    return child;
  };
  for (const key of keys) {
    const node = findNode(root, key, load);
    if (node === undefined || node === "missing" || node.valueKind !== HASHED_VALUE) continue;
    const value = nodeValue(nodes, node);
    if (value !== undefined) add(node.bytes.subarray(node.valueFrom, node.valueTo), value);
  }
  for (const key of nextKeys) visitKeysFrom(root, key, { inclusive: false }, load, () => false);
  return proof;
}
