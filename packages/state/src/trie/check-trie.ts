/**
 * Whether all of a trie is in a store, and is what its hashes say.
 *
 * **Bounds**: no recursion; the stack is as long as the trie is deep, times sixteen. **Trust**: nothing that the store
 * gives is believed before its hash was computed.
 */
import { blake2b256 } from "@pha/crypto";
import { equalBytes } from "@pha/scale";
import { HashTable } from "../store/hash-table.ts";
import { decodeNode, HASHED_NODE_BYTES, HASHED_VALUE, type TrieNode } from "./node.ts";
import { EMPTY_ROOT, type NodeStore } from "./trie.ts";

export interface TrieFault {
  readonly kind: "missing" | "wrong-bytes" | "malformed";
  /** Of the node or outside value. */
  readonly hash: Uint8Array;
}

/** Nodes of tries that were found whole: what is shared with them is not read again. */
export type SoundNodes = HashTable<true>;

export function noSoundNodes(): SoundNodes {
  return new HashTable<true>();
}

/** The first fault; `undefined` when the trie is whole, all of whose nodes are in `sound` then. */
export function checkTrie(
  nodes: NodeStore,
  root: Uint8Array,
  sound: SoundNodes,
): TrieFault | undefined {
  if (equalBytes(root, EMPTY_ROOT)) return undefined;
  const seen = noSoundNodes();
  const visited: Uint8Array[] = [];
  const pending: Uint8Array[] = [root];
  for (let hash = pending.pop(); hash !== undefined; hash = pending.pop()) {
    if (sound.get(hash) || seen.get(hash)) continue;
    const bytes = nodes.getNode(hash);
    if (bytes === undefined) return { kind: "missing", hash };
    if (!equalBytes(blake2b256(bytes), hash)) return { kind: "wrong-bytes", hash };
    const node = decodeNode(bytes);
    if (node === undefined) return { kind: "malformed", hash };
    const fault = checkParts(nodes, node, pending);
    if (fault) return { ...fault, hash: fault.hash ?? hash };
    seen.set(hash, true);
    visited.push(hash);
  }
  for (const hash of visited) sound.set(hash, true);
  return undefined;
}

/** Outside values of a node and of those that stand in it; their hashed children become pending. */
function checkParts(
  nodes: NodeStore,
  top: TrieNode,
  pending: Uint8Array[],
): { readonly kind: TrieFault["kind"]; readonly hash?: Uint8Array } | undefined {
  const inner: TrieNode[] = [top];
  for (let node = inner.pop(); node !== undefined; node = inner.pop()) {
    if (node.valueKind === HASHED_VALUE) {
      const hash = node.bytes.slice(node.valueFrom, node.valueTo);
      const value = nodes.getNode(hash);
      if (value === undefined) return { kind: "missing", hash };
      if (!equalBytes(blake2b256(value), hash)) return { kind: "wrong-bytes", hash };
    }
    let at = node.childrenFrom;
    for (let rest = node.bitmap; rest !== 0; rest &= rest - 1) {
      const length = (node.bytes[at] ?? 0) >> 2;
      const merkle = node.bytes.slice(at + 1, at + 1 + length);
      at += 1 + length;
      if (length === HASHED_NODE_BYTES) {
        pending.push(merkle);
        continue;
      }
      const child = decodeNode(merkle);
      if (child === undefined) return { kind: "malformed" };
      inner.push(child);
    }
  }
  return undefined;
}
