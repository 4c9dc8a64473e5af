/**
 * A state trie at one root, read from a node store; nodes that were read stay in memory, linked to their parents.
 *
 * A trie never changes. `applyChanges` gives the next one, which shares every node that did not change.
 *
 * **Bounds**: `cacheNodes` nodes are kept in memory (plus those of the operation under way); when there are more, the
 * least recently used half is let go. Keys are at most `MAX_KEY_BYTES` long. **Trust**: the store is ours; a missing or
 * malformed node is an assertion, since going on would fork us off the chain. **Not here**: proofs of foreign origin
 * (`proof/verify-proof.ts`), which use the same walks.
 */
import { assert, equalBytes, fromHex } from "@pha/scale";
import { trimCache } from "./cache.ts";
import {
  childOffset,
  decodeNode,
  HASHED_NODE_BYTES,
  HASHED_VALUE,
  INLINE_VALUE,
  type TrieNode,
  viewOf,
} from "./node.ts";
import { findNode, visitKeysFrom } from "./walk.ts";

/** Layout of a trie: V1 keeps values of 33 bytes and more outside of their nodes. */
export type TrieVersion = 0 | 1;

/** Port to the nodes of all roots, by blake2b-256 of their bytes; holds the values that V1 keeps apart as well. */
export interface NodeStore {
  /** The bytes must stay as they are afterwards: nodes are read in place. */
  getNode(hash: Uint8Array): Uint8Array | undefined;
}

export interface TrieOptions {
  /** 32 bytes; `EMPTY_ROOT` needs nothing in the store. */
  readonly root: Uint8Array;
  /** Layout of what is written from now on; every layout can be read. */
  readonly version: TrieVersion;
  readonly nodes: NodeStore;
  /** Nodes kept in memory; default 65 536, about 32 MiB in a large state. */
  readonly cacheNodes?: number;
}

export interface KeysOptions {
  /** At most so many keys; default all. */
  readonly limit?: number;
  /** Only keys greater than this one. */
  readonly after?: Uint8Array;
}

export interface Trie {
  readonly root: Uint8Array;
  readonly version: TrieVersion;
  readonly nodes: NodeStore;
  /** Not to be modified by the caller. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Least key greater than `key`, which need not exist. */
  nextKey(key: Uint8Array): Uint8Array | undefined;
  /** Keys that start with the prefix, in order. */
  keys(prefix: Uint8Array, options?: KeysOptions): readonly Uint8Array[];
  /** Nodes in memory; for `applyChanges` and `createProof` of this package. */
  readonly cache: NodeCache;
}

/** Nodes of a trie that are in memory: the root, and from there the linked children. */
export interface NodeCache {
  root: TrieNode | undefined;
  /** Shared by all tries that come from one `openTrie`. */
  readonly budget: CacheBudget;
}

export interface CacheBudget {
  readonly limit: number;
  /** Nodes linked since the last count; at least as many as there are. */
  count: number;
  clock: number;
}

export interface TrieChanges {
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** The trie at the new root; put `inserted` into the store before reading it. */
  readonly trie: Trie;
  /**
   * One entry per place in the trie where a node or an outside value came to be; children come before parents. Equal
   * bytes at two places are two entries.
   */
  readonly inserted: readonly { readonly hash: Uint8Array; readonly bytes: Uint8Array }[];
  /**
   * One hash per place where a node or an outside value ceased to be. The same bytes may still stand elsewhere in the
   * trie: a store that deletes must count references (+1 per `inserted`, −1 per `removed`), as `MemoryNodes` does.
   */
  readonly removed: readonly Uint8Array[];
}

/** Root of the trie without keys: blake2b-256 of one zero byte. */
export const EMPTY_ROOT: Uint8Array = fromHex(
  "0x03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314",
);

/** Longest key of a storage trie; bounds how deep a walk recurses. */
export const MAX_KEY_BYTES = 1024;

export function openTrie({ root, version, nodes, cacheNodes = 65_536 }: TrieOptions): Trie {
  assert(root.length === 32, "a state root has 32 bytes");
  const budget = { limit: cacheNodes, count: 0, clock: 1 };
  return createTrie(root, version, nodes, { root: undefined, budget });
}

