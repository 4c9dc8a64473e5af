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
import { assemble, leaf, noKids } from "./assemble.ts";
import {
  type Batch,
  type Changes,
  changedValue,
  childOf,
  createBatch,
  inOrder,
  insertNode,
  insertValue,
  keyAt,
  ownValue,
  valueAt,
} from "./batch.ts";
import { type NibbleRun, type NodeValue, noValue, withPartial } from "./encode-node.ts";
import { commonNibbles, nibbleAt } from "./nibbles.ts";
import { childOffset, HASHED_NODE_BYTES, matchPartial, type TrieNode, viewOf } from "./node.ts";
import { branchBytes } from "./node-bytes.ts";
import { createTrie, EMPTY_ROOT, startWalk, type Trie, type TrieChanges } from "./trie.ts";

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
  const bytes = branchBytes(node.bytes.length);
  bytes.set(node.bytes);
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

/** End of the run of changes from `at` on that have the nibble at `depth`. */
function groupEnd(changes: Changes, at: number, hi: number, depth: number, nibble: number): number {
  let end = at + 1;
  while (end < hi && nibbleAt(keyAt(changes, end), depth) === nibble) end++;
  return end;
}
