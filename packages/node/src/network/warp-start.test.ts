import {
  createStateSync,
  createWarpSync,
  type FetchInput,
  type SerialFetch,
  startFromGenesis,
} from "@pha/consensus";
import { decode, toHex } from "@pha/scale";
import { compareTries, EMPTY_ROOT, storageProof } from "@pha/state";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { genesisBlock } from "../chain-spec.ts";
import { type ChainDatabase, openChainDatabase } from "../database/chain-database.ts";
import { checkDatabase } from "../database/check-database.ts";
import { META_KEYS, NODE_PREFIX } from "../database/columns.ts";
import { type JournaledStore, openJournaledStore } from "../database/journaled-store.ts";
import { createMemoryStore } from "../database/memory-store.ts";
import { genesisAuthoritySet } from "../finality/genesis-authorities.ts";
import { aDevChain, type DevChain, FIRST_SLOT, sharedDevelopment } from "../testing/dev-chain.ts";
import { servedChain } from "./served-chain.ts";

const BLOCKS = 6;
/** So that the state comes in several ranges. */
const RANGE_BYTES = 20_000;
const NONE = new Uint8Array(0);
let source: DevChain;
let store: JournaledStore;
let database: ChainDatabase;
const genesis = genesisBlock(sharedDevelopment().spec);

beforeAll(async () => {
  source = aDevChain();
  for (let block = 0; block < BLOCKS; block++) await source.author();
});
beforeEach(() => {
  store = openJournaledStore({
    backing: createMemoryStore(),
    onFailure: (error) => {
      throw error;
    },
  });
  database = openChainDatabase(store, { genesisHash: genesis.hash });
  database.putGenesis({ ...genesis, body: [] }, genesisAuthoritySet(sharedDevelopment().spec));
});

/** Answers a fetch's requests from the source, at most so many. */
function fetchAll<Request, Answer, Found>(
  fetch: SerialFetch<Request, Answer, Found>,
  answer: (request: Request) => Answer,
  onFound: (found: Found) => void,
  most = 1_000,
): void {
  let input: FetchInput<Answer> = { type: "joined", peer: "source" };
  // The pace of requests is the machine's; here an hour passes between two.
  for (let step = 0; step < most; step++) {
    let next: FetchInput<Answer> = { type: "tick" };
    for (const output of fetch.step(input, step * 3_600_000)) {
      if (output.type === "found") onFound(output.found);
      if (output.type === "request")
        next = { type: "answer", id: output.id, peer: "source", answer: answer(output.request) };
    }
    input = next;
  }
}

function warp() {
  const sync = createWarpSync(
    startFromGenesis({ genesisHeader: genesis.header, set: database.authoritySet() }),
  );
  fetchAll(
    sync.fetch,
    ({ begin }) => {
      const proof = servedChain(source.chain).warpProof(begin, 1 << 20);
      if (proof === undefined) throw new Error("there is a proof");
      return proof;
    },
    ({ state, fragments }) => {
      if (fragments.length > 0) database.putWarp(state, fragments);
    },
    8,
  );
}

/** Whether the state is whole after so many steps. */
function fetchState(most: number): boolean {
  const record = database.warp();
  if (record === undefined) throw new Error("a start is under way");
  const { client, after } = record;
  const { hash, stateRoot } = client.finalized;
  const sync = createStateSync({ block: hash, stateRoot, after });
  fetchAll(
    sync.fetch,
    (request) => {
      const start = request.after.length === 0 ? [] : [request.after];
      const wanted = { block: request.block, start, noProof: false };
      const answer = servedChain(source.chain).state(wanted, RANGE_BYTES);
      const proof = decode(storageProof, answer?.proof ?? NONE);
      if (!proof.ok) throw new Error("there is a proof");
      return proof.value;
    },
    ({ last, nodes }) => database.putStateRange({ client, after: last }, nodes),
    most,
  );
  return sync.isComplete;
}

