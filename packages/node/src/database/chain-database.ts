/**
 * Blocks, states and finality in a key-value store: what is read typed, what is written in one batch each.
 *
 * **Trust**: the store is ours; what does not decode is corruption and stops the node with a coded error.
 */
import {
  AuthoritySet,
  BlockRef,
  decodeHeader,
  encodeHeader,
  type Header,
  headerHash,
  Justification,
  LightClientCheckpoint,
  type LightClientState,
  VoterRecord,
  type WarpFragment,
  WarpProof,
} from "@pha/consensus";
import {
  boundedBytes,
  type Codec,
  decode,
  encode,
  equalBytes,
  fixedBytes,
  PhaError,
  struct,
  u32,
  vec,
} from "@pha/scale";
import { type KeyValueStore, type KeyValueWrite, MAX_KEY_BYTES, type NodeStore } from "@pha/state";
import {
  bodyKey,
  finalizedKey,
  headerKey,
  justificationKey,
  META_KEYS,
  nodeKey,
  UNFINALIZED_PREFIX,
  unfinalizedKey,
} from "./columns.ts";
import type { JournaledStore } from "./journaled-store.ts";

/** Version of the layout in `columns.ts`; another one is refused. */
const SCHEMA = 2;
/** Extrinsics of a block, each with its own length inside. */
export const Body: Codec<readonly Uint8Array[]> = vec(boundedBytes(8 << 20), 1 << 20);
const hash32 = fixedBytes(32);

export interface StoredBlock {
  readonly hash: Uint8Array;
  readonly header: Header;
}

export interface BlockWrite extends StoredBlock {
  readonly encodedHeader: Uint8Array;
  readonly body: readonly Uint8Array[];
  /** New trie nodes of the block's state. */
  readonly nodes: readonly NodeWrite[];
}

