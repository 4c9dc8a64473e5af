/**
 * Walks over a trie that do not care where its nodes come from: a store that has them all, or a proof that has some.
 *
 * **Bounds**: no recursion; the stack is as deep as the trie. **Trust**: nodes are decoded, that is well-formed.
 */

import { NibblePath, nibbleAt } from "./nibbles.ts";
import { matchPartial, NO_VALUE, type TrieNode } from "./node.ts";

/** Child at a nibble whose bit is set; `undefined` when the source does not have it. */
export type LoadChild = (parent: TrieNode, nibble: number) => TrieNode | undefined;

/** The node at a key, `undefined` where the trie proves that there is none; the node may have no value. */
export function findNode(
  root: TrieNode,
  key: Uint8Array,
  load: LoadChild,
): TrieNode | undefined | "missing" {
  const end = key.length * 2;
  let node = root;
  let depth = 0;
  for (;;) {
    const length = node.partialTo - node.partialFrom;
    if (matchPartial(node, key, depth) < length) return undefined;
    depth += length;
    if (depth === end) return node;
    const nibble = nibbleAt(key, depth);
    if ((node.bitmap & (1 << nibble)) === 0) return undefined;
    const child = load(node, nibble);
    if (child === undefined) return "missing";
    node = child;
    depth++;
  }
}

interface Frame {
  readonly node: TrieNode;
  /** Path up to and with the partial key of the node. */
  readonly depth: number;
  next: number;
}

/**
 * Visits the keys from `start` on, in order, until the visitor returns false.
 *
 * @returns "missing" when the source lacks a node on the way; keys visited before are right
 */
export function visitKeysFrom(
  root: TrieNode,
  start: Uint8Array,
  { inclusive }: { readonly inclusive: boolean },
  load: LoadChild,
  visit: (key: Uint8Array) => boolean,
): "done" | "missing" {
  const path = new NibblePath();
  const stack: Frame[] = [];
  const enter = (node: TrieNode): boolean => {
    path.pushFrom(node.bytes, node.partialFrom, node.partialTo);
    stack.push({ node, depth: path.length, next: 0 });
    if (node.valueKind === NO_VALUE) return true;
    const key = path.toBytes();
    return key === undefined || visit(key);
  };

  const end = start.length * 2;
  for (let node = root; ; ) {
    const length = node.partialTo - node.partialFrom;
    const same = matchPartial(node, start, path.length);
    const depth = path.length + same;
    if (same < length) {
      const isGreater =
        depth === end || nibbleAt(node.bytes, node.partialFrom + same) > nibbleAt(start, depth);
      if (isGreater && !enter(node)) return "done";
      break;
    }
    if (depth === end) {
      if (inclusive) {
        if (!enter(node)) return "done";
      } else {
        path.pushFrom(node.bytes, node.partialFrom, node.partialTo);
        stack.push({ node, depth, next: 0 });
      }
      break;
    }
    path.pushFrom(node.bytes, node.partialFrom, node.partialTo);
    const nibble = nibbleAt(start, depth);
    stack.push({ node, depth, next: nibble + 1 });
    if ((node.bitmap & (1 << nibble)) === 0) break;
    const child = load(node, nibble);
    if (child === undefined) return "missing";
    path.push(nibble);
    node = child;
  }

  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { node, next } = frame;
    const rest = node.bitmap & (-1 << next);
    if (rest === 0 || next > 15) {
      stack.pop();
      continue;
    }
    const nibble = 31 - Math.clz32(rest & -rest);
    frame.next = nibble + 1;
    path.length = frame.depth;
    path.push(nibble);
    const child = load(node, nibble);
    if (child === undefined) return "missing";
    if (!enter(child)) return "done";
  }
  return "done";
}
