import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlockRef, VoterRecord } from "@pha/consensus";
import { developmentPreset } from "@pha/runtime";
import { concatBytes, encode, utf8 } from "@pha/scale";
import { afterEach, describe, expect, test } from "vitest";
import { aDevChain, type DevChain } from "../testing/dev-chain.ts";
import { createSigner, testPair } from "../testing/signer.ts";
import { checkDatabase, MAX_FAULTS } from "./check-database.ts";
import {
  bodyKey,
  finalizedKey,
  headerKey,
  META_KEYS,
  nodeKey,
  UNFINALIZED_PREFIX,
  unfinalizedKey,
} from "./columns.ts";
import { checkDataDirectory, repairDataDirectory } from "./data-directory.ts";
import { openStore } from "./open-database.ts";
import { readEntry } from "./read-entry.ts";
import { repairDatabase } from "./repair-database.ts";

const { runtime } = developmentPreset();
const BLOCKS = 8;
const JUNK = Uint8Array.of(255, 1, 2);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A chain of some final blocks, each with a new account in its state. */
async function aChain(options: Parameters<typeof aDevChain>[0] = {}): Promise<DevChain> {
  const node = aDevChain(options);
  const alice = createSigner(runtime, node.chain.genesisHash, "//Alice");
  for (let i = 0; i < BLOCKS; i++) {
    node.pool.submit(alice.transfer(testPair(`//New//${i}`).publicKey, 10_000_000_000n, i));
    await node.author();
  }
  expect(node.chain.finalized.number).toBe(BLOCKS);
  return node;
}

const hashAt = (node: DevChain, number: number): Uint8Array => {
  const hash = node.chain.hashAt(number);
  if (!hash) throw new Error("there is the block");
  return hash;
};
const put = (node: DevChain, key: Uint8Array, value: Uint8Array | undefined): void =>
  node.store.batch([{ key, value }]);
const rootOf = (node: DevChain, number: number): Uint8Array => {
  const header = node.chain.header(hashAt(node, number));
  if (!header) throw new Error("there is the header");
  return header.stateRoot;
};

type Damage = (node: DevChain) => readonly [key: Uint8Array, value: Uint8Array | undefined];
const at =
  (key: (node: DevChain) => Uint8Array, change?: (bytes: Uint8Array) => Uint8Array): Damage =>
  (node) => {
    const found = node.store.get(key(node));
    if (!found) throw new Error("there is something to damage");
    return [key(node), change?.(found)];
  };
const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);

const DAMAGES: readonly (readonly [name: string, damage: Damage, code: string, to: number])[] = [
  ["a header is gone", at((n) => headerKey(hashAt(n, 5))), "database/damaged-header", 4],
  [
    "a header has a flipped bit",
    at((n) => headerKey(hashAt(n, 3)), flipped),
    "database/damaged-header",
    2,
  ],
  ["a body is gone", at((n) => bodyKey(hashAt(n, 6))), "database/damaged-body", 5],
  [
    "a body has a flipped bit",
    at((n) => bodyKey(hashAt(n, 6)), flipped),
    "database/damaged-body",
    5,
  ],
  [
    "a body is junk",
    at(
      (n) => bodyKey(hashAt(n, 7)),
      () => JUNK,
    ),
    "database/damaged-body",
    6,
  ],
  [
    "the newest state lost its root",
    at((n) => nodeKey(rootOf(n, BLOCKS))),
    "database/damaged-state",
    7,
  ],
  [
    "the newest state has a flipped bit",
    at((n) => nodeKey(rootOf(n, BLOCKS)), flipped),
    "database/damaged-state",
    7,
  ],
  ["a height is not noted", at((_n) => finalizedKey(4)), "database/broken-chain", 3],
  [
    "a height is another block",
    (n) => [finalizedKey(4), hashAt(n, 2)],
    "database/damaged-header",
    3,
  ],
  [
    "the newest final block is not noted",
    at(() => META_KEYS.finalized),
    "database/damaged-entry",
    BLOCKS,
  ],
  [
    "the voters are junk",
    at(
      () => META_KEYS.authoritySet,
      () => JUNK,
    ),
    "database/damaged-entry",
    BLOCKS,
  ],
  ["the genesis hash is not noted", at(() => META_KEYS.genesis), "database/damaged-entry", BLOCKS],
  [
    "a block above finality is a ghost",
    () => [unfinalizedKey(BLOCKS + 1, new Uint8Array(32).fill(7)), new Uint8Array(0)],
    "database/damaged-header",
    BLOCKS,
  ],
];

test("a whole database has no faults, and repair leaves it as it is", async () => {
  const node = await aChain();
  const report = checkDatabase(node.store);
  expect(report).toMatchObject({
    finalized: BLOCKS,
    unfinalized: 0,
    blocks: BLOCKS + 1,
    faults: [],
  });
  expect(report.stateNodes).toBeGreaterThan(50);
  expect(repairDatabase(node.store)).toEqual({
    from: BLOCKS,
    to: BLOCKS,
    dropped: 0,
    repaired: false,
  });
});

