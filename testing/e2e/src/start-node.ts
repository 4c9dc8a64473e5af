/** Starts the bundled node as a process of its own, the way the devnet does. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devnetDist } from "./start-devnet.ts";

export interface NodeProcess {
  readonly pid: number;
  readonly http: string;
  readonly ws: string;
  readonly genesisHash: string;
  /** Where peers reach it, when it has a network. */
  readonly addresses: readonly string[];
  /** Log lines so far. */
  readonly log: () => string;
  /** SIGKILL: nothing gets a chance to tidy up. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number>;
}

export interface StartNodeOptions {
  /** Absent: in memory. */
  readonly dataDir?: string;
  readonly rpcPort?: number;
  readonly logLevel?: string;
  /** Secret of the authority; `null`: it only follows. @default "//Alice" */
  readonly authority?: string | null;
  /** As in the node's configuration. */
  readonly network?: object;
  /** Final blocks whose states are kept. @default the chain's own */
  readonly pruning?: number;
}

/** Path of the bundled program. */
export async function nodeProgram(): Promise<string> {
  return join(await devnetDist(), "node.js");
}

export async function startNodeProcess(options: StartNodeOptions = {}): Promise<NodeProcess> {
  const program = await nodeProgram();
  const folder = mkdtempSync(join(tmpdir(), "pha-e2e-"));
  const config = join(folder, "node.json");
  writeFileSync(
    config,
    JSON.stringify({
      chain: "dev",
      ...(options.authority === null ? {} : { authority: options.authority ?? "//Alice" }),
      ...(options.network === undefined ? {} : { network: options.network }),
      ...(options.pruning === undefined ? {} : { pruning: options.pruning }),
      rpcPort: options.rpcPort ?? 0,
      logLevel: options.logLevel ?? "warn",
      ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    }),
  );
  const child = spawn(process.execPath, [program, "--config", config], { stdio: "pipe" });
  let log = "";
  child.stderr.on("data", (data: Buffer) => {
    log = (log + data.toString()).slice(-200_000);
  });
  const exited = new Promise<number>((resolve) => {
    child.once("exit", (code) => resolve(code ?? -1));
  });
  const ready = await readyLine(child, exited, () => log);
  const end = async (signal: NodeJS.Signals): Promise<number> => {
    child.kill(signal);
    const code = await exited;
    rmSync(folder, { recursive: true, force: true });
    return code;
  };
  return {
    pid: ready.pid,
    http: ready.rpc.http,
    ws: ready.rpc.ws,
    genesisHash: ready.genesisHash,
    addresses: ready.addresses,
    log: () => log,
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
  };
}

interface Ready {
  readonly pid: number;
  readonly rpc: { readonly http: string; readonly ws: string };
  readonly genesisHash: string;
  readonly addresses: readonly string[];
}

function readyLine(
  child: ChildProcessWithoutNullStreams,
  exited: Promise<number>,
  log: () => string,
): Promise<Ready> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (data: Buffer) => {
      text += data.toString();
      const [line, ...rest] = text.split("\n");
      if (line && rest.length > 0) resolve(JSON.parse(line) as Ready);
    });
    void exited.then((code) => reject(new Error(`the node ended with ${code}:\n${log()}`)));
  });
}

/** One call over HTTP; rejects with the error's text. */
export async function rpc<T>(url: string, method: string, ...params: unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    // A connection that is kept may be closed by the node at the moment that it is used again.
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const answer = (await response.json()) as {
    result?: T;
    error?: { code: number; message: string; data?: unknown };
  };
  if (answer.error)
    throw new Error(`${answer.error.code}: ${answer.error.message}: ${answer.error.data}`);
  return answer.result as T;
}
