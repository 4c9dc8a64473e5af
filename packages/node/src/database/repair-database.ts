/**
 * Rolls a damaged database back to the last block below which everything is whole, with its whole state; peers give
 * the blocks above it once more.
 *
 * What a validator has voted is never forgotten: without it the node could vote twice and be slashed. So a rollback
 * beyond the set of voters that it voted in is refused, and so is one whose own votes cannot be read; and a voter that
 * rolled back votes on only when it has the blocks again that it voted for.
 *
 * Where a pruned database has whole states and wrong counts alone, nothing is rolled back.
 */
import { Authorities, AuthoritySet, BlockRef, VoterRecord } from "@pha/consensus";
import { STORAGE } from "@pha/protocol";
import { decode, encode, equalBytes, PhaError, toHex, u64 } from "@pha/scale";
import {
  type KeyValueWrite,
  noSoundNodes,
  openTrie,
  type SoundNodes,
  storagePrefix,
} from "@pha/state";
import {
  type CheckedBlock,
  checkDatabase,
  finalBlock,
  isPruningSound,
  isVoterRecordSound,
  newestFinal,
  readBlock,
  WRONG_HEIGHT,
} from "./check-database.ts";
import { isOfCounts, keptIn } from "./check-window.ts";
import {
  bodyKey,
  finalizedKey,
  headerKey,
  justificationKey,
  META_KEYS,
  nodeKey,
  UNFINALIZED_PREFIX,
} from "./columns.ts";
import { stateFault } from "./database-fault.ts";
import type { JournaledStore } from "./journaled-store.ts";
import { hashIn, heightIn } from "./kept-states.ts";
import { ARCHIVE } from "./pruning.ts";
import { readEntry } from "./read-entry.ts";
import { recount } from "./recount.ts";

export interface RepairReport {
  /** Newest final block before and now. */
  readonly from: number;
  readonly to: number;
  /** Blocks that were let go. */
  readonly dropped: number;
  /** Whether anything was damaged. */
  readonly repaired: boolean;
}

/** @throws PhaError `database/not-repairable` */
export function repairDatabase(store: JournaledStore): RepairReport {
  const from = newestFinal(store);
  const keep = keptIn(store);
  const { faults } = checkDatabase(store);
  if (faults.length === 0) return { from, to: from, dropped: 0, repaired: false };
  if (faults.every(isOfCounts)) {
    for (const writes of recount(store, keep)) store.batch(writes);
    return { from, to: from, dropped: 0, repaired: true };
  }
  if (!isPruningSound(store))
    throw notRepairable("which states this database keeps cannot be read", { what: "pruning" });
  if (!isVoterRecordSound(store))
    throw notRepairable("the votes of this node cannot be read", { what: "own votes" });
  const sound = noSoundNodes();
  const target = lastWhole(store, from, sound);
  const set = votersAfter(store, target);
  const record = readEntry(store, META_KEYS.voter, VoterRecord);
  if (record && record.setId > set.setId)
    throw notRepairable("this node voted in a later set of voters than the rollback leads to", {
      to: target.header.number,
      setId: set.setId,
      votedIn: record.setId,
    });
  const { writes, dropped } = rollback(store, target, from, sound);
  store.batch([
    ...writes,
    // Whoever goes back to genesis has no past to fill in.
    ...(target.header.number > gapOf(store) ? [] : [{ key: META_KEYS.gap, value: undefined }]),
    ...(keep === ARCHIVE ? [] : [{ key: META_KEYS.uncounted, value: new Uint8Array(0) }]),
    { key: META_KEYS.genesis, value: required(store.get(finalizedKey(0))) },
    {
      key: META_KEYS.finalized,
      value: encode(BlockRef, { hash: target.hash, number: target.header.number }),
    },
    { key: META_KEYS.authoritySet, value: encode(AuthoritySet, set) },
  ]);
  if (keep !== ARCHIVE) for (const counted of recount(store, keep)) store.batch(counted);
  return { from, to: target.header.number, dropped, repaired: true };
}

