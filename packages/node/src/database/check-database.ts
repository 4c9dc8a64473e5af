/**
 * Whether a database is whole: every final block with its header and body, the blocks above, their states to the last
 * node, and the entries that say where the chain stands.
 *
 * **Bounds**: reads everything once; keeps 32 bytes of every node of the states, and `MAX_FAULTS` faults.
 * **Trust**: nothing is believed; hashes are computed again.
 */
import { AuthoritySet, BlockRef, decodeHeader, type Header, VoterRecord } from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { decode, equalBytes, u32 } from "@pha/scale";
import { type KeyValueStore, noSoundNodes, orderedTrieRoot } from "@pha/state";
import { Body } from "./chain-database.ts";
import { windowFaults } from "./check-window.ts";
import { bodyKey, finalizedKey, headerKey, META_KEYS, UNFINALIZED_PREFIX } from "./columns.ts";
import { type DatabaseFault, stateFault } from "./database-fault.ts";
import type { JournaledStore } from "./journaled-store.ts";
import { hashIn, heightIn } from "./kept-states.ts";
import { readEntry } from "./read-entry.ts";

export const MAX_FAULTS = 100;
/** Of a header that is whole, and not where it is noted. */
export const WRONG_HEIGHT = "it is of another height";

export interface DatabaseReport {
  /** Height of the newest final block, as far as the database says. */
  readonly finalized: number;
  /** Blocks above it. */
  readonly unfinalized: number;
  /** Blocks that were looked at. */
  readonly blocks: number;
  /** Nodes of the newest states, or of all that a pruned database keeps. */
  readonly stateNodes: number;
  /** At most `MAX_FAULTS`. */
  readonly faults: readonly DatabaseFault[];
}

/** Reads all of it and changes nothing. */
export function checkDatabase(store: JournaledStore): DatabaseReport {
  const faults: DatabaseFault[] = [];
  const found = (fault: DatabaseFault | undefined): void => {
    if (fault && faults.length < MAX_FAULTS) faults.push(fault);
  };
  for (const fault of entryFaults(store)) found(fault);
  const finalized = newestFinal(store);
  const sound = noSoundNodes();
  let parent: Uint8Array | undefined;
  // After a start in the middle of the chain the blocks up to here come later; that is no damage.
  const gap = readEntry(store, META_KEYS.gap, BlockRef)?.number ?? 0;
  for (let number = 0; number <= finalized; number++) {
    if (number > 0 && number <= gap) continue;
    const block = finalBlock(store, number, gap > 0 && number === gap + 1 ? undefined : parent);
    parent = undefined;
    if ("code" in block) found(block);
    else {
      parent = block.hash;
      if (number === finalized) found(stateFault(store, block.header, sound));
    }
  }
  const above = store.range(UNFINALIZED_PREFIX);
  for (const [key] of above) {
    const hash = hashIn(key);
    const block = readBlock(store, hash, heightIn(key));
    found("code" in block ? block : stateFault(store, block.header, sound));
  }
  // What was found above makes counts wrong as well.
  const isWhole = faults.length === 0;
  for (const fault of isWhole ? windowFaults(store, sound) : []) {
    if (faults.length >= MAX_FAULTS) break;
    found(fault);
  }
  return {
    finalized,
    unfinalized: above.length,
    blocks: finalized + 1 + above.length,
    stateNodes: sound.size,
    faults,
  };
}

/** Newest final block by its entry, or by the index when the entry is damaged. */
export function newestFinal(store: KeyValueStore): number {
  const entry = readEntry(store, META_KEYS.finalized, BlockRef);
  if (entry) return entry.number;
  let number = 0;
  while (store.get(finalizedKey(number + 1)) !== undefined) number++;
  return number;
}

export interface CheckedBlock {
  readonly hash: Uint8Array;
  readonly header: Header;
}

/** The final block at a height, whose parent must be the one given. */
export function finalBlock(
  store: KeyValueStore,
  number: number,
  parent: Uint8Array | undefined,
): CheckedBlock | DatabaseFault {
  const hash = store.get(finalizedKey(number));
  if (hash?.length !== 32)
    return { code: "database/broken-chain", block: number, what: "no final block is noted" };
  const block = readBlock(store, hash, number);
  if ("code" in block) return block;
  // Below a damaged block nothing tells which one the parent should be.
  const isChild = parent === undefined || equalBytes(block.header.parentHash, parent);
  return isChild
    ? block
    : { code: "database/broken-chain", block: number, what: "it is no child of the one before" };
}

/** Header and body of a block, both compared with the hash. */
export function readBlock(
  store: KeyValueStore,
  hash: Uint8Array,
  number: number,
): CheckedBlock | DatabaseFault {
  const encoded = store.get(headerKey(hash));
  const damaged = (what: string): DatabaseFault => ({
    code: "database/damaged-header",
    block: number,
    what,
  });
  if (encoded === undefined) return damaged("it is missing");
  if (!equalBytes(blake2b256(encoded), hash)) return damaged("it has another hash");
  const header = decodeHeader(encoded);
  if (!header.ok) return damaged("it does not decode");
  if (header.value.number !== number) return damaged(WRONG_HEIGHT);
  const stored = store.get(bodyKey(hash));
  const body = stored && decode(Body, stored);
  // The genesis block has no extrinsics, and a body all the same.
  const isWhole = body?.ok && equalBytes(orderedTrieRoot(body.value), header.value.extrinsicsRoot);
  if (isWhole) return { hash, header: header.value };
  const what = stored === undefined ? "it is missing" : "it is not the one of the header";
  return { code: "database/damaged-body", block: number, what };
}

/** What says where the chain stands. */
function entryFaults(store: KeyValueStore): readonly DatabaseFault[] {
  const entries: readonly (readonly [string, boolean])[] = [
    ["genesis hash", store.get(META_KEYS.genesis)?.length === 32],
    ["newest final block", readEntry(store, META_KEYS.finalized, BlockRef) !== undefined],
    ["set of voters", readEntry(store, META_KEYS.authoritySet, AuthoritySet) !== undefined],
    ["own votes", isVoterRecordSound(store)],
    ["mode of pruning", isPruningSound(store)],
  ];
  return entries.flatMap(([what, isSound]): DatabaseFault[] =>
    isSound ? [] : [{ code: "database/damaged-entry", what }],
  );
}

/** Databases from before there was a choice have none: they are archives. */
export function isPruningSound(store: KeyValueStore): boolean {
  return (
    store.get(META_KEYS.pruning) === undefined ||
    readEntry(store, META_KEYS.pruning, u32) !== undefined
  );
}

/** Nodes that do not vote have none. */
export function isVoterRecordSound(store: KeyValueStore): boolean {
  return (
    store.get(META_KEYS.voter) === undefined ||
    readEntry(store, META_KEYS.voter, VoterRecord) !== undefined
  );
}
