/** What one pass over the changes of a block collects, and how values get into nodes. */
import { blake2b256 } from "@pha/crypto";
import { assert, compareBytes } from "@pha/scale";
import { type NibbleRun, type NodeValue, noValue } from "./encode-node.ts";
import {
  HASHED_VALUE,
  HASHED_VALUE_BYTES,
  INLINE_VALUE,
  NO_VALUE,
  type TrieNode,
  viewOf,
} from "./node.ts";
import {
  type CacheBudget,
  MAX_KEY_BYTES,
  type NodeStore,
  readChild,
  type TrieVersion,
} from "./trie.ts";

/** Keys with new values; `undefined` deletes. Of two changes of one key the later counts. */
export type Changes = readonly (readonly [key: Uint8Array, value: Uint8Array | undefined])[];

/** What one pass needs, besides the node at hand. */
export interface Batch {
  readonly changes: Changes;
  readonly version: TrieVersion;
  readonly nodes: NodeStore;
  readonly budget: CacheBudget;
  readonly inserted: { readonly hash: Uint8Array; readonly bytes: Uint8Array }[];
  readonly removed: Uint8Array[];
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  /** Leaf for a key that is known by less than its value; `undefined` for an ordinary key. */
  readonly knownLeaf: ((key: Uint8Array, partial: NibbleRun) => TrieNode | undefined) | undefined;
}

export function createBatch(
  changes: Changes,
  version: TrieVersion,
  nodes: NodeStore,
  budget: CacheBudget,
  { hash = blake2b256, knownLeaf }: Partial<Pick<Batch, "hash" | "knownLeaf">>,
): Batch {
  return { changes, version, nodes, budget, inserted: [], removed: [], hash, knownLeaf };
}

/** Changes by ascending keys, the last of each key. */
export function inOrder(changes: Changes): Changes {
  let ordered = true;
  for (let i = 0; i < changes.length; i++) {
    const key = keyAt(changes, i);
    assert(key.length <= MAX_KEY_BYTES, "a storage key has at most 1024 bytes");
    if (i > 0 && compareBytes(keyAt(changes, i - 1), key) >= 0) ordered = false;
  }
  if (ordered) return changes;
  const sorted = changes.toSorted((a, b) => compareBytes(a[0], b[0]));
  return sorted.filter((change, i) => {
    const next = sorted[i + 1];
    return next === undefined || compareBytes(next[0], change[0]) !== 0;
  });
}

/** Hash of a new node, which from now on belongs to the trie. */
export function insertNode(batch: Batch, node: TrieNode): Uint8Array {
  if (node.sealed !== undefined) return node.sealed;
  const hash = batch.hash(node.bytes);
  batch.inserted.push({ hash, bytes: node.bytes });
  return hash;
}

/** The child, which is not linked to a parent that will be replaced: dead parents would keep it alive for long. */
export function childOf(batch: Batch, parent: TrieNode, nibble: number): TrieNode {
  return parent.kids?.[nibble] ?? readChild(batch.nodes, parent, nibble);
}

export function keyAt(changes: Changes, index: number): Uint8Array {
  const change = changes[index];
  assert(change !== undefined, "the run of changes is in range");
  return change[0];
}

export function valueAt(changes: Changes, index: number): Uint8Array | undefined {
  return changes[index]?.[1];
}

/** The value part after a change, `undefined` when it stays as it is. */
export function changedValue(
  batch: Batch,
  node: TrieNode,
  value: Uint8Array | undefined,
): NodeValue | undefined {
  if (value === undefined) {
    if (node.valueKind === NO_VALUE) return undefined;
    removeValue(batch, node);
    return noValue;
  }
  const isHashed = batch.version === 1 && value.length >= HASHED_VALUE_BYTES;
  const stored = isHashed ? batch.hash(value) : value;
  if (
    node.valueKind === (isHashed ? HASHED_VALUE : INLINE_VALUE) &&
    isSameRange(stored, node.bytes, node.valueFrom, node.valueTo)
  )
    return undefined;
  removeValue(batch, node);
  if (isHashed) batch.inserted.push({ hash: stored, bytes: value });
  const kind = isHashed ? HASHED_VALUE : INLINE_VALUE;
  return { kind, bytes: stored, from: 0, to: stored.length };
}

function removeValue(batch: Batch, node: TrieNode): void {
  if (node.valueKind === HASHED_VALUE) batch.removed.push(viewOf(node.bytes, node.valueFrom, 32));
}

export function insertValue(batch: Batch, value: Uint8Array | undefined): NodeValue {
  assert(value !== undefined, "only puts are built");
  if (batch.version === 0 || value.length < HASHED_VALUE_BYTES)
    return { kind: INLINE_VALUE, bytes: value, from: 0, to: value.length };
  const hash = batch.hash(value);
  batch.inserted.push({ hash, bytes: value });
  return { kind: HASHED_VALUE, bytes: hash, from: 0, to: 32 };
}

export function ownValue(node: TrieNode): NodeValue {
  return { kind: node.valueKind, bytes: node.bytes, from: node.valueFrom, to: node.valueTo };
}

function isSameRange(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  if (a.length !== to - from) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[from + i]) return false;
  return true;
}
