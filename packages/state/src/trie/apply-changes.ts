/**
 * Changes of a block applied to a trie: one pass over the sorted changes and the nodes they touch.
 *
 * `update` takes a node and the run of changes below it and gives the node that replaces it (the same node when nothing
 * changed, `undefined` when nothing is left). A new node is hashed when its parent is written, so a node that merges
 * into its neighbour is never hashed. Where only hashes of children changed, the parent is a copy with those 32 bytes
 * overwritten.
 *
 * **Bounds**: recursion is at most two levels per byte of a key (`MAX_KEY_BYTES`). **Trust**: changes are ours; nodes
 * come from our store.
 *
 * Values are written in the layout of the trie. A value of the other layout stays as it is until it is written again,
 * even when its node is written because of a child: that is what the reference node does.
 */
import { blake2b256 } from "@pha/crypto";
import { assert, compareBytes } from "@pha/scale";
import {
  encodeBranch,
  encodeLeaf,
  type KeptChildren,
  type NibbleRun,
  type NodeValue,
  noValue,
  withPartial,
} from "./encode-node.ts";
import { commonNibbles, NibblePath, nibbleAt } from "./nibbles.ts";
import {
  childOffset,
  HASHED_NODE_BYTES,
  HASHED_VALUE,
  HASHED_VALUE_BYTES,
  INLINE_VALUE,
  matchPartial,
  NO_VALUE,
  type TrieNode,
  viewOf,
} from "./node.ts";
import {
  type CacheBudget,
  createTrie,
  EMPTY_ROOT,
  MAX_KEY_BYTES,
  type NodeStore,
  readChild,
  startWalk,
  type Trie,
  type TrieChanges,
  type TrieVersion,
} from "./trie.ts";

/** Keys with new values; `undefined` deletes. Of two changes of one key the later counts. */
export type Changes = readonly (readonly [key: Uint8Array, value: Uint8Array | undefined])[];

/** The trie after the changes. The given trie stays usable. */
export function applyChanges(trie: Trie, changes: Changes): TrieChanges {
  const { nodes, version, cache } = trie;
  const batch = createBatch(inOrder(changes), version, nodes, cache.budget, {});
  const before = startWalk(trie.root, nodes, cache);
  const after = changes.length === 0 ? before : update(batch, before, 0, 0, batch.changes.length);
  if (after === before) return { root: trie.root, trie, inserted: [], removed: [] };
  if (before !== undefined) {
    batch.removed.push(trie.root);
    cache.budget.count--;
  }
  const root = after === undefined ? EMPTY_ROOT : insertNode(batch, after);
  const next = createTrie(root, version, nodes, { root: after, budget: cache.budget });
  return { root, trie: next, inserted: batch.inserted, removed: batch.removed };
}

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

/** Trie of the puts among changes `lo` to `hi`, which agree on the first `depth` nibbles. */
export function build(batch: Batch, depth: number, lo: number, hi: number): TrieNode | undefined {
  const { changes } = batch;
  let first = lo;
  let last = hi - 1;
  while (first <= last && valueAt(changes, first) === undefined) first++;
  while (last > first && valueAt(changes, last) === undefined) last--;
  if (first > last) return undefined;
  const key = keyAt(changes, first);
  if (first === last) {
    const partial = { bytes: key, from: depth, to: key.length * 2 };
    const known = batch.knownLeaf?.(key, partial);
    return known ?? leaf(batch, partial, insertValue(batch, valueAt(changes, first)));
  }
  const base = depth + commonNibbles(key, keyAt(changes, last), depth);
  const kids = noKids();
  let at = first;
  let value = noValue;
  if (key.length * 2 === base) {
    value = insertValue(batch, valueAt(changes, first));
    at++;
  }
  for (let next = at; at <= last; at = next) {
    const nibble = nibbleAt(keyAt(changes, at), base);
    next = groupEnd(changes, at, last + 1, base, nibble);
    kids[nibble] = build(batch, base + 1, at, next);
  }
  return assemble(batch, { bytes: key, from: depth, to: base }, value, undefined, kids);
}

function update(
  batch: Batch,
  node: TrieNode | undefined,
  depth: number,
  lo: number,
  hi: number,
): TrieNode | undefined {
  if (node === undefined) return build(batch, depth, lo, hi);
  const { changes } = batch;
  const length = node.partialTo - node.partialFrom;
  let from = lo;
  let to = hi;
  if (
    length > 0 &&
    (matchPartial(node, keyAt(changes, lo), depth) < length ||
      matchPartial(node, keyAt(changes, hi - 1), depth) < length)
  ) {
    // Some keys leave the path inside the edge: puts split it, deletes there mean nothing.
    let split = length;
    for (let i = lo; i < hi; i++) {
      if (valueAt(changes, i) === undefined) continue;
      split = Math.min(split, matchPartial(node, keyAt(changes, i), depth));
    }
    while (from < to && matchPartial(node, keyAt(changes, from), depth) < split) from++;
    while (from < to && matchPartial(node, keyAt(changes, to - 1), depth) < split) to--;
    if (split < length) return splitEdge(batch, node, depth, split, from, to);
    if (from === to) return node;
  }
  return updateAt(batch, node, depth, from, to);
}