describe("a start in the middle of the chain", () => {
  test("goes on after a cut, and ends with a node that imports, and a gap below", async () => {
    warp();
    expect(fetchState(3)).toBe(false);
    const { after = NONE } = database.warp() ?? {};
    expect(after.length).toBeGreaterThan(0);
    database = openChainDatabase(store, { genesisHash: genesis.hash });
    expect(database.finalized().number).toBe(0);
    expect(fetchState(1_000)).toBe(true);
    const record = database.warp();
    if (record) database.finishWarp(record);
    expect(database.warp()).toBe(undefined);
    const { hash, number } = source.chain.finalized;
    expect(database.gap()).toEqual({ hash, number });

    const node = aDevChain({ store, follows: true });
    const { header } = source.chain.best;
    expect(node.chain.best.hash).toEqual(source.chain.best.hash);
    expect(node.chain.stateOf(header).keys(NONE)).toEqual(source.chain.stateOf(header).keys(NONE));
    expect(node.chain.hashAt(number - 1)).toBe(undefined);
    expect(checkDatabase(store).faults).toEqual([]);
    await source.author();
    const [block] = source.blocks().slice(-1);
    const at = { nowSlot: BigInt(FIRST_SLOT + 100), inherentData: new Map() };
    const timed = new Map([["timstap0", new Uint8Array([0, 0, 0, 0, 0, 1, 0, 0])]]);
    const imported =
      block && node.chain.importBlock(block.header, block.body, { ...at, inherentData: timed });
    expect(imported?.ok).toBe(true);
  });

  test("leaves a pruned database with the nodes of its state and no others, whatever was begun before", async () => {
    const genesisHash = genesis.hash;
    const others = openJournaledStore({ backing: createMemoryStore(), onFailure: () => {} });
    store = others;
    database = openChainDatabase(store, { genesisHash, pruning: 3 });
    database.putGenesis({ ...genesis, body: [] }, genesisAuthoritySet(sharedDevelopment().spec));
    warp();
    fetchState(2);
    database.dropWarp();
    await source.author();
    warp();
    // Cut before the state was whole: the next start goes on, and begins to count where it ends.
    fetchState(2);
    database = openChainDatabase(store, { genesisHash, pruning: 3 });
    expect(fetchState(1_000)).toBe(true);
    const record = database.warp();
    if (record) database.finishWarp(record);
    database = openChainDatabase(store, { genesisHash });
    expect(database.pruning).toBe(3);
    await database.settle(() => Promise.resolve());
    expect(checkDatabase(store).faults).toEqual([]);
    expect(database.oldestState()).toBe(source.chain.finalized.number);
    const nodes = compareTries(database.nodes, EMPTY_ROOT, source.chain.best.header.stateRoot);
    expect(store.keys(NODE_PREFIX)).toHaveLength(new Set(nodes.inserted.map(toHex)).size);
    const node = aDevChain({ store, pruning: 3, follows: true });
    const past = node.chain.header(genesisHash);
    expect(past && node.chain.hasStateOf(past)).toBe(false);
    await source.author();
    const [block] = source.blocks().slice(-1);
    const inherentData = new Map([["timstap0", new Uint8Array([0, 0, 0, 0, 0, 1, 0, 0])]]);
    const at = { nowSlot: BigInt(FIRST_SLOT + 100), inherentData };
    expect(block && node.chain.importBlock(block.header, block.body, at).ok).toBe(true);
    expect(checkDatabase(store).faults).toEqual([]);
  });

  test("a pruned node that begins with every block instead gives up what was fetched", async () => {
    const others = openJournaledStore({ backing: createMemoryStore(), onFailure: () => {} });
    store = others;
    database = openChainDatabase(store, { genesisHash: genesis.hash, pruning: 3 });
    database.putGenesis({ ...genesis, body: [] }, genesisAuthoritySet(sharedDevelopment().spec));
    const before = store.keys(NODE_PREFIX).length;
    warp();
    fetchState(3);
    expect(store.keys(NODE_PREFIX).length).toBeGreaterThan(before);
    await database.settle(() => Promise.resolve());
    expect(database.warp()).toBe(undefined);
    expect(store.keys(NODE_PREFIX)).toHaveLength(before);
    expect(checkDatabase(store).faults).toEqual([]);
  });

  test("serves finality at once, and blocks of the past when they are here", () => {
    warp();
    fetchState(1_000);
    const record = database.warp();
    if (record) database.finishWarp(record);
    const { chain } = aDevChain({ store, follows: true });
    const served = servedChain(chain);
    expect(served.warpProof(genesis.hash, 1 << 20)?.fragments).toHaveLength(1);
    const { hash, number: top } = chain.finalized;
    const parts = { header: true, body: true, justification: false };
    const request = {
      parts,
      from: { hash },
      direction: "descending",
      maxBlocks: 3,
      namesEngines: true,
    } as const;
    expect(served.blocks(request, 1 << 20)).toEqual([]);
    const numbers = [top, top - 1, top - 2];
    const past = numbers.map((number) => {
      const at = source.chain.hashAt(number) ?? NONE;
      const header = source.chain.header(at);
      const body = source.chain.body(at);
      if (!header || !body) throw new Error("the block is there");
      return { hash: at, header, body };
    });
    const next = { hash: past[2]?.header.parentHash ?? NONE, number: top - 3 };
    database.putHistory(past, next);
    expect(served.blocks(request, 1 << 20)).toHaveLength(3);
    expect(database.gap()).toEqual(next);
    database.putHistory([], undefined);
    expect(database.gap()).toBe(undefined);
  });

  test("is given up without a trace", () => {
    warp();
    database.dropWarp();
    expect([database.warp(), database.gap()]).toEqual([undefined, undefined]);
    expect(store.get(META_KEYS.warpProof)).toBe(undefined);
  });
});
