/**
 * The blocks that votes of a round are for, each with the weight of the votes at or above it.
 *
 * ```
 *   base 4 ── a 4 ── b 3 ── c 1        three votes: one for a, two for b, one for c;
 *               └─── d 0               d was voted for by someone who voted again, and counts everywhere
 * ```
 *
 * Adding a vote walks down from its block to the base; finding the highest block with enough weight walks up. Votes of
 * equivocators are taken out here and counted for every block by the round.
 *
 * **Bounds**: at most the blocks between the base and the votes' blocks, all of which the own node has imported: two
 * per voter and kind, times the height of the tree. **Trust**: votes come with verified signatures; their blocks may
 * be anything. **Not here**: who voted (`round.ts`).
 */
import { equalBytes } from "@pha/scale";
import { type BlockRef, bytesKey } from "../../block-ref.ts";
import type { VoterChain } from "./voter-chain.ts";

export interface GraphNode {
  readonly block: BlockRef;
  /** `undefined`: the base. */
  readonly parent: GraphNode | undefined;
  readonly children: GraphNode[];
  /** Of the votes for this block and those above it, by kind. */
  readonly weight: { prevote: bigint; precommit: bigint };
}

/** Where a vote's block is: its node, not imported yet, or a block under a wrong height. */
export type Placement = GraphNode | "unknown" | "wrong-number";

export class VoteGraph {
  readonly base: GraphNode;
  readonly #chain: VoterChain;
  readonly #nodes = new Map<string, GraphNode>();

  constructor(base: BlockRef, chain: VoterChain) {
    this.base = { block: base, parent: undefined, children: [], weight: noWeight() };
    this.#nodes.set(bytesKey(base.hash), this.base);
    this.#chain = chain;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /**
   * Node of a block, made with those between when it is new.
   *
   * A block that cannot be above the base any more supports nothing that is undecided: it counts as the base.
   *
   * @param finalizedNumber height up to which the chain is decided and every header of it known
   */
  place({ hash, number }: BlockRef, finalizedNumber: number): Placement {
    const known = this.#nodes.get(bytesKey(hash));
    if (known) return known.block.number === number ? known : "wrong-number";
    const path: BlockRef[] = [];
    let at: BlockRef = { hash, number };
    for (;;) {
      const header = this.#chain.header(at.hash);
      if (header === undefined)
        return path.length > 0 || number <= finalizedNumber ? this.base : "unknown";
      if (header.number !== at.number) return "wrong-number";
      if (at.number <= this.base.block.number) return this.base;
      path.push(at);
      const parent = this.#nodes.get(bytesKey(header.parentHash));
      if (parent) return this.#grow(parent, path);
      at = { hash: header.parentHash, number: at.number - 1 };
    }
  }

  /** Adds weight to a block and all below it; negative takes it back. */
  add(node: GraphNode, kind: "prevote" | "precommit", weight: bigint): void {
    for (let at: GraphNode | undefined = node; at; at = at.parent) at.weight[kind] += weight;
  }

  /** The highest block at or above `from` that has what `isEnough` asks for; `from` does. */
  highest(from: GraphNode, isEnough: (node: GraphNode) => boolean): GraphNode {
    let best = from;
    for (;;) {
      const next = best.children.find(isEnough);
      if (next === undefined) return best;
      best = next;
    }
  }

  #grow(parent: GraphNode, path: readonly BlockRef[]): GraphNode {
    let node = parent;
    for (const block of path.toReversed()) {
      const child = { block, parent: node, children: [], weight: noWeight() };
      node.children.push(child);
      this.#nodes.set(bytesKey(block.hash), child);
      node = child;
    }
    return node;
  }
}

/** Whether `node` is `ancestor` or above it. */
export function isNodeAtOrAbove(node: GraphNode, ancestor: GraphNode): boolean {
  let at: GraphNode | undefined = node;
  while (at && at.block.number > ancestor.block.number) at = at.parent;
  return at !== undefined && equalBytes(at.block.hash, ancestor.block.hash);
}

function noWeight(): { prevote: bigint; precommit: bigint } {
  return { prevote: 0n, precommit: 0n };
}
