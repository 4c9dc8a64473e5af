/**
 * Node, worker host and pRuntimes are killed with SIGKILL under load, each alone, again and again. All come back and
 * catch up; nothing that was final is lost, and no command is executed twice.
 *
 * The chain is the witness: it tells which commands were queued, and which roots became final of which block. Each
 * account's counter must be the number of its commands, since every command adds one.
 *
 * In `npm run test:long` alone; the short forms are in `crashes.test.ts`, and `kill-node.test.ts` for a node alone.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "@pha/scale";
import { type Chain, DEV_NAMES, devSigner } from "@pha/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChainRecord, readChainRecord } from "./chain-record.ts";
import { type CounterLoad, startLoad } from "./counter-load.ts";
import { agreed, connectCounter } from "./counter-network.ts";
import { type DevnetProcess, startDevnet, until } from "./start-devnet.ts";
import { type Part, startPart } from "./start-part.ts";

const KILLS = { node: 50, host: 50, pruntime: 50 };
/** Commands with a reply since the last kill, before the next. */
const LOAD_PER_KILL = 3;
const folder = mkdtempSync(join(tmpdir(), "pha-e2e-kills-"));
const state = join(folder, "state");
let devnet: DevnetProcess;
let node: Part;
let host: Part;

/** Makes the network, ends its supervisor as Ctrl-C does, and starts node and host alone on what it kept. */
beforeAll(async () => {
  devnet = await startDevnet({ folder, state });
  await devnet.end("SIGINT");
  node = await startPart("node", state);
  host = await startPart("worker", state);
}, 240_000);