describe("damage is found by its code, repaired by a rollback, and the node goes on", () => {
  test.each(DAMAGES)("%s", async (_name, damage, code, to) => {
    const node = await aChain();
    const blocks = node.blocks();
    put(node, ...damage(node));
    expect(checkDatabase(node.store).faults[0]).toMatchObject({ code });
    expect(repairDatabase(node.store)).toMatchObject({ to, repaired: true });
    expect(checkDatabase(node.store).faults).toEqual([]);
    const again = aDevChain({ store: node.store });
    expect(again.chain.finalized.number).toBe(to);
    for (const { header, body } of blocks.slice(to)) {
      const inherentData = new Map();
      const imported = again.chain.importBlock(header, body, { nowSlot: 10_000n, inherentData });
      expect(imported.ok).toBe(true);
    }
    expect(again.chain.best.hash).toEqual(node.chain.best.hash);
    for (let i = 0; i < 2; i++) await again.author();
    expect(again.chain.finalized.number).toBe(BLOCKS + 2);
  });
});

test("a voter that rolled back does not vote for other blocks than those it voted for", async () => {
  const node = await aChain();
  put(node, ...at((n) => bodyKey(hashAt(n, 6)))(node));
  repairDatabase(node.store);
  const again = aDevChain({ store: node.store });
  for (let i = 0; i < 4; i++) await again.author(2_000 + i);
  expect(again.chain.best.number).toBe(9);
  expect(again.chain.finalized.number).toBe(5);
});

test("any node of the newest state that is gone is found", async () => {
  const node = await aChain();
  const keys = node.store.range(utf8("n")).map(([key, value]) => [key, value] as const);
  let found = 0;
  for (const [key, value] of keys.filter((_, i) => i % 9 === 0)) {
    put(node, key, undefined);
    found += checkDatabase(node.store).faults.length;
    put(node, key, value);
  }
  expect(found).toBeGreaterThan(3);
});

describe("what cannot be repaired is refused by its code", () => {
  test("own votes that cannot be read, or of a later set", async () => {
    const node = await aChain();
    const record = readEntry(node.store, META_KEYS.voter, VoterRecord);
    put(node, META_KEYS.voter, JUNK);
    expect(checkDatabase(node.store).faults).toMatchObject([
      { code: "database/damaged-entry", what: "own votes" },
    ]);
    expect(() => repairDatabase(node.store)).toThrow(
      expect.objectContaining({ code: "database/not-repairable" }),
    );
    if (!record) throw new Error("the node voted");
    put(node, META_KEYS.voter, encode(VoterRecord, { ...record, setId: 9n }));
    put(node, META_KEYS.authoritySet, JUNK);
    expect(() => repairDatabase(node.store)).toThrow(
      expect.objectContaining({ code: "database/not-repairable" }),
    );
  });

  test("a genesis block that is damaged", async () => {
    const node = await aChain();
    put(node, headerKey(node.chain.genesisHash), undefined);
    expect(() => repairDatabase(node.store)).toThrow(
      expect.objectContaining({ code: "database/not-repairable" }),
    );
  });

  test("states none of which is whole", async () => {
    const node = await aChain();
    for (const [key] of node.store.range(utf8("n"))) put(node, key, JUNK);
    expect(() => repairDatabase(node.store)).toThrow(
      expect.objectContaining({ code: "database/not-repairable" }),
    );
  });
});

test("the list of faults is bounded", async () => {
  const node = await aChain();
  const many = Array.from({ length: MAX_FAULTS + 50 }, (_, i) => ({
    key: unfinalizedKey(50, concatBytes(new Uint8Array(31), Uint8Array.of(i))),
    value: new Uint8Array(0),
  }));
  node.store.batch(many);
  expect(checkDatabase(node.store).faults.length).toBe(MAX_FAULTS);
  expect(repairDatabase(node.store)).toMatchObject({ to: BLOCKS, dropped: MAX_FAULTS + 50 });
  expect(node.store.range(UNFINALIZED_PREFIX)).toEqual([]);
});

test("a data directory is checked and repaired on disk; one without a database is refused", async () => {
  const directory = mkdtempSync(join(tmpdir(), "pha-db-"));
  folders.push(directory);
  const fail = (error: unknown): never => {
    throw error;
  };
  const node = await aChain({ store: openStore({ directory, onFailure: fail }) });
  put(node, ...at((n) => bodyKey(hashAt(n, 6)))(node));
  await node.store.close();
  expect((await checkDataDirectory(directory)).faults).toMatchObject([
    { code: "database/damaged-body", block: 6 },
  ]);
  expect(await repairDataDirectory(directory)).toMatchObject({ from: BLOCKS, to: 5 });
  expect((await checkDataDirectory(directory)).faults).toEqual([]);
  const store = openStore({ directory, onFailure: fail });
  expect(readEntry(store, META_KEYS.finalized, BlockRef)?.number).toBe(5);
  await store.close();
  await expect(checkDataDirectory(join(directory, "nothing"))).rejects.toMatchObject({
    code: "database/not-there",
  });
});