/** Trie over nodes that are in memory already. */
export function createTrie(
  root: Uint8Array,
  version: TrieVersion,
  nodes: NodeStore,
  cache: NodeCache,
): Trie {
  const load = (parent: TrieNode, nibble: number): TrieNode =>
    loadChild(nodes, cache.budget, parent, nibble);
  return {
    root,
    version,
    nodes,
    cache,
    get(key) {
      const top = startWalk(root, nodes, cache);
      if (top === undefined) return undefined;
      const node = findNode(top, key, load);
      return node === undefined || node === "missing" ? undefined : nodeValue(nodes, node);
    },
    nextKey(key) {
      const top = startWalk(root, nodes, cache);
      if (top === undefined) return undefined;
      let next: Uint8Array | undefined;
      visitKeysFrom(top, key, { inclusive: false }, load, (found) => {
        next = found;
        return false;
      });
      return next;
    },
    keys(prefix, { limit = Number.POSITIVE_INFINITY, after } = {}) {
      const found: Uint8Array[] = [];
      const top = startWalk(root, nodes, cache);
      if (top === undefined || limit < 1) return found;
      const isAfter = after !== undefined && !isLess(after, prefix);
      visitKeysFrom(top, isAfter ? after : prefix, { inclusive: !isAfter }, load, (key) => {
        if (!startsWith(key, prefix)) return false;
        found.push(key);
        return found.length < limit;
      });
      return found;
    },
  };
}

/** The root node in memory, `undefined` for the empty trie; also the moment to let old nodes go. */
export function startWalk(
  root: Uint8Array,
  nodes: NodeStore,
  cache: NodeCache,
): TrieNode | undefined {
  if (cache.root === undefined) {
    if (equalBytes(root, EMPTY_ROOT)) return undefined;
    cache.root = readNode(nodes, root);
    cache.budget.count++;
  }
  cache.budget.clock++;
  if (cache.budget.count > cache.budget.limit) trimCache(cache.root, cache.budget);
  return cache.root;
}

/** The child at a nibble whose bit is set, from now on in memory. */
export function loadChild(
  nodes: NodeStore,
  budget: CacheBudget,
  parent: TrieNode,
  nibble: number,
): TrieNode {
  let kids = parent.kids;
  const known = kids?.[nibble];
  if (known !== undefined) {
    known.usedAt = budget.clock;
    return known;
  }
  const node = readChild(nodes, parent, nibble);
  node.usedAt = budget.clock;
  if (kids === undefined) {
    kids = new Array<TrieNode | undefined>(16).fill(undefined);
    parent.kids = kids;
  }
  kids[nibble] = node;
  budget.count++;
  return node;
}

/** The child at a nibble whose bit is set, not kept: for a parent that is about to be replaced. */
export function readChild(nodes: NodeStore, parent: TrieNode, nibble: number): TrieNode {
  const at = childOffset(parent, nibble);
  const length = (parent.bytes[at] ?? 0) >> 2;
  const merkle = viewOf(parent.bytes, at + 1, length);
  const node = length < HASHED_NODE_BYTES ? decodeNode(merkle) : readNode(nodes, merkle);
  assert(node !== undefined, "the store holds well-formed nodes");
  return node;
}

/** Value of a node that has one, from the store where V1 keeps it apart. */
export function nodeValue(nodes: NodeStore, node: TrieNode): Uint8Array | undefined {
  if (node.valueKind === INLINE_VALUE) return node.bytes.subarray(node.valueFrom, node.valueTo);
  if (node.valueKind !== HASHED_VALUE) return undefined;
  const value = nodes.getNode(node.bytes.subarray(node.valueFrom, node.valueTo));
  assert(value !== undefined, "the store holds every value of an open trie");
  return value;
}

function readNode(nodes: NodeStore, hash: Uint8Array): TrieNode {
  const bytes = nodes.getNode(hash);
  assert(bytes !== undefined, "the store holds every node of an open trie");
  const node = decodeNode(bytes);
  assert(node !== undefined, "the store holds well-formed nodes");
  return node;
}

function isLess(a: Uint8Array, b: Uint8Array): boolean {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return (a[i] ?? 0) < (b[i] ?? 0);
  }
  return a.length < b.length;
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  if (key.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (key[i] !== prefix[i]) return false;
  return true;
}