/** Update below a node whose whole path all the changes share. */
function updateAt(
  batch: Batch,
  node: TrieNode,
  depth: number,
  lo: number,
  hi: number,
): TrieNode | undefined {
  const { changes, removed } = batch;
  const base = depth + node.partialTo - node.partialFrom;
  let at = lo;
  let value: NodeValue | undefined;
  if (keyAt(changes, lo).length * 2 === base) {
    value = changedValue(batch, node, valueAt(changes, lo));
    at++;
  }
  let kids: (TrieNode | undefined)[] | undefined;
  let changed = 0;
  let onlyHashes = value === undefined;
  for (let next = at; at < hi; at = next) {
    const nibble = nibbleAt(keyAt(changes, at), base);
    const bit = 1 << nibble;
    next = groupEnd(changes, at, hi, base, nibble);
    const had = (node.bitmap & bit) !== 0;
    const kid = had ? childOf(batch, node, nibble) : undefined;
    const now = update(batch, kid, base + 1, at, next);
    if (now === kid) continue;
    if (had) {
      if (node.kids?.[nibble] !== undefined) batch.budget.count--;
      const offset = childOffset(node, nibble);
      if (node.bytes[offset] === 128) removed.push(viewOf(node.bytes, offset + 1, 32));
      else onlyHashes = false;
    }
    if (!had || now === undefined || now.bytes.length < HASHED_NODE_BYTES) onlyHashes = false;
    kids ??= node.kids === undefined ? noKids() : node.kids.slice();
    kids[nibble] = now;
    changed |= bit;
  }
  if (changed === 0 && value === undefined) return node;
  if (onlyHashes && kids !== undefined) return patch(batch, node, kids, changed);
  const key = keyAt(changes, lo);
  return rebuild(batch, node, { bytes: key, from: depth, to: base }, value, kids, changed);
}

/** Copy of a branch with the hashes of changed children overwritten. */
function patch(
  batch: Batch,
  node: TrieNode,
  kids: (TrieNode | undefined)[],
  changed: number,
): TrieNode {
  const bytes = node.bytes.slice();
  for (let rest = changed; rest !== 0; rest &= rest - 1) {
    const nibble = 31 - Math.clz32(rest & -rest);
    const kid = kids[nibble];
    if (kid !== undefined) bytes.set(insertNode(batch, kid), childOffset(node, nibble) + 1);
  }
  batch.budget.count++;
  return {
    bytes,
    partialFrom: node.partialFrom,
    partialTo: node.partialTo,
    bitmap: node.bitmap,
    valueKind: node.valueKind,
    valueFrom: node.valueFrom,
    valueTo: node.valueTo,
    childrenFrom: node.childrenFrom,
    uniform: node.uniform,
    sealed: undefined,
    kids,
    usedAt: batch.budget.clock,
  };
}

/** Node with another value or another set of children. */
function rebuild(
  batch: Batch,
  node: TrieNode,
  partial: NibbleRun,
  value: NodeValue | undefined,
  kids: (TrieNode | undefined)[] | undefined,
  changed: number,
): TrieNode | undefined {
  const kept = { node, mask: node.bitmap & ~changed };
  return assemble(batch, partial, value ?? ownValue(node), kept, kids ?? node.kids?.slice());
}

/** An edge that puts leave after `split` nibbles: a branch there, the old node one nibble further. */
function splitEdge(
  batch: Batch,
  node: TrieNode,
  depth: number,
  split: number,
  lo: number,
  hi: number,
): TrieNode | undefined {
  const { changes } = batch;
  const base = depth + split;
  const key = keyAt(changes, lo);
  const edge = node.partialFrom + split;
  const tail = nibbleAt(node.bytes, edge);
  const kids = noKids();
  kids[tail] = withPartial(node, { bytes: node.bytes, from: edge + 1, to: node.partialTo });
  let at = lo;
  let value = noValue;
  if (key.length * 2 === base) {
    const put = valueAt(changes, lo);
    if (put !== undefined) value = insertValue(batch, put);
    at++;
  }
  for (let next = at; at < hi; at = next) {
    const nibble = nibbleAt(keyAt(changes, at), base);
    next = groupEnd(changes, at, hi, base, nibble);
    kids[nibble] = update(batch, kids[nibble], base + 1, at, next);
  }
  return assemble(batch, { bytes: key, from: depth, to: base }, value, undefined, kids);
}

/**
 * The node of a value, new children and unchanged children: a branch, or what a branch with too little in it becomes.
 *
 * @param kids children in memory; those outside the mask of `kept` are new
 */
