/**
 * Counts the nodes of a pruned database anew: from its states alone, whatever is noted.
 *
 * The lowest final block whose state is whole becomes the oldest, as far as the mode of pruning goes back; what no kept
 * state has goes. Until the last write the database says that its counts are not to be trusted: a cut begins it again.
 *
 * **Bounds**: a hash and a number for each node of the kept states; writes come in parts.
 */
import { BlockRef } from "@pha/consensus";
import { encode } from "@pha/scale";
import {
  checkTrie,
  compareTries,
  type KeyValueWrite,
  noSoundNodes,
  type SoundNodes,
} from "@pha/state";
import {
  ABANDONED_PREFIX,
  finalizedKey,
  META_KEYS,
  nodeKey,
  STATE_CHANGES_PREFIX,
  stateChangesKey,
} from "./columns.ts";
import { corrupt } from "./corrupt.ts";
import type { JournaledStore } from "./journaled-store.ts";
import {
  blocksAbove,
  headerAt,
  type KeptBlock,
  keptBlock,
  miscounted,
  NeededNodes,
  nodesOf,
} from "./kept-states.ts";
import { keyText } from "./key-text.ts";
import { countWrites } from "./node-counts.ts";
import { readEntry } from "./read-entry.ts";
import { StateChanges } from "./state-window.ts";

/**
 * @param keep final blocks that keep their states
 * @returns writes, each to be made before the next is asked for
 * @throws PhaError `database/corrupt`: when the newest states are not whole
 */
export function* recount(store: JournaledStore, keep: number): Generator<KeyValueWrite[]> {
  yield [
    { key: META_KEYS.uncounted, value: new Uint8Array(0) },
    // What is here of a state that was being fetched is of no kept state.
    { key: META_KEYS.warp, value: undefined },
    { key: META_KEYS.warpProof, value: undefined },
  ];
  const sound = noSoundNodes();
  const oldest = oldestWhole(store, keep, sound);
  const needed = new NeededNodes();
  const nodes = nodesOf(store);
  needed.state(nodes, oldest.header.stateRoot);
  const kept = new Set<string>();
  for (const block of blocksAbove(store, oldest.number)) {
    if ("missing" in block || !isWhole(store, block.header.stateRoot, sound))
      throw corrupt("state that is not final");
    const changes = compareTries(nodes, block.parentRoot, block.header.stateRoot);
    needed.add(changes.inserted);
    const key = stateChangesKey(block.number, block.hash);
    kept.add(keyText(key));
    yield [{ key, value: encode(StateChanges, changes) }];
  }
  const others = store.keys(STATE_CHANGES_PREFIX).filter((key) => !kept.has(keyText(key)));
  yield [...others, ...store.keys(ABANDONED_PREFIX)].map((key) => ({ key, value: undefined }));
  for (const found of miscounted(store, needed))
    yield found.flatMap(({ hash, stored, needed: count }) => [
      ...(count === 0 ? [{ key: nodeKey(hash), value: undefined }] : []),
      ...countWrites(hash, stored, count),
    ]);
  yield [
    {
      key: META_KEYS.oldestState,
      value: encode(BlockRef, { hash: oldest.hash, number: oldest.number }),
    },
    { key: META_KEYS.uncounted, value: undefined },
  ];
}

function oldestWhole(
  store: JournaledStore,
  keep: number,
  sound: SoundNodes,
): Omit<KeptBlock, "parentRoot"> {
  const head = readEntry(store, META_KEYS.finalized, BlockRef);
  const header = head && headerAt(store, head.hash);
  if (!head || !header || !isWhole(store, header.stateRoot, sound)) throw corrupt("final state");
  const noted = readEntry(store, META_KEYS.oldestState, BlockRef)?.number ?? 0;
  let oldest = { hash: head.hash, number: head.number, header };
  while (oldest.number > noted && head.number - oldest.number + 1 < keep) {
    const hash = store.get(finalizedKey(oldest.number - 1));
    const below = hash && headerAt(store, hash);
    if (!below || below.number !== oldest.number - 1 || !keptBlock(store, oldest.hash)) break;
    if (!isWhole(store, below.stateRoot, sound)) break;
    oldest = { hash, number: below.number, header: below };
  }
  return oldest;
}

function isWhole(store: JournaledStore, root: Uint8Array, sound: SoundNodes): boolean {
  return checkTrie(nodesOf(store), root, sound) === undefined;
}
