/** Nodes of the preset `local` as processes of `pha node`, and an observer of what each of them says is final. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BabePreDigest, DigestItem } from "@pha/consensus";
import { decode, fromHex } from "@pha/scale";
import { devnetDist } from "./start-devnet.ts";
import { rpc } from "./start-node.ts";

export const VALIDATORS = ["Alice", "Bob", "Charlie", "Dave"] as const;

export interface LocalNode {
  readonly name: string;
  readonly pid: number;
  readonly http: string;
  readonly ws: string;
  readonly genesisHash: string;
  readonly addresses: readonly string[];
  readonly log: () => string;
  isRunning(): boolean;
  /** SIGKILL: nothing gets a chance to tidy up. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number>;
}

export interface LocalNetwork {
  /** Temporary, with a folder for each node. */
  readonly folder: string;
  readonly nodes: readonly LocalNode[];
  /** Starts a node of that name in its folder, or in another one; it begins with the addresses of those that run. */
  start(name: string, options?: StartOptions): Promise<LocalNode>;
  cleanUp(): Promise<void>;
}

export interface StartOptions {
  /** Name of the folder. @default the node's name */
  readonly folder?: string;
  /** @default a validator with the development key of its name */
  readonly args?: readonly string[];
  /** Program and arguments that run it elsewhere, such as in another network namespace. */
  readonly within?: readonly string[];
  /** Multiaddr to listen on. @default any free port on loopback */
  readonly listen?: string;
  /** @default the addresses of the nodes that run */
  readonly bootNodes?: readonly string[];
  /** @default "local" */
  readonly chain?: string;
}

export async function openLocalNetwork(): Promise<LocalNetwork> {
  const program = join(await devnetDist(), "pha.js");
  const folder = mkdtempSync(join(tmpdir(), "pha-e2e-local-"));
  const all: LocalNode[] = [];
  return {
    folder,
    get nodes() {
      return all.filter((node) => node.isRunning());
    },
    async start(name, options = {}) {
      const running = all.filter((node) => node.isRunning());
      const bootNodes = options.bootNodes ?? running.flatMap(({ addresses }) => addresses);
      const [command = process.execPath, ...before] = [
        ...(options.within ?? []),
        process.execPath,
        program,
      ];
      const node = await startLocalNode(name, command, [
        ...before,
        "node",
        ...["--chain", options.chain ?? "local", "--name", name],
        ...["--log", process.env["PHA_E2E_LOG"] ?? "warn"],
        ...["--base-path", join(folder, options.folder ?? name), "--rpc-port", "0"],
        ...["--listen", options.listen ?? "/ip4/127.0.0.1/tcp/0", "--until-stdin-closes"],
        ...(options.args ?? ["--dev-key", `//${name}`]),
        ...(bootNodes.length === 0 ? [] : ["--bootnodes", ...bootNodes]),
      ]);
      all.push(node);
      return node;
    },
    async cleanUp() {
      await Promise.all(all.map((node) => (node.isRunning() ? node.kill() : undefined)));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const MAX_LOG = 200_000;

async function startLocalNode(
  name: string,
  command: string,
  args: readonly string[],
): Promise<LocalNode> {
  // The end of this process closes stdin, and with it ends the node.
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-MAX_LOG);
  });
  let isRunning = true;
  const ended = new Promise<number>((resolve) => {
    child.once("exit", (code) => {
      isRunning = false;
      resolve(code ?? -1);
    });
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    void ended.then((code) => reject(new Error(`${name} ended with ${code}:\n${log}`)));
  });
  const ready = JSON.parse(line) as Pick<LocalNode, "pid" | "genesisHash" | "addresses"> & {
    readonly rpc: { readonly http: string; readonly ws: string };
  };
  const end = async (signal: NodeJS.Signals): Promise<number> => {
    process.kill(ready.pid, signal);
    return ended;
  };
  return {
    name,
    pid: ready.pid,
    ...ready.rpc,
    genesisHash: ready.genesisHash,
    addresses: ready.addresses,
    log: () => log,
    isRunning: () => isRunning,
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
  };
}

interface HeaderJson {
  readonly number: string;
  readonly digest: { readonly logs: readonly string[] };
}

export async function bestOf(node: LocalNode): Promise<number> {
  return Number((await rpc<HeaderJson>(node.http, "chain_getHeader")).number);
}

export async function finalizedOf(node: LocalNode): Promise<number> {
  const hash = await rpc<string>(node.http, "chain_getFinalizedHead");
  return Number((await rpc<HeaderJson>(node.http, "chain_getHeader", hash)).number);
}

/** Heights, peers and rounds of each node, and the end of its log, for a failure's text. */
export async function describe(nodes: readonly LocalNode[]): Promise<string> {
  const lines = await Promise.all(
    nodes.map(async (node) => {
      const { peers } = await rpc<{ peers: number }>(node.http, "system_health");
      const round = await rpc<object>(node.http, "grandpa_roundState");
      const heights = `best ${await bestOf(node)}, final ${await finalizedOf(node)}`;
      const log = node.log().slice(-2_000);
      return `${node.name}: ${heights}, ${peers} peers, ${JSON.stringify(round)}\n${log}`;
    }),
  );
  return lines.join("\n");
}

/** Index of the validator that made a block. */
export async function authorOf(node: LocalNode, number: number): Promise<number> {
  const hash = await rpc<string>(node.http, "chain_getBlockHash", number);
  const { digest } = await rpc<HeaderJson>(node.http, "chain_getHeader", hash);
  for (const log of digest.logs) {
    const item = decode(DigestItem, fromHex(log));
    if (!item.ok || item.value.type !== "PreRuntime") continue;
    const claim = decode(BabePreDigest, item.value.value.data);
    if (claim.ok) return claim.value.value.authorityIndex;
  }
  throw new Error(`block ${number} has no claim`);
}

/** Remembers what each node said is final at each height; the first that contradicts another is kept. */
export class FinalityObserver {
  readonly #hashes = new Map<number, { readonly hash: string; readonly by: string }>();
  /** Up to where each node was read; a process that comes back is read anew. */
  readonly #read = new Map<LocalNode, number>();
  #conflict: string | undefined;

  /** Heights on which two nodes differ; `undefined`: none. */
  get conflict(): string | undefined {
    return this.#conflict;
  }

  get height(): number {
    return Math.max(0, ...this.#hashes.keys());
  }

  /** Reads every height that is new to it, from every node. */
  async look(nodes: readonly LocalNode[]): Promise<void> {
    for (const node of nodes) {
      const to = await finalizedOf(node);
      for (let number = (this.#read.get(node) ?? 0) + 1; number <= to; number++) {
        const hash = await rpc<string>(node.http, "chain_getBlockHash", number);
        const known = this.#hashes.get(number);
        if (known === undefined) this.#hashes.set(number, { hash, by: node.name });
        else if (known.hash !== hash)
          this.#conflict ??= `${number}: ${known.hash} by ${known.by}, ${hash} by ${node.name}`;
        this.#read.set(node, number);
      }
    }
  }
}
