/**
 * The states that a pruned node keeps: those of the newest final blocks and of all blocks above.
 *
 * The *oldest* kept state is that of a final block; every other kept block descends from it, and its changes are noted:
 * which nodes came with it and which went. A node is counted once for each place at which it stands in the oldest
 * state, and once more each time that a kept block after it inserted it. So a node is stored exactly when a kept state
 * has it, and no state is ever walked:
 *
 * - a block comes: what it inserted is counted;
 * - a block of an abandoned fork goes, the newest first: what it inserted is counted off;
 * - the oldest state goes: what its child removed is counted off, and the child's state is the oldest.
 *
 * What is written to let states go is part of the write of the block or of the finality that it comes with: a cut
 * leaves both or neither.
 *
 * **Bounds**: `STEPS` states go with one write, however many are due; what is behind after a pin or a sync is made up
 * for with the next ones. In memory are the abandoned blocks whose states are left and the pinned ones, which the RPC
 * server bounds. **Trust**: the store is ours.
 */
import { BlockRef } from "@pha/consensus";
import { type Codec, decode, encode, fixedBytes, struct, vec } from "@pha/scale";
import type { KeyValueStore, KeyValueWrite, TrieChanges } from "@pha/state";
import { abandonedKey, finalizedKey, META_KEYS, stateChangesKey } from "./columns.ts";
import { corrupt } from "./corrupt.ts";
import { keyText } from "./key-text.ts";
import { NodeCounts } from "./node-counts.ts";

/** More than one, so that what is behind gets less. */
export const STEPS = 2;

/** Hashes of trie nodes, one for each place. */
export interface StateChanges {
  readonly inserted: readonly Uint8Array[];
  readonly removed: readonly Uint8Array[];
}

const MAX_NODES = 1 << 22;
const hashes = vec(fixedBytes(32), MAX_NODES);
export const StateChanges: Codec<StateChanges> = struct({ inserted: hashes, removed: hashes });

export interface AbandonedBlock extends BlockRef {
  readonly parentHash: Uint8Array;
}

/** Writes, and what is to be done in memory when they are durable. */
export interface WindowStep {
  readonly writes: readonly KeyValueWrite[];
  done(): void;
}

export interface StateWindow {
  /** The lowest final block whose state is here. */
  readonly oldest: BlockRef;
  /** A block whose parent's state is kept. */
  imported(block: BlockRef, state: Pick<TrieChanges, "inserted" | "removed">): WindowStep;
  /** Ascending, the newest final block last; blocks that do not descend from it are abandoned. */
  finalized(blocks: readonly BlockRef[], abandoned: readonly AbandonedBlock[]): WindowStep;
}

export interface StateWindowOptions {
  readonly store: KeyValueStore;
  /** Final blocks whose states are kept, ≥ 1. */
  readonly keep: number;
  readonly oldest: BlockRef;
  /** Height of the newest final block. */
  readonly finalized: number;
  readonly abandoned: readonly AbandonedBlock[];
  /** Whether somebody still reads the state of a block. */
  readonly isPinned: (hash: Uint8Array) => boolean;
}

export function openStateWindow(options: StateWindowOptions): StateWindow {
  const { store, keep, isPinned } = options;
  let { oldest, finalized } = options;
  /** Ascending by height. */
  let abandoned = [...options.abandoned].sort((a, b) => a.number - b.number);

  const changesOf = ({ number, hash }: BlockRef): StateChanges => {
    const stored = store.get(stateChangesKey(number, hash));
    const changes = stored && decode(StateChanges, stored);
    if (!changes?.ok) throw corrupt("change of a state");
    return changes.value;
  };

  /** Lets states go that nobody needs, a few. */
  const prune = (
    counts: NodeCounts,
    newest: number,
    left: readonly AbandonedBlock[],
    hashAt: (number: number) => Uint8Array,
  ): { oldest: BlockRef; abandoned: readonly AbandonedBlock[]; writes: KeyValueWrite[] } => {
    const writes: KeyValueWrite[] = [];
    let rest = left;
    let from = oldest;
    for (let step = 0; step < STEPS; step++) {
      const leaf = unneeded(rest, isPinned);
      if (leaf !== undefined) {
        counts.remove(changesOf(leaf).inserted);
        writes.push(
          { key: stateChangesKey(leaf.number, leaf.hash), value: undefined },
          { key: abandonedKey(leaf.number, leaf.hash), value: undefined },
        );
        rest = rest.filter((block) => block !== leaf);
        continue;
      }
      const number = from.number + 1;
      const isDue = number <= newest - keep + 1;
      // What an abandoned block needs of the state that it forked from goes with that block.
      const isNeeded = isPinned(from.hash) || (rest[0]?.number ?? number + 1) <= number;
      if (!isDue || isNeeded) break;
      from = { number, hash: hashAt(number) };
      counts.remove(changesOf(from).removed);
      writes.push({ key: stateChangesKey(number, from.hash), value: undefined });
    }
    if (from !== oldest) writes.push({ key: META_KEYS.oldestState, value: encode(BlockRef, from) });
    return { oldest: from, abandoned: rest, writes };
  };

  const finalHash = (number: number): Uint8Array => {
    const hash = store.get(finalizedKey(number));
    if (hash === undefined) throw corrupt("final block");
    return hash;
  };

  const step = (
    counts: NodeCounts,
    own: readonly KeyValueWrite[],
    pruned: ReturnType<typeof prune>,
    newest: number,
  ): WindowStep => ({
    writes: [...own, ...pruned.writes, ...counts.writes()],
    done: () => {
      oldest = pruned.oldest;
      abandoned = [...pruned.abandoned];
      finalized = newest;
    },
  });

  return {
    get oldest() {
      return oldest;
    },
    imported({ number, hash }, { inserted, removed }) {
      const counts = new NodeCounts(store);
      counts.insert(inserted);
      const changes = { inserted: inserted.map((node) => node.hash), removed };
      const own = { key: stateChangesKey(number, hash), value: encode(StateChanges, changes) };
      return step(counts, [own], prune(counts, finalized, abandoned, finalHash), finalized);
    },
    finalized(blocks, fork) {
      const counts = new NodeCounts(store);
      const own = fork.map(({ number, hash }) => ({
        key: abandonedKey(number, hash),
        value: new Uint8Array(0),
      }));
      const newest = blocks.at(-1)?.number ?? finalized;
      const left = [...abandoned, ...fork].sort((a, b) => a.number - b.number);
      const hashAt = (number: number): Uint8Array =>
        blocks.find((block) => block.number === number)?.hash ?? finalHash(number);
      return step(counts, own, prune(counts, newest, left, hashAt), newest);
    },
  };
}

/** The newest abandoned block that nobody reads and that no other one descends from. */
function unneeded(
  abandoned: readonly AbandonedBlock[],
  isPinned: (hash: Uint8Array) => boolean,
): AbandonedBlock | undefined {
  const parents = new Set<string>();
  return abandoned.findLast(({ hash, parentHash }) => {
    if (!isPinned(hash) && !parents.has(keyText(hash))) return true;
    parents.add(keyText(parentHash));
    return false;
  });
}

/** Blocks that finality left behind and whose states are still here. */
export function abandonedIn(
  pairs: readonly (readonly [Uint8Array, Uint8Array])[],
  parentOf: (hash: Uint8Array) => Uint8Array,
): readonly AbandonedBlock[] {
  return pairs.map(([key]) => {
    const hash = key.subarray(5);
    const view = new DataView(key.buffer, key.byteOffset, key.length);
    return { number: view.getUint32(1), hash, parentHash: parentOf(hash) };
  });
}