/** Newest final block that has only whole ones below it, and whose state is whole. */
function lastWhole(store: JournaledStore, from: number, sound: SoundNodes): CheckedBlock {
  const gap = gapOf(store);
  const whole: { readonly number: number; readonly hash: Uint8Array }[] = [];
  for (let number = 0; number <= from; number = number === 0 ? gap + 1 : number + 1) {
    const below = whole.at(-1);
    const block = finalBlock(store, number, below?.number === number - 1 ? below.hash : undefined);
    if ("code" in block) break;
    whole.push({ number, hash: block.hash });
  }
  for (const { number } of whole.toReversed()) {
    const block = finalBlock(store, number, undefined);
    if (!("code" in block) && stateFault(store, block.header, sound) === undefined) return block;
  }
  throw notRepairable("there is no block that is whole", { from });
}

/** Height up to which blocks come later, after a start in the middle of the chain. */
function gapOf(store: JournaledStore): number {
  return readEntry(store, META_KEYS.gap, BlockRef)?.number ?? 0;
}

/** Voters of the blocks after one, as its state names them. */
function votersAfter(store: JournaledStore, { header }: CheckedBlock): AuthoritySet {
  const state = openTrie({
    root: header.stateRoot,
    version: 1,
    nodes: { getNode: (hash) => store.get(nodeKey(hash)) },
  });
  const authorities = state.get(STORAGE.grandpaAuthorities.key);
  const setId = state.get(storagePrefix("Grandpa", "CurrentSetId"));
  const decoded = authorities && decode(Authorities, authorities);
  const id = setId && decode(u64, setId);
  if (decoded?.ok && id?.ok) return { setId: id.value, authorities: decoded.value };
  throw notRepairable("the state of the last whole block names no voters", {
    to: header.number,
  });
}

/** What leads to the target: everything above it goes, unless it is whole and stands on it. */
function rollback(
  store: JournaledStore,
  target: CheckedBlock,
  from: number,
  sound: SoundNodes,
): { readonly writes: readonly KeyValueWrite[]; readonly dropped: number } {
  const writes: KeyValueWrite[] = [];
  let dropped = 0;
  const drop = (hash: Uint8Array): void => {
    dropped++;
    for (const key of [headerKey(hash), bodyKey(hash), justificationKey(hash)])
      writes.push({ key, value: undefined });
  };
  let parent: Uint8Array | undefined;
  // Where the index is damaged a block is known by its child; what stays must not be let go by a wrong entry.
  for (let number = from; number > target.header.number; number--) {
    const noted = store.get(finalizedKey(number));
    const known = new Map([noted, parent].flatMap((hash) => (hash ? [[toHex(hash), hash]] : [])));
    parent = undefined;
    for (const hash of known.values()) {
      const block = readBlock(store, hash, number);
      if ("code" in block && block.what === WRONG_HEIGHT) continue;
      drop(hash);
      if (!("code" in block)) parent = block.header.parentHash;
    }
    writes.push({ key: finalizedKey(number), value: undefined });
  }
  const kept = new Set([toHex(target.hash)]);
  for (const [key] of store.range(UNFINALIZED_PREFIX)) {
    const hash = hashIn(key);
    const block = readBlock(store, hash, heightIn(key));
    const isWhole =
      !("code" in block) &&
      kept.has(toHex(block.header.parentHash)) &&
      stateFault(store, block.header, sound) === undefined;
    if (isWhole) kept.add(toHex(hash));
    else {
      drop(hash);
      writes.push({ key, value: undefined });
    }
  }
  return { writes, dropped };
}

function required(hash: Uint8Array | undefined): Uint8Array {
  if (hash === undefined || equalBytes(hash, new Uint8Array(0)))
    throw notRepairable("the genesis block is not noted", {});
  return hash;
}

function notRepairable(message: string, facts: PhaError["facts"]): PhaError {
  return new PhaError("database/not-repairable", message, {
    facts,
    hint: "move the data directory away and let the node fetch the chain anew; a validator first chills and waits until its keys are not in force",
  });
}
