/**
 * What one trie has and another has not, place by place.
 *
 * A place is a path and what stands there: a node that has a hash of its own, or an outside value. Both tries are
 * walked in the order of their paths; where the same hash stands at the same path nothing below differs.
 *
 * **Bounds**: no recursion; a stack is as long as a trie is deep, times sixteen. **Trust**: the store is ours and has
 * every node of both; what is missing is an assertion, so damaged stores are looked at with `checkTrie` first.
 */
import { assert, equalBytes } from "@pha/scale";
import { nibbleAt } from "./nibbles.ts";
import { decodeNode, HASHED_NODE_BYTES, HASHED_VALUE } from "./node.ts";
import { EMPTY_ROOT, type NodeStore } from "./trie.ts";

export interface TrieDifference {
  /** Hashes at places of the second trie alone; one entry for each place. */
  readonly inserted: readonly Uint8Array[];
  /** Hashes at places of the first trie alone. */
  readonly removed: readonly Uint8Array[];
}

/** From `EMPTY_ROOT` it inserts every place of the second trie. */
export function compareTries(nodes: NodeStore, from: Uint8Array, to: Uint8Array): TrieDifference {
  const inserted: Uint8Array[] = [];
  const removed: Uint8Array[] = [];
  const before = walkPlaces(nodes, from);
  const after = walkPlaces(nodes, to);
  for (;;) {
    const a = before.at();
    const b = after.at();
    if (a === undefined && b === undefined) return { inserted, removed };
    const order = a === undefined ? 1 : b === undefined ? -1 : compare(a, b);
    if (a && b && order === 0 && equalBytes(a.hash, b.hash)) {
      before.skip();
      after.skip();
      continue;
    }
    if (a && order <= 0) {
      removed.push(a.hash);
      before.enter();
    }
    if (b && order >= 0) {
      inserted.push(b.hash);
      after.enter();
    }
  }
}

interface Place {
  /** Nibbles as hexadecimal digits, whose order is that of the walk. */
  readonly path: string;
  readonly isValue: boolean;
  readonly hash: Uint8Array;
}

interface PlaceWalk {
  at(): Place | undefined;
  /** Goes on behind everything below the place. */
  skip(): void;
  /** Goes on with what is below the place. */
  enter(): void;
}

function walkPlaces(nodes: NodeStore, root: Uint8Array): PlaceWalk {
  const stack: Place[] = equalBytes(root, EMPTY_ROOT)
    ? []
    : [{ path: "", isValue: false, hash: root }];
  return {
    at: () => stack.at(-1),
    skip: () => {
      stack.pop();
    },
    enter: () => {
      const place = stack.pop();
      if (place !== undefined && !place.isValue) stack.push(...partsOf(nodes, place));
    },
  };
}

/** What stands right below a node, the last first; nodes inside of their parent are too short to hold a hash. */
function partsOf(nodes: NodeStore, { path, hash }: Place): Place[] {
  const bytes = nodes.getNode(hash);
  const node = bytes && decodeNode(bytes);
  assert(node, "the store has every node of a trie that is compared");
  let end = path;
  for (let i = node.partialFrom; i < node.partialTo; i++)
    end += nibbleAt(node.bytes, i).toString(16);
  const parts: Place[] = [];
  if (node.valueKind === HASHED_VALUE)
    parts.push({ path: end, isValue: true, hash: node.bytes.slice(node.valueFrom, node.valueTo) });
  let at = node.childrenFrom;
  for (let nibble = 0; nibble < 16; nibble++) {
    if ((node.bitmap & (1 << nibble)) === 0) continue;
    const length = (node.bytes[at] ?? 0) >> 2;
    if (length === HASHED_NODE_BYTES)
      parts.push({
        path: end + nibble.toString(16),
        isValue: false,
        hash: node.bytes.slice(at + 1, at + 1 + length),
      });
    at += 1 + length;
  }
  return parts.reverse();
}

function compare(a: Place, b: Place): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return Number(a.isValue) - Number(b.isValue);
}
