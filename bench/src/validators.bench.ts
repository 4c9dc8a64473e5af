/** Four validators on this machine, a process each: how soon blocks are final, and what a transfer costs each of them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BabePreDigest, DigestItem } from "@pha/consensus";
import { sr25519FromSeed, sr25519Sign, sr25519Verify } from "@pha/crypto";
import { createSigner } from "@pha/node/testing";
import { developmentPreset } from "@pha/runtime";
import { decode, fromHex, toHex } from "@pha/scale";
import { connectWebSocket, type RpcTransport } from "@pha/sdk";
import { WebSocket } from "ws";
import { type Bench, type Measured, median } from "./bench.ts";
import { type RunningNode, startNode, stopNode } from "./node-process.ts";

const VALIDATORS = ["Alice", "Bob", "Charlie", "Dave"];
const SENDERS = ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie"];
const SLOT_MS = 1_000;
const SETTLE_MS = 8_000;
const MEASURE_MS = 30_000;
const TRANSFERS_PER_SECOND = 50;
/** Of `/proc/PID/stat`. */
const TICK_MS = 10;

/** Milliseconds of processor time that a process has used. */
function processorMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function slotOf(header: { readonly digest: { readonly logs: readonly string[] } }): bigint {
  for (const log of header.digest.logs) {
    const item = decode(DigestItem, fromHex(log));
    if (!item.ok || item.value.type !== "PreRuntime") continue;
    const claim = decode(BabePreDigest, item.value.value.data);
    if (claim.ok) return claim.value.value.slot;
  }
  throw new Error("a block names its slot");
}

/** Milliseconds from the beginning of each block's slot until this node calls it final, over some time. */
async function finalityTimes(rpc: RpcTransport): Promise<readonly number[]> {
  const times: number[] = [];
  const end = await rpc.subscribe(
    "chain_subscribeFinalizedHeads",
    [],
    "chain_unsubscribeFinalizedHeads",
    (header) => {
      // As our node writes it.
      const slot = slotOf(header as Parameters<typeof slotOf>[0]);
      times.push(Date.now() - Number(slot) * SLOT_MS);
    },
  );
  await new Promise((resolve) => setTimeout(resolve, MEASURE_MS));
  end();
  // The first one was final already.
  return times.slice(1);
}

function presign(genesisHash: Uint8Array): readonly string[] {
  const { runtime } = developmentPreset();
  const perSender = Math.ceil((TRANSFERS_PER_SECOND * MEASURE_MS) / 1_000 / SENDERS.length);
  const signers = SENDERS.map((uri) => createSigner(runtime, genesisHash, uri));
  return Array.from({ length: perSender * SENDERS.length }, (_, i) => {
    const signer = signers[i % signers.length];
    if (signer === undefined) throw new Error("there are senders");
    const to = new Uint8Array(32).fill(7);
    return toHex(signer.transfer(to, 10_000_000_000n, Math.floor(i / signers.length)));
  });
}

/** Sends the load at its pace; resolves when the last one was taken. */
async function sendLoad(rpc: RpcTransport, load: readonly string[]): Promise<void> {
  const began = performance.now();
  for (const [i, extrinsic] of load.entries()) {
    const wait = began + (i * 1_000) / TRANSFERS_PER_SECOND - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    await rpc.request("author_submitExtrinsic", [extrinsic]);
  }
}

interface Run {
  readonly idle: readonly number[];
  readonly loaded: readonly number[];
  /** Of one node, without what it takes when idle. */
  readonly msPerTransfer: number;
}

async function measure(chain: string, names: readonly string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "pha-bench-"));
  const nodes: RunningNode[] = [];
  try {
    for (const name of names)
      nodes.push(
        await startNode({
          folder,
          chain,
          name,
          devKey: `//${name}`,
          bootNodes: nodes.flatMap(({ addresses }) => addresses),
        }),
      );
    const [first] = nodes;
    const last = nodes.at(-1);
    if (first === undefined || last === undefined) throw new Error("there are nodes");
    const load = presign(fromHex(first.genesisHash));
    const connect = (url: string) => connectWebSocket({ url, webSocket: WebSocket });
    // The load goes in at one end and finality is looked at from the other.
    const [entry, exit] = await Promise.all([connect(first.ws), connect(last.ws)]);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const used = () => nodes.reduce((sum, { pid }) => sum + processorMs(pid), 0);
    const start = used();
    const idle = await finalityTimes(exit);
    const between = used();
    const [loaded] = await Promise.all([finalityTimes(exit), sendLoad(entry, load)]);
    const end = used();
    entry.close();
    exit.close();
    const ms = end - between - (between - start);
    return { idle, loaded, msPerTransfer: ms / nodes.length / load.length };
  } finally {
    await Promise.all(nodes.map(stopNode));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds that the signature of a transfer takes to verify. */
function verificationMs(): number {
  const pair = sr25519FromSeed(new Uint8Array(32).fill(3));
  const message = new Uint8Array(150);
  const signature = sr25519Sign(pair, message);
  const began = performance.now();
  for (let i = 0; i < 1_000; i++) sr25519Verify(pair.publicKey, message, signature);
  return (performance.now() - began) / 1_000;
}

export const validators: Bench = {
  id: "validators/four",
  async run() {
    const four = await measure("local", VALIDATORS);
    const one = await measure("dev", VALIDATORS.slice(0, 1));
    const finalityRow = (id: string, times: readonly number[]): Measured => ({
      id,
      value: median(times),
      unit: "ms",
      better: "smaller",
      against: { name: "slot time", value: SLOT_MS },
      samples: times.length,
      floor: 3_000,
      goal: 1_000,
      note: "since the beginning of the block's slot, four processes on this machine",
    });
    return [
      finalityRow("validators/finality-idle-p50", four.idle),
      finalityRow("validators/finality-loaded-p50", four.loaded),
      {
        id: "validators/cpu-per-transfer",
        value: four.msPerTransfer / one.msPerTransfer,
        unit: "times one node",
        better: "smaller",
        against: {
          name: "verifications of a signature in a node alone",
          value: one.msPerTransfer / verificationMs(),
        },
        samples: TRANSFERS_PER_SECOND * (MEASURE_MS / 1_000),
        floor: 1.5,
        goal: 1.1,
        note: `${four.msPerTransfer.toFixed(2)} ms for each of four, ${one.msPerTransfer.toFixed(2)} ms alone, at ${TRANSFERS_PER_SECOND} transfers/s`,
      },
    ];
  },
};