afterAll(async () => {
  await host?.stop();
  await node?.stop();
  await devnet?.cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Whether the load's newest verified head has a block with commands whose root is not final. A command under way is no
 * such block yet: it may be refused, or come into a block later.
 */
function openBlocks(load: CounterLoad): () => Promise<boolean> {
  const open = new Set<number>();
  let read = load.head();
  return async () => {
    const head = load.head();
    const { queued, final } = await readChainRecord(load.client.chain, read + 1, head);
    for (const { block } of queued) open.add(block);
    for (const { block } of final) open.delete(block);
    read = head;
    return open.size > 0 && load.head() === head;
  };
}

/** Kills under load, so many times; verified heads at the kills. */
async function killUnderLoad(
  load: CounterLoad,
  kills: number,
  kill: (round: number) => Promise<void>,
): Promise<readonly number[]> {
  const heads: number[] = [];
  const hasOpenBlock = openBlocks(load);
  for (let round = 0; round < kills; round++) {
    const before = load.acknowledged();
    const head = load.head();
    await until(
      "the load is under way",
      () => load.acknowledged() >= before + LOAD_PER_KILL && load.head() > head,
      120_000,
    );
    // Somewhere else in the slot each time, with commands on their way.
    await new Promise((resolve) => setTimeout(resolve, (round * 379) % 1_000));
    await until(
      "the chain has commands without a final root, and more are on their way",
      async () => (await hasOpenBlock()) && load.underWay() > 0,
    );
    heads.push(load.head());
    await kill(round);
  }
  return heads;
}

/** What must hold of all commands since block `from`, whatever was killed. */
function expectEachOnce(record: ChainRecord, from: number, heads: readonly number[]): void {
  expect(record.trouble).toEqual([]);
  for (const cluster of new Set(record.final.map((root) => root.cluster))) {
    const roots = record.final.filter((root) => root.cluster === cluster);
    // One final root per block, in the order of blocks, none left out.
    expect(roots.map(({ index }) => index)).toEqual(roots.map((_, i) => BigInt(i)));
    const blocks = roots.map(({ block }) => block);
    expect(blocks).toEqual([...new Set(blocks)].sort((a, b) => a - b));
  }
  // Real load at each kill: a command was queued whose root was not final yet.
  const queued = record.queued.filter(({ block }) => block >= from);
  const finalAt = new Map(record.final.map(({ at, block }) => [block, at]));
  const idle = heads.filter(
    (head) =>
      !queued.some(({ block }) => block <= head + 1 && (finalAt.get(block) ?? block) > head),
  );
  expect(idle).toEqual([]);
}

/** The chain's record once every block with commands has its final root. */
async function settledRecord(chain: Chain): Promise<ChainRecord> {
  let record = await readChainRecord(chain);
  const open = (): readonly number[] => {
    const final = new Set(record.final.map(({ block }) => block));
    return record.queued.map(({ block }) => block).filter((block) => !final.has(block));
  };
  await until(
    "every block with commands has a final root",
    async () => {
      if (open().length > 0) record = await readChainRecord(chain);
      return open().length === 0;
    },
    90_000,
  ).catch((error: unknown) => {
    throw new Error(`${error}: blocks ${open().join(" ")}`);
  });
  return record;
}

/** Each account's counter is what it was and the number of commands that the chain has queued for it since. */
async function expectExactCounters(
  load: CounterLoad,
  before: ReadonlyMap<string, bigint>,
  from: number,
): Promise<ChainRecord> {
  const { client, counter } = await connectCounter(devnet.file);
  try {
    const record = await settledRecord(client.chain);
    const own = record.queued.filter(
      ({ block, contract }) => block >= from && contract === toHex(counter.address),
    );
    for (const signer of load.signers) {
      const sent = own.filter(({ origin }) => origin === toHex(signer.publicKey)).length;
      const expected = (before.get(signer.address) ?? 0n) + BigInt(sent);
      const value = await agreed(devnet.file, signer, 3, (found) => found >= expected);
      expect(value, `${signer.address} sent ${sent} commands`).toBe(expected);
      const replies = load.replies(signer);
      expect(new Set(replies).size).toBe(replies.length);
      expect(replies.length).toBeLessThanOrEqual(sent);
    }
    // What the client saw final, the chain still has.
    for (let number = from; number <= load.head(); number++) {
      const seen = load.finalized(number);
      const kept = client.chain.finality.block(number)?.hash;
      expect(seen && toHex(seen)).toBe(kept && toHex(kept));
    }
    return record;
  } finally {
    client.close();
  }
}

/** Kills one part again and again while all accounts send, then lets everything settle and compares. */
async function expectNothingLost(
  kills: number,
  kill: (round: number) => Promise<void>,
): Promise<void> {
  const before = new Map<string, bigint>();
  for (const name of DEV_NAMES) {
    const signer = devSigner(name);
    before.set(signer.address, await agreed(devnet.file, signer, 2));
  }
  const load = await startLoad(devnet.file);
  try {
    const from = load.head() + 1;
    const heads = await killUnderLoad(load, kills, kill);
    await load.stop();
    const record = await expectExactCounters(load, before, from);
    expectEachOnce(record, from, heads);
    console.info(
      `${kills} kills, ${load.acknowledged()} replies, blocks ${from} to ${load.head()}, ${record.final.length} roots`,
    );
  } finally {
    await load.stop();
    load.client.close();
  }
}

test(`the node dies ${KILLS.node} times under load`, {
  timeout: (KILLS.node + 2) * 60_000,
}, async () => {
  await expectNothingLost(KILLS.node, async () => {
    await node.kill();
    node = await startPart("node", state);
  });
});

test(`the host dies ${KILLS.host} times under load, and all pRuntimes with it`, {
  timeout: (KILLS.host + 2) * 60_000,
}, async () => {
  await expectNothingLost(KILLS.host, async () => {
    await host.kill();
    host = await startPart("worker", state);
  });
});

test(`pRuntimes die ${KILLS.pruntime} times under load, each in turn`, {
  timeout: (KILLS.pruntime + 2) * 60_000,
}, async () => {
  const names = ["worker-1", "gatekeeper-1", "worker-2", "worker-3"];
  await expectNothingLost(KILLS.pruntime, async (round) => {
    const data = join(state, names[round % names.length] ?? "");
    await until(`the program of ${data} runs`, () => {
      const found = host.processes().find(({ command }) => command.includes(`--data ${data}`));
      return found !== undefined && process.kill(found.pid, "SIGKILL");
    });
  });
});
