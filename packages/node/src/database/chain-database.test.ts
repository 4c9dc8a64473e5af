import { AuthoritySet, BlockRef, VoterRecord } from "@pha/consensus";
import { encode, u32 } from "@pha/scale";
import { beforeEach, describe, expect, test } from "vitest";
import { aDevChain, type DevChain } from "../testing/dev-chain.ts";
import { type ChainDatabase, openChainDatabase } from "./chain-database.ts";
import { bodyKey, finalizedKey, headerKey, META_KEYS, unfinalizedKey } from "./columns.ts";

const JUNK = Uint8Array.of(255, 1, 2);
let node: DevChain;
let genesisHash: Uint8Array;
let database: ChainDatabase;

beforeEach(async () => {
  node = aDevChain();
  await node.author();
  ({ genesisHash } = node.chain);
  database = openChainDatabase(node.store, { genesisHash });
});

const put = (key: Uint8Array, value: Uint8Array | undefined) => node.store.batch([{ key, value }]);

describe("a database that is not this node's", () => {
  test("of another chain is refused", () => {
    const other = new Uint8Array(32).fill(1);
    expect(() => openChainDatabase(node.store, { genesisHash: other })).toThrow(
      expect.objectContaining({ code: "database/other-chain" }),
    );
  });

  test("of another layout is refused, naming both", () => {
    put(META_KEYS.schema, encode(u32, 7));
    expect(() => openChainDatabase(node.store, { genesisHash })).toThrow(
      expect.objectContaining({
        code: "database/other-schema",
        facts: { found: 7, expected: 2 },
      }),
    );
  });
});

describe("a database stays archive or pruned", () => {
  test.each([
    ["archive", 16],
    [16, "archive"],
  ] as const)("%s refuses %s and is left as it is", (first, other) => {
    const { store } = aDevChain({ pruning: first });
    expect(() => openChainDatabase(store, { genesisHash, pruning: other })).toThrow(
      expect.objectContaining({
        code: "database/other-pruning",
        facts: { database: String(first), asked: String(other) },
      }),
    );
    expect(openChainDatabase(store, { genesisHash }).pruning).toBe(first);
    expect(openChainDatabase(store, { genesisHash, defaultPruning: other }).pruning).toBe(first);
  });

  test("a new one takes the default; how many states a pruned one keeps may change", () => {
    const { store } = aDevChain({ pruning: 16 });
    expect(openChainDatabase(store, { genesisHash, pruning: 8 }).pruning).toBe(8);
    expect(openChainDatabase(store, { genesisHash }).pruning).toBe(8);
    const { store: other } = aDevChain();
    other.batch([{ key: META_KEYS.genesis, value: undefined }]);
    expect(openChainDatabase(other, { genesisHash, defaultPruning: 256 }).pruning).toBe(256);
  });
});

describe("what does not decode stops the node, naming what it was", () => {
  test.each<readonly [what: string, key: () => Uint8Array, read: () => unknown]>([
    ["schema", () => META_KEYS.schema, () => openChainDatabase(node.store, { genesisHash })],
    ["header", () => headerKey(genesisHash), () => database.header(genesisHash)],
    ["body", () => bodyKey(genesisHash), () => database.body(genesisHash)],
    ["finalized index", () => finalizedKey(0), () => database.finalizedHash(0)],
    ["finalized head", () => META_KEYS.finalized, () => database.finalized()],
    ["voters", () => META_KEYS.authoritySet, () => database.authoritySet()],
    ["warp record", () => META_KEYS.warp, () => database.warp()],
    ["gap", () => META_KEYS.gap, () => database.gap()],
    [
      "mode of pruning",
      () => META_KEYS.pruning,
      () => openChainDatabase(node.store, { genesisHash }),
    ],
    ["oldest state", () => META_KEYS.oldestState, () => database.oldestState()],
    ["voter record", () => META_KEYS.voter, () => database.voterRecord()],
  ])("%s", (what, key, read) => {
    put(key(), JUNK);
    expect(read).toThrow(expect.objectContaining({ code: "database/corrupt", facts: { what } }));
  });

  test("and what an index promises and nothing holds", () => {
    put(unfinalizedKey(9, new Uint8Array(32)), new Uint8Array(0));
    expect(() => database.unfinalized()).toThrow(
      expect.objectContaining({ code: "database/corrupt", facts: { what: "index" } }),
    );
  });

  test("while what was written reads back", () => {
    const head = encode(BlockRef, database.finalized());
    const voters = encode(AuthoritySet, database.authoritySet());
    const record = database.voterRecord();
    expect(node.store.get(META_KEYS.finalized)).toEqual(head);
    expect(node.store.get(META_KEYS.authoritySet)).toEqual(voters);
    expect(record && encode(VoterRecord, record)).toEqual(node.store.get(META_KEYS.voter));
  });
});
