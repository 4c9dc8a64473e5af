/** Whether a pruned database has exactly what the states need that it keeps. */
import { BlockRef } from "@pha/consensus";
import { decode, toHex, u32 } from "@pha/scale";
import { compareTries, type SoundNodes } from "@pha/state";
import { ABANDONED_PREFIX, META_KEYS, STATE_CHANGES_PREFIX, stateChangesKey } from "./columns.ts";
import { type DatabaseFault, stateFault } from "./database-fault.ts";
import type { JournaledStore } from "./journaled-store.ts";
import {
  balanceOf,
  blocksAbove,
  hashIn,
  headerAt,
  heightIn,
  type KeptBlock,
  keptBlock,
  miscounted,
  NeededNodes,
  nodesOf,
} from "./kept-states.ts";
import { keyText } from "./key-text.ts";
import { ARCHIVE } from "./pruning.ts";
import { readEntry } from "./read-entry.ts";
import { StateChanges } from "./state-window.ts";

/** Final blocks whose states are kept; 0 when all are. */
export function keptIn(store: JournaledStore): number {
  return readEntry(store, META_KEYS.pruning, u32) ?? ARCHIVE;
}

const NO_OLDEST: DatabaseFault = { code: "database/damaged-entry", what: "oldest state" };

/** Whether counting anew mends it: blocks and states are whole. */
export function isOfCounts({ code, what }: DatabaseFault): boolean {
  return (
    code === "database/wrong-count" ||
    code === "database/damaged-change" ||
    (code === NO_OLDEST.code && what === NO_OLDEST.what)
  );
}

/** Nothing of an archive, and nothing while counts are to be made anew at the next start. */
export function* windowFaults(store: JournaledStore, sound: SoundNodes): Generator<DatabaseFault> {
  if (keptIn(store) === ARCHIVE || store.get(META_KEYS.uncounted) !== undefined) return;
  const oldest = readEntry(store, META_KEYS.oldestState, BlockRef);
  const header = oldest && headerAt(store, oldest.hash);
  if (!header) {
    yield NO_OLDEST;
    return;
  }
  const damaged = stateFault(store, header, sound);
  if (damaged) {
    yield damaged;
    return;
  }
  const needed = new NeededNodes();
  needed.state(nodesOf(store), header.stateRoot);
  const kept = new Set<string>();
  let isWhole = true;
  for (const block of keptBlocks(store, oldest.number)) {
    const fault = "missing" in block ? lost(block.missing) : changesFault(store, block, sound);
    if ("missing" in block) isWhole = false;
    else kept.add(keyText(stateChangesKey(block.number, block.hash)));
    if (fault) {
      isWhole = false;
      yield fault;
    } else if (!("missing" in block)) needed.add(changesOf(store, block)?.inserted ?? []);
  }
  for (const key of store.keys(STATE_CHANGES_PREFIX)) {
    if (kept.has(keyText(key))) continue;
    isWhole = false;
    yield wrongChange(heightIn(key), "it is of a block whose state is not kept");
  }
  // What is wrong above makes any number of counts wrong.
  if (!isWhole) return;
  for (const found of miscounted(store, needed))
    for (const { hash, stored, isThere, needed: count } of found)
      yield {
        code: "database/wrong-count",
        what: `node ${toHex(hash)} is counted ${stored ?? (isThere ? 1 : 0)} times and needed ${count} times`,
      };
}

function* keptBlocks(store: JournaledStore, oldest: number) {
  yield* blocksAbove(store, oldest);
  for (const key of store.keys(ABANDONED_PREFIX))
    yield keptBlock(store, hashIn(key)) ?? { missing: heightIn(key) };
}

function changesFault(
  store: JournaledStore,
  block: KeptBlock,
  sound: SoundNodes,
): DatabaseFault | undefined {
  const damaged = stateFault(store, block.header, sound);
  if (damaged) return damaged;
  const changes = changesOf(store, block);
  if (changes === undefined) return wrongChange(block.number, "it is missing or does not decode");
  const noted = balanceOf(changes);
  const real = balanceOf(compareTries(nodesOf(store), block.parentRoot, block.header.stateRoot));
  const isSame =
    noted.size === real.size && [...noted].every(([hash, by]) => real.get(hash) === by);
  return isSame ? undefined : wrongChange(block.number, "it does not lead to the block's state");
}

function changesOf(store: JournaledStore, { number, hash }: BlockRef): StateChanges | undefined {
  const stored = store.get(stateChangesKey(number, hash));
  const decoded = stored && decode(StateChanges, stored);
  return decoded?.ok ? decoded.value : undefined;
}

function lost(block: number): DatabaseFault {
  return { code: "database/damaged-header", block, what: "the block of a kept state is missing" };
}

function wrongChange(block: number, what: string): DatabaseFault {
  return { code: "database/damaged-change", block, what };
}
