/** `pha dev`: a whole network on this machine, until Ctrl-C. */
import { join } from "node:path";
import { PhaError } from "@pha/scale";
import { Option } from "commander";
import { bannerOf } from "../devnet/banner.ts";
import {
  devnetFilePath,
  readDevnetFile,
  removeDevnetFile,
  writeDevnetFile,
} from "../devnet/devnet-file.ts";
import { type Devnet, REPLICAS, startDevnet } from "../devnet/start-devnet.ts";
import type { CommandDeclaration } from "../program/command.ts";
import { distFolder } from "../program/dist-folder.ts";
import { EXIT } from "../program/exit-code.ts";
import { portOf } from "../program/port.ts";

const SAME_SIGNAL_MS = 1_000;

export const dev: CommandDeclaration = {
  usage: "dev",
  docs: "Starts a chain, a gatekeeper and three workers on this machine, with sample contracts.",
  examples: [
    "pha dev",
    "pha dev --state ./my-devnet",
    "pha dev --port 9955 --json",
    "pha dev --light",
    "pha dev --gatekeepers 3",
    "pha dev --workers 7",
    "pha dev --ra-tls",
  ],
  options: [
    new Option("--state <dir>", "keep the network in this folder (default: fresh, thrown away)"),
    new Option("--port <port>", "first port to try for RPC").default("9944"),
    new Option("--worker-port <port>", "first port to try for the worker host").default("8000"),
    new Option("--console-port <port>", "first port to try for the web console").default("3000"),
    new Option("--collector-port <port>", "first port to try for the collector of visits").default(
      "7000",
    ),
    new Option("--site-port <port>", "first port to try for the sample site").default("7080"),
    new Option(
      "--gatekeepers <number>",
      "seats of the committee that makes the root key, each a host and an operator of its own",
    ).default("1"),
    new Option(
      "--workers <number>",
      "workers; three hold the seats of the cluster, the others stand by and judge disputes",
    ).default(`${REPLICAS}`),
    new Option(
      "--ra-tls",
      "let servers reach the workers by RA-TLS, on any free ports, which /v1/info of the host names",
    ),
    new Option("--light", "let light clients connect too, over a WebSocket on any free port"),
  ],
  async run({ options, output }) {
    const rpcPort = portOf(options["port"]);
    const workerPort = portOf(options["workerPort"]);
    const consolePort = portOf(options["consolePort"]);
    const collectorPort = portOf(options["collectorPort"]);
    const sitePort = portOf(options["sitePort"]);
    const gatekeepers = seatsOf(options["gatekeepers"]);
    const workers = workersOf(options["workers"]);
    const path = devnetFilePath();
    await refuseSecond(path);
    let stopping: Promise<void> | undefined;
    let devnet: Devnet | undefined;
    let interruptedAt: number | undefined;
    const stop = (keepLogs = false): Promise<void> => {
      stopping ??= (async () => {
        await removeDevnetFile(path);
        await devnet?.stop({ keepLogs });
      })();
      return stopping;
    };
    const onSignal = (): void => {
      const now = performance.now();
      // One Ctrl-C reaches this program twice when npm passes it on.
      if (interruptedAt !== undefined && now - interruptedAt < SAME_SIGNAL_MS) return;
      if (interruptedAt !== undefined) process.exit(EXIT.interrupted);
      interruptedAt = now;
      output.progress("\n  stopping …");
      // Without a running devnet the start itself is under way and ends with the process.
      if (devnet === undefined) process.exit(EXIT.interrupted);
      void stop();
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
    output.progress(`\n  pha devnet   Node ${process.versions.node}\n`);
    devnet = await startDevnet({
      state: typeof options["state"] === "string" ? options["state"] : undefined,
      rpcPort,
      workerPort,
      consolePort,
      collectorPort,
      sitePort,
      servesLightClients: options["light"] === true,
      offersRaTls: options["raTls"] === true,
      gatekeepers,
      workers,
      dist: distFolder(),
      onPhase: ({ name, text, afterMs }) =>
        output.progress(
          `  ✓ ${name.padEnd(10)} ${text.padEnd(60)} ${(afterMs / 1000).toFixed(1)} s`,
        ),
    });
    await writeDevnetFile(path, devnet.file);
    output.progress(bannerOf(devnet, path));
    const { readyMs, blocks } = devnet;
    process.stdout.write(
      `${JSON.stringify({ event: "ready", readyMs, blocks, ...devnet.file })}\n`,
    );
    const ended = await Promise.race([devnet.failed, untilStopped(() => stopping)]);
    // Children that end because they were asked to are no failure.
    const failed = stopping === undefined ? ended : undefined;
    await stop(failed !== undefined);
    if (failed === undefined) {
      process.exitCode = EXIT.ok;
      return;
    }
    throw new PhaError("devnet/child-failed", `the ${failed} ended by itself`, {
      facts: { program: failed, logs: devnet.layout.logs },
      hint: `Read the logs in ${join(devnet.layout.logs)} and start again.`,
    });
  },
};

/** Resolves with nothing as soon as stopping began. */
async function untilStopped(stopping: () => Promise<void> | undefined): Promise<undefined> {
  while (stopping() === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
  return undefined;
}

async function refuseSecond(path: string): Promise<void> {
  const running = await readDevnetFile(path).catch(() => undefined);
  if (running === undefined) return;
  throw new PhaError("devnet/already-running", "a devnet runs in this folder already", {
    facts: { pid: running.pid, rpc: running.rpc.ws },
    hint: `Use it, or stop it first (Ctrl-C in its terminal, or kill ${running.pid}).`,
  });
}

/** Each seat is a host of its own on this machine. */
const MAX_GATEKEEPERS = 7;

function seatsOf(value: unknown): number {
  const seats = /^\d$/.test(String(value)) ? Number(value) : 0;
  if (seats >= 1 && seats <= MAX_GATEKEEPERS) return seats;
  throw new PhaError("usage/bad-gatekeepers", `${value} is no number of gatekeepers`, {
    hint: `Give a number from 1 to ${MAX_GATEKEEPERS}.`,
  });
}

/** Each is a process, and so is the engine of each that holds a seat or sits on a panel. */
const MAX_WORKERS = 16;

function workersOf(value: unknown): number {
  const workers = /^\d{1,2}$/.test(String(value)) ? Number(value) : 0;
  if (workers >= REPLICAS && workers <= MAX_WORKERS) return workers;
  throw new PhaError("usage/bad-workers", `${value} is no number of workers`, {
    hint: `Give a number from ${REPLICAS}, which the cluster needs, to ${MAX_WORKERS}.`,
  });
}
