/** Fresh nodes come to a chain that has a past: block by block, or by its newest final block and the state there. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PastChain, writePastChain } from "@pha/node/testing";
import { toHex } from "@pha/scale";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NodeProcess, rpc, type StartNodeOptions, startNodeProcess } from "./start-node.ts";

const BLOCKS = 150;
const TRANSFERS = 3;
/** States that the node with full sync keeps. */
const KEPT = 64;
/** Of `System.Number`. */
const NUMBER = "0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac";

interface HeaderJson {
  readonly number: string;
}

let folder: string;
let past: PastChain;
let author: NodeProcess;
const followers: NodeProcess[] = [];

async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const best = async (node: NodeProcess): Promise<number> =>
  Number((await rpc<HeaderJson>(node.http, "chain_getHeader")).number);
const finalized = async (node: NodeProcess): Promise<number> => {
  const hash = await rpc<string>(node.http, "chain_getFinalizedHead");
  return Number((await rpc<HeaderJson>(node.http, "chain_getHeader", hash)).number);
};
const hashAt = (node: NodeProcess, number: number): Promise<string | null> =>
  rpc(node.http, "chain_getBlockHash", number);

/** A node that only follows. */
async function follower(
  name: string,
  network: object,
  more: Pick<StartNodeOptions, "pruning"> = {},
): Promise<NodeProcess> {
  const options: StartNodeOptions = {
    ...more,
    authority: null,
    dataDir: join(folder, name),
    logLevel: "info",
    network: { listen: ["/ip4/127.0.0.1/tcp/0"], bootNodes: author.addresses, ...network },
  };
  const node = await startNodeProcess(options);
  followers.push(node);
  return node;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pha-sync-"));
  const directory = join(folder, "author");
  past = await writePastChain({ directory, blocks: BLOCKS, transfersPerBlock: TRANSFERS });
  author = await startNodeProcess({
    dataDir: directory,
    network: { listen: ["/ip4/127.0.0.1/tcp/0"] },
  });
});
afterAll(async () => {
  for (const node of [...followers, author]) await node?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("full sync executes every block, goes on after a kill in the middle, and follows", async () => {
  expect(author.genesisHash).toBe(toHex(past.hashes[0] ?? new Uint8Array(0)));
  const killed = await follower("full", {}, { pruning: KEPT });
  const reached = await until(
    () => best(killed),
    (number) => number >= 70,
  );
  await killed.kill();
  followers.pop();
  const node = await follower("full", { sync: "full" });
  expect(await best(node)).toBeGreaterThanOrEqual(reached - 64);
  const number = await until(
    () => finalized(node),
    (height) => height > BLOCKS + 1,
  );
  expect(await hashAt(node, number)).toBe(await hashAt(author, number));
  for (const at of [1, 100, BLOCKS])
    expect(await hashAt(node, at)).toBe(toHex(past.hashes[at] ?? new Uint8Array(0)));
});

test("a pruned node lets old states go, and after a kill answers the newest ones, and the old ones by their code", async () => {
  const [running] = followers;
  if (!running) throw new Error("the node of the test before runs");
  const old = toHex(past.hashes[1] ?? new Uint8Array(0));
  const stateAt = (node: NodeProcess, hash: string | null) =>
    rpc<string>(node.http, "state_getStorage", NUMBER, hash).catch(String);
  await until(
    () => stateAt(running, old),
    (answer) => answer.includes("database/state-discarded"),
  );
  await running.kill();
  const node = await follower("full", { sync: "full" });
  followers.splice(followers.indexOf(running), 1);
  const number = await until(
    () => finalized(node),
    (height) => height > BLOCKS + 2,
  );
  const recent = await hashAt(node, number - 1);
  expect(recent).toBe(await hashAt(author, number - 1));
  expect(await stateAt(node, recent)).toBe(await stateAt(author, recent));
  expect(await stateAt(node, old)).toContain("database/state-discarded");
  expect(await stateAt(author, old)).toBe("0x01000000");
  expect(await hashAt(node, 1)).toBe(old);
});

test("warp sync has the same final block and state, follows, and fetches the past", async () => {
  const node = await follower("warp", { sync: "warp" });
  // It comes by another pipe than what says that the node is ready.
  await until(
    () => Promise.resolve(node.log()),
    (log) => log.includes("the state is here"),
  );
  const start = await finalized(node);
  expect(start).toBeGreaterThanOrEqual(BLOCKS);
  const number = await until(
    () => finalized(node),
    (height) => height > start + 1,
  );
  const hash = await hashAt(node, number);
  expect(hash).toBe(await hashAt(author, number));
  const keys = await rpc<string[]>(node.http, "state_getKeysPaged", "0x", 500, null, hash);
  expect(keys.length).toBeGreaterThan(50);
  const stateOf = (one: NodeProcess) =>
    Promise.all(keys.map((key) => rpc<string>(one.http, "state_getStorageHash", key, hash)));
  expect(await stateOf(node)).toEqual(await stateOf(author));
  const last = toHex(past.hashes[1] ?? new Uint8Array(0));
  await until(
    () => hashAt(node, 1),
    (found) => found === last,
  );
  const block = await rpc<{ block: { extrinsics: string[] } }>(node.http, "chain_getBlock", last);
  expect(block.block.extrinsics).toHaveLength(TRANSFERS + 1);
  const theirs = await rpc<{ block: object }>(author.http, "chain_getBlock", last);
  expect(block.block).toEqual(theirs.block);
});

test("a node that began in the middle is where the next one begins, past included", async () => {
  const warped = followers.at(-1);
  const node = await follower("second", { sync: "warp", bootNodes: warped?.addresses });
  expect(await finalized(node)).toBeGreaterThan(BLOCKS);
  for (const at of [BLOCKS, 1]) {
    const hash = toHex(past.hashes[at] ?? new Uint8Array(0));
    await until(
      () => hashAt(node, at),
      (found) => found === hash,
    );
  }
});