interface NodeWrite {
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A start in the middle of the chain, under way: the final block, and the last key of its state that is here. */
export interface WarpRecord {
  readonly client: LightClientState;
  readonly after: Uint8Array;
}

const WarpRecord: Codec<WarpRecord> = struct({
  client: LightClientCheckpoint,
  after: boundedBytes(MAX_KEY_BYTES),
});

/** A block of the past: its state is not known. */
export interface HistoryBlock extends StoredBlock {
  readonly body: readonly Uint8Array[];
}

export interface FinalityWrite {
  /** Ascending, the target last. */
  readonly finalized: readonly BlockRef[];
  readonly pruned: readonly BlockRef[];
  /** Of the last finalized block. */
  readonly justification: Uint8Array;
  readonly authoritySet: AuthoritySet;
}

export interface ChainDatabase {
  readonly nodes: NodeStore;
  readonly store: JournaledStore;
  genesisHash(): Uint8Array | undefined;
  /** Sets up an empty database. */
  putGenesis(block: BlockWrite, authoritySet: AuthoritySet): void;
  /** Header, body and state at once. */
  putBlock(block: BlockWrite): void;
  putFinality(finality: FinalityWrite): void;
  putVoterRecord(record: VoterRecord): void;
  /** Begins a start in the middle of the chain. */
  putWarp(client: LightClientState, fragments: readonly WarpFragment[]): void;
  /** Nodes of the state, and up to which key it is here. */
  putStateRange(record: WarpRecord, nodes: readonly NodeWrite[]): void;
  warp(): WarpRecord | undefined;
  /** Gives it up: what is here of the state stays, and is of no use yet. */
  dropWarp(): void;
  /** The block is the finalized one from now on, its proofs are kept, and what lies below is a gap. */
  finishWarp(record: WarpRecord): void;
  /** Highest block below the finalized one that is not here yet, that one included. */
  gap(): BlockRef | undefined;
  putHistory(blocks: readonly HistoryBlock[], next: BlockRef | undefined): void;
  header(hash: Uint8Array): Header | undefined;
  encodedHeader(hash: Uint8Array): Uint8Array | undefined;
  body(hash: Uint8Array): readonly Uint8Array[] | undefined;
  justification(hash: Uint8Array): Uint8Array | undefined;
  finalizedHash(number: number): Uint8Array | undefined;
  finalized(): BlockRef;
  authoritySet(): AuthoritySet;
  voterRecord(): VoterRecord | undefined;
  /** Blocks above the finalized one, parents first. */
  unfinalized(): readonly StoredBlock[];
}

/**
 * @param genesisHash of the chain spec: a database of another chain is refused
 * @throws PhaError `database/other-schema`, `database/other-chain`, `database/corrupt`
 */
export function openChainDatabase(
  store: JournaledStore,
  { genesisHash }: { readonly genesisHash: Uint8Array },
): ChainDatabase {
  checkSchema(store);
  const known = store.get(META_KEYS.genesis);
  if (known !== undefined && !equalBytes(known, genesisHash))
    throw new PhaError("database/other-chain", "the data directory holds another chain", {
      hint: "give another data directory, or remove this one to start the new chain in it",
    });

  const header = (hash: Uint8Array): Header | undefined => {
    const stored = store.get(headerKey(hash));
    if (stored === undefined) return undefined;
    const decoded = decodeHeader(stored);
    if (!decoded.ok) throw corrupt("header");
    return decoded.value;
  };

  return {
    nodes: { getNode: (hash) => store.get(nodeKey(hash)) },
    store,
    genesisHash: () => store.get(META_KEYS.genesis),
    putGenesis: (block, authoritySet) =>
      store.batch([
        { key: META_KEYS.schema, value: encode(u32, SCHEMA) },
        { key: META_KEYS.genesis, value: block.hash },
        { key: finalizedKey(0), value: block.hash },
        { key: META_KEYS.finalized, value: encode(BlockRef, { hash: block.hash, number: 0 }) },
        { key: META_KEYS.authoritySet, value: encode(AuthoritySet, authoritySet) },
        ...blockWrites(block),
      ]),
    putBlock: (block) =>
      store.batch([
        { key: unfinalizedKey(block.header.number, block.hash), value: new Uint8Array(0) },
        ...blockWrites(block),
      ]),
    putFinality: (finality) => store.batch(finalityWrites(finality)),
    putVoterRecord: (record) =>
      store.batch([{ key: META_KEYS.voter, value: encode(VoterRecord, record) }]),
    putWarp: (client, fragments) =>
      store.batch([
        { key: META_KEYS.warp, value: encode(WarpRecord, { client, after: new Uint8Array(0) }) },
        {
          key: META_KEYS.warpProof,
          value: encode(WarpProof, { fragments, isFinished: true }),
        },
      ]),
    putStateRange: (record, nodes) =>
      store.batch([
        ...nodes.map(({ hash, bytes }) => ({ key: nodeKey(hash), value: bytes })),
        { key: META_KEYS.warp, value: encode(WarpRecord, record) },
      ]),
    warp: () => read(store, META_KEYS.warp, WarpRecord, "warp record"),
    dropWarp: () => store.batch(WARP_OVER),
    finishWarp({ client }) {
      const { fragments } = required(read(store, META_KEYS.warpProof, WarpProof, "warp proof"));
      store.batch(warpWrites(client, fragments));
    },
    gap: () => read(store, META_KEYS.gap, BlockRef, "gap"),
    putHistory: (blocks, next) =>
      store.batch([
        ...blocks.flatMap(({ hash, header: past, body }) => [
          { key: headerKey(hash), value: encodeHeader(past) },
          { key: bodyKey(hash), value: encode(Body, body) },
          { key: finalizedKey(past.number), value: hash },
        ]),
        { key: META_KEYS.gap, value: next && encode(BlockRef, next) },
      ]),
    header,
    encodedHeader: (hash) => store.get(headerKey(hash)),
    body: (hash) => read(store, bodyKey(hash), Body, "body"),
    justification: (hash) => store.get(justificationKey(hash)),
    finalizedHash: (number) => read(store, finalizedKey(number), hash32, "finalized index"),
    finalized: () => required(read(store, META_KEYS.finalized, BlockRef, "finalized head")),
    authoritySet: () => required(read(store, META_KEYS.authoritySet, AuthoritySet, "voters")),
    voterRecord: () => read(store, META_KEYS.voter, VoterRecord, "voter record"),
    unfinalized: () =>
      store.range(UNFINALIZED_PREFIX).map(([key]) => {
        const hash = key.subarray(5);
        return { hash, header: required(header(hash)) };
      }),
  };
}

function blockWrites({ hash, encodedHeader, body, nodes }: BlockWrite): KeyValueWrite[] {
  const writes: KeyValueWrite[] = [
    { key: headerKey(hash), value: encodedHeader },
    { key: bodyKey(hash), value: encode(Body, body) },
  ];
  for (const node of nodes) writes.push({ key: nodeKey(node.hash), value: node.bytes });
  return writes;
}

const WARP_OVER: readonly KeyValueWrite[] = [
  { key: META_KEYS.warp, value: undefined },
  { key: META_KEYS.warpProof, value: undefined },
];

function warpWrites(client: LightClientState, fragments: readonly WarpFragment[]): KeyValueWrite[] {
  const { hash, number } = client.finalized;
  const target = encode(BlockRef, { hash, number });
  return [
    ...fragments.flatMap(({ header, justification }) => {
      const at = headerHash(header);
      return [
        { key: headerKey(at), value: encodeHeader(header) },
        { key: justificationKey(at), value: encode(Justification, justification) },
        { key: finalizedKey(header.number), value: at },
      ];
    }),
    { key: META_KEYS.finalized, value: target },
    { key: META_KEYS.authoritySet, value: encode(AuthoritySet, client.set) },
    { key: META_KEYS.gap, value: target },
    ...WARP_OVER,
  ];
}

function finalityWrites({
  finalized,
  pruned,
  justification,
  authoritySet,
}: FinalityWrite): KeyValueWrite[] {
  const target = required(finalized.at(-1));
  const writes: KeyValueWrite[] = [
    { key: justificationKey(target.hash), value: justification },
    { key: META_KEYS.finalized, value: encode(BlockRef, target) },
    { key: META_KEYS.authoritySet, value: encode(AuthoritySet, authoritySet) },
  ];
  for (const { hash, number } of finalized)
    writes.push(
      { key: finalizedKey(number), value: hash },
      { key: unfinalizedKey(number, hash), value: undefined },
    );
  // Headers and states of abandoned forks stay: nodes are shared, and someone may still ask.
  for (const { hash, number } of pruned)
    writes.push({ key: unfinalizedKey(number, hash), value: undefined });
  return writes;
}

function checkSchema(store: KeyValueStore): void {
  const found = read(store, META_KEYS.schema, u32, "schema");
  if (found === undefined || found === SCHEMA) return;
  throw new PhaError("database/other-schema", `the data directory has layout ${found}`, {
    facts: { found, expected: SCHEMA },
    hint: "use the node version that wrote it, or remove the directory and let the node start afresh",
  });
}

function read<T>(
  store: KeyValueStore,
  key: Uint8Array,
  codec: Codec<T>,
  what: string,
): T | undefined {
  const stored = store.get(key);
  if (stored === undefined) return undefined;
  const decoded = decode(codec, stored);
  if (!decoded.ok) throw corrupt(what);
  return decoded.value;
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw corrupt("index");
  return value;
}

function corrupt(what: string): PhaError {
  return new PhaError("database/corrupt", `a stored ${what} is missing or does not decode`, {
    facts: { what },
    hint: "restore the data directory from a copy, or remove it and let the node start afresh",
  });
}
