/**
 * A node as a process: it logs to stderr, writes one JSON line to stdout when it is ready, and ends on SIGTERM and
 * SIGINT, or when whoever supervises it closes its stdin.
 */
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { destination, pino } from "pino";
import { createElectionThread } from "./authoring/election-thread.ts";
import type { NodeConfig } from "./config.ts";
import { createSignatureQueue } from "./pool/signature-queue.ts";
import { defaultPruning, selectChain, transitionsIn } from "./select-chain.ts";
import { type RunningNode, startNode } from "./service.ts";
import { openNodeKeys } from "./signer/open-node-keys.ts";

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;
/** `workerData` of a thread that computes an election. */
export const ELECTION_THREAD = "pha-election";
/** These lie beside this program. */
const SIGNER_PROGRAM = fileURLToPath(new URL("signer.js", import.meta.url));
const SIGNATURE_PROGRAM = new URL("signatures.js", import.meta.url);
const STOP_MS = 5_000;
/**
 * Percent of what is in use by which the heap may grow until it is collected. V8's own choice lets a node that imports as
 * fast as it can grow to twice as much, most of it room between what is left (`bench/src/node-memory.bench.ts`).
 */
const HEAP_GROWTH = 25;

export interface RunNodeOptions {
  /** The node ends when its standard input does, so that it never outlives whoever started it. */
  readonly endsWithStdin: boolean;
}

/**
 * Resolves when the node is ready; the process ends by itself.
 *
 * @throws PhaError of chain spec, database, keystore, signer, network and RPC server
 */
export async function runNode(config: NodeConfig, options: RunNodeOptions): Promise<void> {
  const log = pino(
    { level: config.logLevel ?? "info", base: null },
    destination({ dest: 2, sync: true }),
  );
  // This very program is the thread's too.
  const signatures = createSignatureQueue(() => new Worker(SIGNATURE_PROGRAM));
  const elections = createElectionThread(
    () => new Worker(new URL(import.meta.url), { workerData: ELECTION_THREAD }),
    log,
  );
  // A failed store must not be closed in order: what counts is the journal, which is there already.
  const onFailure = (error: unknown): void => {
    log.fatal({ err: error }, "the node cannot go on");
    process.exit(EXIT.failed);
  };
  // It starts while this process makes its chain ready.
  const opening = openNodeKeys(config, { program: SIGNER_PROGRAM, log, onFailure });
  // Looked at below.
  opening.catch(() => undefined);
  const transition = transitionsIn(new URL(import.meta.url));
  const chain = await selectChain(config, transition, signatures.verify);

  const keys = await opening;

  let node: RunningNode | undefined;
  let isStopping = false;
  const stop = async (code: number, reason: string): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    log.info({ reason }, "stopping");
    setTimeout(() => process.exit(EXIT.failed), STOP_MS).unref();
    await node?.stop();
    await keys.stop();
    process.exit(code);
  };
  process.once("SIGTERM", () => void stop(EXIT.done, "SIGTERM"));
  process.once("SIGINT", () => void stop(EXIT.done, "SIGINT"));
  if (options.endsWithStdin) {
    process.stdin.once("close", () => void stop(EXIT.done, "stdin closed"));
    process.stdin.once("end", () => void stop(EXIT.done, "stdin closed"));
    process.stdin.resume();
  }

  const { network } = config;
  node = await startNode({
    spec: chain.spec,
    runtime: chain.runtime,
    log,
    onFailure,
    signatures,
    elections,
    slotDurationMs: config.slotDurationMs ?? chain.slotDurationMs,
    holdFirstBlock: config.holdFirstBlock,
    ...(config.dataDir === undefined ? {} : { dataDir: config.dataDir }),
    ...(config.rpcPort === undefined ? {} : { rpcPort: config.rpcPort }),
    ...(config.rpcHost === undefined ? {} : { rpcHost: config.rpcHost }),
    pruning: config.pruning,
    defaultPruning: defaultPruning(config.chain),
    keystore: keys.keystore,
    sessionKeys: keys.sessionKeys,
    ...(config.name === undefined ? {} : { name: config.name }),
    telemetry: config.telemetry,
    ...(config.maxBlobBytes === undefined ? {} : { maxBlobBytes: config.maxBlobBytes }),
    network: network && {
      ...network,
      bootNodes: [...chain.bootNodes, ...(network.bootNodes ?? [])],
    },
  });
  const { http, ws } = node.rpc;
  const { addresses, genesisHash } = node;
  // From now on: to get here, the heap had to grow anyway.
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
  const ready = { ready: true, pid: process.pid, rpc: { http, ws }, genesisHash, addresses };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}