function assemble(
  batch: Batch,
  partial: NibbleRun,
  value: NodeValue,
  kept: KeptChildren | undefined,
  kids: (TrieNode | undefined)[] | undefined,
): TrieNode | undefined {
  const mask = kept?.mask ?? 0;
  let bitmap = mask;
  if (kids !== undefined)
    for (let nibble = 0; nibble < 16; nibble++)
      if (kids[nibble] !== undefined) bitmap |= 1 << nibble;
  if (bitmap === 0) return value.kind === NO_VALUE ? undefined : leaf(batch, partial, value);
  if (value.kind === NO_VALUE && (bitmap & (bitmap - 1)) === 0)
    return collapse(batch, partial, 31 - Math.clz32(bitmap), kept, kids);
  const merkles = new Array<Uint8Array | undefined>(16).fill(undefined);
  for (let rest = bitmap & ~mask; rest !== 0; rest &= rest - 1) {
    const nibble = 31 - Math.clz32(rest & -rest);
    const kid = kids?.[nibble];
    if (kid === undefined) continue;
    const isShort = kid.sealed === undefined && kid.bytes.length < HASHED_NODE_BYTES;
    merkles[nibble] = isShort ? kid.bytes : insertNode(batch, kid);
    if (kid.sealed !== undefined && kids !== undefined) kids[nibble] = undefined;
  }
  batch.budget.count++;
  const node = encodeBranch(partial, value, bitmap, merkles, kept);
  node.kids = kids;
  node.usedAt = batch.budget.clock;
  return node;
}

function leaf(batch: Batch, partial: NibbleRun, value: NodeValue): TrieNode {
  batch.budget.count++;
  const node = encodeLeaf(partial, value);
  node.usedAt = batch.budget.clock;
  return node;
}

/** A branch without value and with one child is that child with a longer partial key. */
function collapse(
  batch: Batch,
  partial: NibbleRun,
  nibble: number,
  kept: KeptChildren | undefined,
  kids: (TrieNode | undefined)[] | undefined,
): TrieNode {
  let kid = kids?.[nibble];
  if (kept !== undefined && kept.mask !== 0) {
    const { node } = kept;
    kid = childOf(batch, node, nibble);
    const at = childOffset(node, nibble);
    if (node.bytes[at] === 128) batch.removed.push(viewOf(node.bytes, at + 1, 32));
  }
  assert(kid !== undefined && kid.sealed === undefined, "the only child left is known");
  const path = new NibblePath();
  const length = partial.to - partial.from + 1 + kid.partialTo - kid.partialFrom;
  if (length % 2 === 1) path.push(0);
  path.pushFrom(partial.bytes, partial.from, partial.to);
  path.push(nibble);
  path.pushFrom(kid.bytes, kid.partialFrom, kid.partialTo);
  const bytes = path.toBytes();
  assert(bytes !== undefined, "the path was padded to whole bytes");
  const merged = withPartial(kid, { bytes, from: length % 2, to: bytes.length * 2 });
  merged.usedAt = batch.budget.clock;
  return merged;
}

/** The value part after a change, `undefined` when it stays as it is. */
function changedValue(
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

function insertValue(batch: Batch, value: Uint8Array | undefined): NodeValue {
  assert(value !== undefined, "only puts are built");
  if (batch.version === 0 || value.length < HASHED_VALUE_BYTES)
    return { kind: INLINE_VALUE, bytes: value, from: 0, to: value.length };
  const hash = batch.hash(value);
  batch.inserted.push({ hash, bytes: value });
  return { kind: HASHED_VALUE, bytes: hash, from: 0, to: 32 };
}

function ownValue(node: TrieNode): NodeValue {
  return { kind: node.valueKind, bytes: node.bytes, from: node.valueFrom, to: node.valueTo };
}

/** The child, which is not linked to a parent that will be replaced: dead parents would keep it alive for long. */
function childOf(batch: Batch, parent: TrieNode, nibble: number): TrieNode {
  return parent.kids?.[nibble] ?? readChild(batch.nodes, parent, nibble);
}

/** End of the run of changes from `at` on that have the nibble at `depth`. */
function groupEnd(changes: Changes, at: number, hi: number, depth: number, nibble: number): number {
  let end = at + 1;
  while (end < hi && nibbleAt(keyAt(changes, end), depth) === nibble) end++;
  return end;
}

function keyAt(changes: Changes, index: number): Uint8Array {
  const change = changes[index];
  assert(change !== undefined, "the run of changes is in range");
  return change[0];
}

function valueAt(changes: Changes, index: number): Uint8Array | undefined {
  return changes[index]?.[1];
}

function noKids(): (TrieNode | undefined)[] {
  return new Array<TrieNode | undefined>(16).fill(undefined);
}

function isSameRange(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  if (a.length !== to - from) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[from + i]) return false;
  return true;
}
