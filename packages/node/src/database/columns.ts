/** Keys of everything the node stores: one letter per kind, then hash or number. */
import { concatBytes, utf8 } from "@pha/scale";

const letter = (char: string): Uint8Array => utf8(char);
const NODE = letter("n");
const COUNT = letter("c");
const STATE_CHANGES = letter("s");
const ABANDONED = letter("a");
const HEADER = letter("h");
const BODY = letter("b");
const JUSTIFICATION = letter("j");
const FINALIZED = letter("f");
const UNFINALIZED = letter("u");
const BLOB = letter("d");
const BLOB_RECORD = letter("r");
const META = letter("m");

/** Trie node or outside value, by its hash. */
export function nodeKey(hash: Uint8Array): Uint8Array {
  return concatBytes(NODE, hash);
}

export const NODE_PREFIX: Uint8Array = NODE;
export const COUNT_PREFIX: Uint8Array = COUNT;

/** How often a node is counted, when it is more than once. */
export function countKey(hash: Uint8Array): Uint8Array {
  return concatBytes(COUNT, hash);
}

export const STATE_CHANGES_PREFIX: Uint8Array = STATE_CHANGES;

/** Nodes that came and went with a block whose state is kept, and its parent's too. */
export function stateChangesKey(number: number, hash: Uint8Array): Uint8Array {
  return concatBytes(STATE_CHANGES, bigEndian(number), hash);
}

export const ABANDONED_PREFIX: Uint8Array = ABANDONED;

/** Marks a block that finality left behind and whose state is still here; ascending by height. */
export function abandonedKey(number: number, hash: Uint8Array): Uint8Array {
  return concatBytes(ABANDONED, bigEndian(number), hash);
}

/** Encoded header, by block hash. */
export function headerKey(hash: Uint8Array): Uint8Array {
  return concatBytes(HEADER, hash);
}

/** Extrinsics, by block hash. */
export function bodyKey(hash: Uint8Array): Uint8Array {
  return concatBytes(BODY, hash);
}

/** Encoded GRANDPA justification, by block hash. */
export function justificationKey(hash: Uint8Array): Uint8Array {
  return concatBytes(JUSTIFICATION, hash);
}

/** Hash of the finalized block at a height. */
export function finalizedKey(number: number): Uint8Array {
  return concatBytes(FINALIZED, bigEndian(number));
}

export const UNFINALIZED_PREFIX: Uint8Array = UNFINALIZED;

/** Marks a block above the finalized one; ascending by height. */
export function unfinalizedKey(number: number, hash: Uint8Array): Uint8Array {
  return concatBytes(UNFINALIZED, bigEndian(number), hash);
}

/** Content of a blob, by its hash. */
export function blobKey(digest: Uint8Array): Uint8Array {
  return concatBytes(BLOB, digest);
}

export const BLOB_RECORD_PREFIX: Uint8Array = BLOB_RECORD;

/** What refers to a blob, by its hash. */
export function blobRecordKey(digest: Uint8Array): Uint8Array {
  return concatBytes(BLOB_RECORD, digest);
}

export const META_KEYS = {
  schema: concatBytes(META, utf8("schema")),
  genesis: concatBytes(META, utf8("genesis")),
  /** Newest finalized block. */
  finalized: concatBytes(META, utf8("finalized")),
  /** GRANDPA set of the blocks after the newest finalized one. */
  authoritySet: concatBytes(META, utf8("authority-set")),
  /** Block whose state is being fetched, and how far it is. */
  warp: concatBytes(META, utf8("warp")),
  /** Proof of that block's finality. */
  warpProof: concatBytes(META, utf8("warp-proof")),
  /** Highest block below the finalized one that is not here yet. */
  gap: concatBytes(META, utf8("gap")),
  /** How many final blocks keep their states, u32; 0 or absent: all of them. */
  pruning: concatBytes(META, utf8("pruning")),
  /** Lowest final block whose state is here; absent: genesis. */
  oldestState: concatBytes(META, utf8("oldest-state")),
  /** Counts of nodes are not to be trusted before they are made anew. */
  uncounted: concatBytes(META, utf8("uncounted")),
  /** Own votes of the round under way. */
  voter: concatBytes(META, utf8("voter")),
} as const;

function bigEndian(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}
