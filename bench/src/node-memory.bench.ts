/**
 * Memory of a node that follows a chain for 10,000 blocks, with clients that subscribe: what it needs, and that it does
 * not grow with the chain.
 *
 * The blocks are made in this process, a stretch at a time, while the node has nothing to do; then this process dials the
 * node, which takes them as fast as it can. PSS counts the program and the mapped pages of the database, so the node keeps
 * the states that nodes of public networks keep: the file of an archive grows with the chain, whatever the program does.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { developmentChain, SILENT } from "@pha/node";
import {
  aDevChain,
  createSigner,
  type DevChain,
  SLOT_MS,
  startNodeNetwork,
  testPair,
} from "@pha/node/testing";
import { developmentPreset } from "@pha/runtime";
import { WebSocket } from "ws";
import { type Bench, median } from "./bench.ts";
import { startNode, stopNode } from "./node-process.ts";

const BLOCKS = 10_000;
const FLAT_FROM = 5_000;
const STRETCH = 500;
/** Final blocks whose states are kept, as of chains other than `dev` and `local`. */
const PRUNING = 256;
const TRANSFERS = 2;
const ACCOUNTS = 500;
const SAMPLE_EVERY = 25;
/** Blocks whose samples make one figure: several collections of garbage fall into them. */
const WINDOW = 1_250;
const MB = 1_000_000;

interface Sample {
  readonly block: number;
  readonly pss: number;
}

/** Bytes of a process by `/proc/PID/smaps_rollup`; pages that several processes have are divided among them. */
function pssOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kilobytes === undefined) throw new Error("the system tells no PSS");
  return Number(kilobytes) * 1_024;
}

/** The chain's author joins a node, until the node has so many blocks. */
async function serve(source: DevChain, addresses: readonly string[], done: () => Promise<void>) {
  const network = await startNodeNetwork({
    chain: source.chain,
    database: source.database,
    pool: source.pool,
    log: SILENT,
    onFailure: (error) => {
      throw error;
    },
    isAuthority: true,
    slotDurationMs: SLOT_MS,
    ready: () => Promise.resolve(),
    seed: new Uint8Array(32).fill(5),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    bootNodes: addresses,
    reserved: [],
    reservedOnly: false,
    agent: "pha",
  });
  source.restartVoter({ keystore: source.keystore, network: network.grandpa });
  await done();
  source.restartVoter({ keystore: source.keystore });
  await network.stop();
}

/** A client that follows the chain's head, unpins as it goes, and has all headers sent, new ones and final ones. */
async function openFollower(url: string, onNewHead: (block: number) => void) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  let nextId = 1;
  const send = (method: string, ...params: unknown[]): void =>
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: nextId++, method, params }));
  let finalized = 0;
  let ended: Error | undefined;
  let wake = (): void => {};
  // The block that is final stays pinned until the next one is.
  let last: readonly string[] = [];
  socket.on("message", (data) => {
    // As our node writes it.
    const { method, params } = JSON.parse(data.toString());
    if (method === "chain_newHead") onNewHead(Number(params.result.number));
    if (method === "chain_finalizedHead") finalized = Number(params.result.number);
    if (method === "chainHead_v1_followEvent") {
      const { event, finalizedBlockHashes, prunedBlockHashes = [] } = params.result;
      if (event === "stop") ended = new Error("the follow was stopped");
      if (event === "initialized") last = finalizedBlockHashes;
      if (event === "finalized") {
        const unpinned = [...last, ...finalizedBlockHashes.slice(0, -1), ...prunedBlockHashes];
        last = finalizedBlockHashes.slice(-1);
        send("chainHead_v1_unpin", params.subscription, unpinned);
      }
    }
    wake();
  });
  socket.on("close", () => {
    ended = new Error("the node has closed the connection");
    wake();
  });
  send("chainHead_v1_follow", true);
  send("chain_subscribeNewHeads");
  send("chain_subscribeFinalizedHeads");
  return {
    /** Resolves when the node has finalized the block. */
    async reached(block: number): Promise<void> {
      while (finalized < block) {
        if (ended !== undefined) throw ended;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => socket.terminate(),
  };
}

async function measure(): Promise<readonly Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), "pha-bench-"));
  const transition = readFileSync(
    join(process.env["PHA_ROOT"] ?? process.cwd(), "dist", "runtime-dev.js"),
  );
  const source = aDevChain({ development: developmentChain({ transition }) });
  const node = await startNode({
    folder,
    chain: "dev",
    name: "follower",
    pruning: String(PRUNING),
    bootNodes: [],
  });
  try {
    const samples: Sample[] = [];
    const sample = (block: number): void => {
      if (block < (samples.at(-1)?.block ?? -SAMPLE_EVERY) + SAMPLE_EVERY) return;
      samples.push({ block, pss: pssOf(node.pid) });
    };
    const client = await openFollower(node.ws, sample);
    const { runtime } = developmentPreset();
    const signer = createSigner(runtime, source.chain.genesisHash, "//Alice");
    const targets = Array.from({ length: ACCOUNTS }, (_, i) => testPair(`//Far//${i}`).publicKey);
    const firstSlot = Math.floor(Date.now() / SLOT_MS) - BLOCKS - 1;
    let nonce = 0;
    for (let block = 1; block <= BLOCKS; block++) {
      for (let i = 0; i < TRANSFERS; i++)
        source.pool.submit(signer.transfer(targets[nonce % ACCOUNTS]!, 2_000_000_000n, nonce++));
      await source.author(firstSlot + block);
      if (block % STRETCH > 0) continue;
      await serve(source, node.addresses, () => client.reached(block));
    }
    client.close();
    return samples;
  } finally {
    source.grandpa.stop();
    await stopNode(node);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Median of the samples of blocks above one, and at most the other. */
function medianBetween(samples: readonly Sample[], above: number, most: number) {
  const inside = samples.filter(({ block }) => block > above && block <= most);
  return { bytes: median(inside.map(({ pss }) => pss)), samples: inside.length };
}

export const nodeMemory: Bench = {
  id: "node/memory",
  async run() {
    const samples = await measure();
    const [start] = samples;
    if (start === undefined) throw new Error("there are samples");
    const early = medianBetween(samples, FLAT_FROM, FLAT_FROM + WINDOW);
    const late = medianBetween(samples, BLOCKS - WINDOW, BLOCKS);
    const inMb = (bytes: number): string => `${(bytes / MB).toFixed(0)} MB`;
    const largest = Math.max(...samples.map(({ pss }) => pss));
    return [
      {
        id: "node/memory-10000",
        value: late.bytes / MB,
        unit: "MB",
        better: "smaller",
        against: { name: "the same node at its start", value: start.pss / MB },
        samples: late.samples,
        floor: 300,
        goal: 200,
        note: `PSS while it syncs, median of the last ${WINDOW} blocks, never above ${inMb(largest)}; ${TRANSFERS} transfers a block, a client that follows`,
      },
      {
        id: "node/memory-flat",
        value: late.bytes / early.bytes,
        unit: `times that after block ${FLAT_FROM}`,
        better: "smaller",
        against: { name: "growth in step with the chain", value: BLOCKS / FLAT_FROM },
        samples: early.samples + late.samples,
        floor: 1.1,
        goal: 1.02,
        note: `medians of PSS: ${inMb(early.bytes)} in the ${WINDOW} blocks above ${FLAT_FROM}, ${inMb(late.bytes)} in the last`,
      },
    ];
  },
};
