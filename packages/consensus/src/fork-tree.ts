/**
 * Tree of the blocks above the finalized one, with the best chain.
 *
 * Best is the chain with the most primary claims, then the longest, then the first seen; every chain here descends
 * from the finalized block. The tree remembers blocks, it does not judge them: what is inserted was verified.
 *
 * **Bounds**: at most `maxBlocks` blocks; a full tree refuses, it evicts nothing, because what it would evict may be
 * the chain that gets finalized. **Trust**: blocks come from the own import. **Not here**: bodies and states
 * (the database), votes (`grandpa/`).
 */
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { type BlockRef, bytesKey } from "./block-ref.ts";

/** About an hour of 1-second blocks without finality. */
export const MAX_TREE_BLOCKS = 4096;

export interface TreeBlock<T> extends BlockRef {
  readonly parentHash: Uint8Array;
  /** Authored by a primary claim. */
  readonly primary: boolean;
  readonly data: T;
}

export type ForkTreeError =
  | { readonly code: "fork-tree/full"; readonly maxBlocks: number }
  | { readonly code: "fork-tree/duplicate" }
  | { readonly code: "fork-tree/unknown-parent" }
  | { readonly code: "fork-tree/wrong-number"; readonly expected: number; readonly actual: number }
  | { readonly code: "fork-tree/unknown-block" };

/** What became of blocks when one was finalized. */
export interface Finalization<T> {
  /** From the child of the old root up to the finalized block. */
  readonly finalized: readonly TreeBlock<T>[];
  /** Blocks that do not descend from it, parents before children. */
  readonly pruned: readonly TreeBlock<T>[];
}

interface Node<T> {
  readonly block: TreeBlock<T>;
  /** `undefined`: child of the root. */
  readonly parent: Node<T> | undefined;
  /** Primary claims from the first root of the tree up to this block. */
  readonly primaries: number;
}

export class ForkTree<T> {
  /** Insertion order is kept: parents come before children. */
  readonly #nodes = new Map<string, Node<T>>();
  readonly #maxBlocks: number;
  #root: BlockRef;
  /** Of the chain up to the root: what is inserted above it later is compared with what was there before. */
  #rootPrimaries = 0;
  #best: Node<T> | undefined;

  constructor(
    root: BlockRef,
    { maxBlocks = MAX_TREE_BLOCKS }: { readonly maxBlocks?: number } = {},
  ) {
    this.#root = root;
    this.#maxBlocks = maxBlocks;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** The finalized block. */
  get root(): BlockRef {
    return this.#root;
  }

  /** Head of the best chain; the root when there is nothing above it. */
  get best(): BlockRef {
    return this.#best?.block ?? this.#root;
  }

  get(hash: Uint8Array): TreeBlock<T> | undefined {
    return this.#nodes.get(bytesKey(hash))?.block;
  }

  /** Adds a child of the root or of a block in the tree. */
  insert(block: TreeBlock<T>): Result<undefined, ForkTreeError> {
    const id = bytesKey(block.hash);
    if (this.#nodes.has(id) || this.#isRoot(block.hash))
      return fail({ code: "fork-tree/duplicate" });
    const parent = this.#nodes.get(bytesKey(block.parentHash));
    if (parent === undefined && !this.#isRoot(block.parentHash))
      return fail({ code: "fork-tree/unknown-parent" });
    const expected = (parent?.block ?? this.#root).number + 1;
    if (block.number !== expected)
      return fail({ code: "fork-tree/wrong-number", expected, actual: block.number });
    if (this.#nodes.size >= this.#maxBlocks)
      return fail({ code: "fork-tree/full", maxBlocks: this.#maxBlocks });
    const before = parent?.primaries ?? this.#rootPrimaries;
    const node = { block, parent, primaries: before + (block.primary ? 1 : 0) };
    this.#nodes.set(id, node);
    if (isBetter(node, this.#best)) this.#best = node;
    return ok(undefined);
  }

  /** Blocks from the child of the root up to `hash`; empty for the root and for unknown blocks. */
  pathTo(hash: Uint8Array): readonly TreeBlock<T>[] {
    const path: TreeBlock<T>[] = [];
    for (let node = this.#nodes.get(bytesKey(hash)); node; node = node.parent)
      path.push(node.block);
    return path.reverse();
  }

  /** Head of the best chain that holds a block; `undefined` when the block is neither the root nor in the tree. */
  bestContaining(hash: Uint8Array): BlockRef | undefined {
    if (this.#isRoot(hash)) return this.best;
    const from = this.#nodes.get(bytesKey(hash));
    if (from === undefined) return undefined;
    const above = new Set([from]);
    let best = from;
    for (const node of this.#nodes.values()) {
      if (!node.parent || !above.has(node.parent)) continue;
      above.add(node);
      if (isBetter(node, best)) best = node;
    }
    return best.block;
  }

  /** Whether `ancestor` is below `block` on its chain; false for equal blocks and for unknown ones. */
  isDescendant(block: BlockRef, ancestor: BlockRef): boolean {
    let node = this.#nodes.get(bytesKey(block.hash));
    if (node === undefined || ancestor.number >= block.number) return false;
    if (this.#isRoot(ancestor.hash)) return true;
    while (node && node.block.number > ancestor.number) node = node.parent;
    return node !== undefined && equalBytes(node.block.hash, ancestor.hash);
  }

  /** Makes a block of the tree the new root and drops what does not descend from it. */
  finalize(hash: Uint8Array): Result<Finalization<T>, ForkTreeError> {
    const target = this.#nodes.get(bytesKey(hash));
    if (target === undefined) return fail({ code: "fork-tree/unknown-block" });
    const finalized = this.pathTo(hash);
    const kept = this.#above(target);
    const onPath = new Set(finalized);
    const pruned: TreeBlock<T>[] = [];
    for (const { block } of this.#nodes.values())
      if (!kept.has(bytesKey(block.hash)) && !onPath.has(block)) pruned.push(block);
    this.#rootPrimaries = target.primaries;
    this.#root = { hash: target.block.hash, number: target.block.number };
    this.#nodes.clear();
    this.#best = undefined;
    for (const [id, node] of kept) {
      this.#nodes.set(id, node);
      if (isBetter(node, this.#best)) this.#best = node;
    }
    return ok({ finalized, pruned });
  }

  /** Nodes above `target`, linked anew so that what lies below can be freed. */
  #above(target: Node<T>): ReadonlyMap<string, Node<T>> {
    const kept = new Map<string, Node<T>>();
    for (const [id, { block, parent, primaries }] of this.#nodes) {
      if (parent === undefined) continue;
      if (parent === target) kept.set(id, { block, parent: undefined, primaries });
      else {
        const keptParent = kept.get(bytesKey(parent.block.hash));
        if (keptParent) kept.set(id, { block, parent: keptParent, primaries });
      }
    }
    return kept;
  }

  #isRoot(hash: Uint8Array): boolean {
    return equalBytes(hash, this.#root.hash);
  }
}

/** Equal chains: the one seen first stays. */
function isBetter<T>(node: Node<T>, best: Node<T> | undefined): boolean {
  if (best === undefined) return true;
  if (node.primaries !== best.primaries) return node.primaries > best.primaries;
  return node.block.number > best.block.number;
}
