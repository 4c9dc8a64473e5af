/** Nodes from their parts, in the only shape that the trie allows for them. */
import { assert } from "@pha/scale";
import { type Batch, childOf, insertNode } from "./batch.ts";
import {
  encodeBranch,
  encodeLeaf,
  type KeptChildren,
  type NibbleRun,
  type NodeValue,
  withPartial,
} from "./encode-node.ts";
import { NibblePath } from "./nibbles.ts";
import { childOffset, HASHED_NODE_BYTES, NO_VALUE, type TrieNode, viewOf } from "./node.ts";

/**
 * The node of a value, new children and unchanged children: a branch, or what a branch with too little in it becomes.
 *
 * @param kids children in memory; those outside the mask of `kept` are new
 */
export function assemble(
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

export function leaf(batch: Batch, partial: NibbleRun, value: NodeValue): TrieNode {
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

export function noKids(): (TrieNode | undefined)[] {
  return new Array<TrieNode | undefined>(16).fill(undefined);
}
