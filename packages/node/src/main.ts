/**
 * The node as a program: `node node.js --config FILE`.
 *
 * Logs go to stderr, one JSON line to stdout when it is ready. It ends on SIGTERM and SIGINT, and when stdin closes, so
 * that it never outlives whoever started it.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parentPort, Worker } from "node:worker_threads";
import { PhaError } from "@pha/scale";
import { destination, pino } from "pino";
import { loadConfig } from "./config.ts";
import { developmentChain } from "./development.ts";
import { createSignatureQueue } from "./pool/signature-queue.ts";
import { serveSignatures } from "./pool/signature-worker.ts";
import { readDevnet } from "./read-devnet.ts";
import { type RunningNode, startNode } from "./service.ts";

const EXIT = { done: 0, failed: 1, usage: 2 };

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: "string" } }, strict: true });
  if (values.config === undefined)
    throw new PhaError("config/unreadable", "--config FILE is missing", {
      hint: "give the path of a JSON file: node.js --config node.json",
    });
  const config = loadConfig(values.config);
  const log = pino(
    { level: config.logLevel ?? "info", base: null },
    destination({ dest: 2, sync: true }),
  );
  // This very program is the thread's too.
  const signatures = createSignatureQueue(() => new Worker(new URL(import.meta.url)));
  const { spec, runtime, slotDurationMs } = developmentChain({
    verifySignature: signatures.verify,
    transition: readFileSync(new URL("./runtime.js", import.meta.url)),
    ...(config.devnet === undefined ? {} : { devnet: await readDevnet(config.devnet) }),
  });

  let node: RunningNode | undefined;
  let isStopping = false;
  const stop = async (code: number, reason: string): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    log.info({ reason }, "stopping");
    setTimeout(() => process.exit(EXIT.failed), 5_000).unref();
    await node?.stop();
    process.exit(code);
  };
  // A failed store must not be closed in order: what counts is the journal, which is there already.
  const onFailure = (error: unknown): void => {
    log.fatal({ err: error }, "the node cannot go on");
    process.exit(EXIT.failed);
  };
  process.once("SIGTERM", () => void stop(EXIT.done, "SIGTERM"));
  process.once("SIGINT", () => void stop(EXIT.done, "SIGINT"));
  process.stdin.once("close", () => void stop(EXIT.done, "stdin closed"));
  process.stdin.once("end", () => void stop(EXIT.done, "stdin closed"));
  process.stdin.resume();

  node = await startNode({
    spec,
    runtime,
    log,
    onFailure,
    signatures,
    slotDurationMs: config.slotDurationMs ?? slotDurationMs,
    holdFirstBlock: config.holdFirstBlock,
    ...(config.dataDir === undefined ? {} : { dataDir: config.dataDir }),
    ...(config.rpcPort === undefined ? {} : { rpcPort: config.rpcPort }),
    ...(config.rpcHost === undefined ? {} : { rpcHost: config.rpcHost }),
    ...(config.authority === undefined ? {} : { authority: config.authority }),
    ...(config.name === undefined ? {} : { name: config.name }),
    network: config.network,
  });
  const { http, ws } = node.rpc;
  const { addresses, genesisHash } = node;
  const ready = { ready: true, pid: process.pid, rpc: { http, ws }, genesisHash, addresses };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

if (parentPort !== null) serveSignatures(parentPort);
else main().catch(fail);

function fail(error: unknown): void {
  const known = error instanceof PhaError ? error : undefined;
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `${JSON.stringify({ level: "fatal", code: known?.code, msg: text, hint: known?.hint })}\n`,
  );
  process.exit(known?.code.startsWith("config/") ? EXIT.usage : EXIT.failed);
}
