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
import {
  EMPTY_ROOT,
  type KeyValueStore,
  type KeyValueWrite,
  MAX_KEY_BYTES,
  type NodeStore,
  type TrieChanges,
} from "@pha/state";
import {
  ABANDONED_PREFIX,
  bodyKey,
  finalizedKey,
  headerKey,
  justificationKey,
  META_KEYS,
  nodeKey,
  UNFINALIZED_PREFIX,
  unfinalizedKey,
} from "./columns.ts";
import { corrupt } from "./corrupt.ts";
import type { JournaledStore } from "./journaled-store.ts";
import { keyText } from "./key-text.ts";
import { NodeCounts } from "./node-counts.ts";
import { ARCHIVE, agreedPruning, type Pruning } from "./pruning.ts";
import { recount } from "./recount.ts";
import {
  type AbandonedBlock,
  abandonedIn,
  openStateWindow,
  type StateWindow,
} from "./state-window.ts";

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
  /** What came and went with the block's state. */
  readonly state: Pick<TrieChanges, "inserted" | "removed">;
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
  readonly pruned: readonly AbandonedBlock[];
  /** Of the last finalized block. */
  readonly justification: Uint8Array;
  readonly authoritySet: AuthoritySet;
}

export interface ChainDatabase {
  readonly nodes: NodeStore;
  readonly store: JournaledStore;
  readonly pruning: Pruning;
  genesisHash(): Uint8Array | undefined;
  /** Sets up an empty database. */
  putGenesis(block: BlockWrite, authoritySet: AuthoritySet): void;
  /** Header, body and state at once. */
  putBlock(block: BlockWrite): void;
  putFinality(finality: FinalityWrite): void;
  hasState(header: Pick<Header, "stateRoot">): boolean;
  /** Lowest final block whose state is here. */
  oldestState(): number;
  /** Keeps the state of a block that has one until what is returned is called; it may be called again. */
  pinState(hash: Uint8Array): () => void;
  /** Counts what a start in the middle of the chain left uncounted. Before the first block. */
  settle(ready: () => Promise<void>): Promise<void>;
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

export interface ChainDatabaseOptions {
  /** Of the chain spec: a database of another chain is refused. */
  readonly genesisHash: Uint8Array;
  /** @default what the database has, or `defaultPruning` */
  readonly pruning?: Pruning | undefined;
  /** Of a new database. @default "archive" */
  readonly defaultPruning?: Pruning | undefined;
}

/**
 * @throws PhaError `database/other-schema`, `database/other-chain`, `database/other-pruning`, `database/corrupt`
 */
export function openChainDatabase(
  store: JournaledStore,
  { genesisHash, pruning: asked, defaultPruning = "archive" }: ChainDatabaseOptions,
): ChainDatabase {
  checkSchema(store);
  const known = store.get(META_KEYS.genesis);
  if (known !== undefined && !equalBytes(known, genesisHash))
    throw new PhaError("database/other-chain", "the data directory holds another chain", {
      hint: "give another data directory, or remove this one to start the new chain in it",
    });

  const kept = read(store, META_KEYS.pruning, u32, "mode of pruning") ?? ARCHIVE;
  const pruning = known === undefined ? (asked ?? defaultPruning) : agreedPruning(kept, asked);
  const keep = pruning === "archive" ? ARCHIVE : pruning;
  const keepWrite = { key: META_KEYS.pruning, value: encode(u32, keep) };
  if (known !== undefined && keep !== kept) store.batch([keepWrite]);

  const header = (hash: Uint8Array): Header | undefined => {
    const stored = store.get(headerKey(hash));
    if (stored === undefined) return undefined;
    const decoded = decodeHeader(stored);
    if (!decoded.ok) throw corrupt("header");
    return decoded.value;
  };

  const oldestState = (): BlockRef | undefined =>
    read(store, META_KEYS.oldestState, BlockRef, "oldest state");
  const finalized = (): BlockRef =>
    required(read(store, META_KEYS.finalized, BlockRef, "finalized head"));
  const pins = new Map<string, number>();
  let opened: StateWindow | undefined;
  /** Of a pruned database; opened when it has what a window begins with. */
  const window = (): StateWindow | undefined => {
    if (keep === ARCHIVE) return undefined;
    opened ??= openStateWindow({
      store,
      keep,
      oldest: required(oldestState()),
      finalized: finalized().number,
      abandoned: abandonedIn(
        store.range(ABANDONED_PREFIX),
        (hash) => required(header(hash)).parentHash,
      ),
      isPinned: (hash) => pins.has(keyText(hash)),
    });
    return opened;
  };
  /** Nodes that nobody counts. */
  const uncounted: readonly KeyValueWrite[] =
    keep === ARCHIVE ? [] : [{ key: META_KEYS.uncounted, value: new Uint8Array(0) }];

  return {
    pruning,
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
        keepWrite,
        { key: META_KEYS.oldestState, value: encode(BlockRef, { hash: block.hash, number: 0 }) },
        ...blockWrites(block),
        ...(keep === ARCHIVE ? nodeWrites(block.state.inserted) : countedWrites(store, block)),
      ]),
    putBlock: (block) => {
      const { hash, header: own, state } = block;
      const step = window()?.imported({ hash, number: own.number }, state);
      store.batch([
        { key: unfinalizedKey(own.number, hash), value: new Uint8Array(0) },
        ...blockWrites(block),
        ...(step?.writes ?? nodeWrites(state.inserted)),
      ]);
      step?.done();
    },
    putFinality: (finality) => {
      const step = window()?.finalized(finality.finalized, finality.pruned);
      store.batch([...finalityWrites(finality), ...(step?.writes ?? [])]);
      step?.done();
    },
    hasState: ({ stateRoot }) =>
      equalBytes(stateRoot, EMPTY_ROOT) || store.get(nodeKey(stateRoot)) !== undefined,
    oldestState: () => opened?.oldest.number ?? oldestState()?.number ?? 0,
    pinState: (hash) => {
      const key = keyText(hash);
      pins.set(key, (pins.get(key) ?? 0) + 1);
      let isReleased = false;
      return () => {
        if (isReleased) return;
        isReleased = true;
        const others = (pins.get(key) ?? 0) - 1;
        if (others > 0) pins.set(key, others);
        else pins.delete(key);
      };
    },
    settle: async (ready) => {
      if (keep === ARCHIVE || store.get(META_KEYS.uncounted) === undefined) return;
      for (const writes of recount(store, keep)) {
        store.batch(writes);
        await ready();
      }
      opened = undefined;
    },
    putVoterRecord: (record) =>
      store.batch([{ key: META_KEYS.voter, value: encode(VoterRecord, record) }]),
    putWarp: (client, fragments) =>
      store.batch([
        { key: META_KEYS.warp, value: encode(WarpRecord, { client, after: new Uint8Array(0) }) },
        {
          key: META_KEYS.warpProof,
          value: encode(WarpProof, { fragments, isFinished: true }),
        },
        ...uncounted,
      ]),
    putStateRange: (record, nodes) =>
      store.batch([
        ...nodeWrites(nodes),
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
    finalized,
    authoritySet: () => required(read(store, META_KEYS.authoritySet, AuthoritySet, "voters")),
    voterRecord: () => read(store, META_KEYS.voter, VoterRecord, "voter record"),
    unfinalized: () =>
      store.range(UNFINALIZED_PREFIX).map(([key]) => {
        const hash = key.subarray(5);
        return { hash, header: required(header(hash)) };
      }),
  };
}

function blockWrites({ hash, encodedHeader, body }: BlockWrite): KeyValueWrite[] {
  return [
    { key: headerKey(hash), value: encodedHeader },
    { key: bodyKey(hash), value: encode(Body, body) },
  ];
}

function nodeWrites(nodes: readonly NodeWrite[]): KeyValueWrite[] {
  return nodes.map(({ hash, bytes }) => ({ key: nodeKey(hash), value: bytes }));
}

function countedWrites(store: KeyValueStore, { state }: BlockWrite): KeyValueWrite[] {
  const counts = new NodeCounts(store);
  counts.insert(state.inserted);
  return counts.writes();
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
    { key: META_KEYS.oldestState, value: target },
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
  // Headers and bodies of abandoned forks stay: someone may still ask.
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
