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
