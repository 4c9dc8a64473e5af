/** `pha node` as a process of its own: the bundled program, for what only a real process shows. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

export interface RunningNode {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly ws: string;
  readonly genesisHash: string;
  readonly addresses: readonly string[];
}

export interface StartNodeOptions {
  /** Parent of the folder with its database, which has its name. */
  readonly folder: string;
  readonly chain: string;
  readonly name: string;
  /** Public test account that it validates with; absent: it only follows. */
  readonly devKey?: string;
  /** As `--pruning` takes it; absent: as the chain's default. */
  readonly pruning?: string;
  readonly bootNodes: readonly string[];
}

/** @throws Error when it ends before it is ready */
export async function startNode(options: StartNodeOptions): Promise<RunningNode> {
  const { folder, chain, name, devKey, pruning, bootNodes } = options;
  const program = join(process.env["PHA_ROOT"] ?? process.cwd(), "dist", "pha.js");
  const args = [
    ...["node", "--chain", chain, "--name", name, "--log", "error"],
    ...(devKey === undefined ? [] : ["--dev-key", devKey]),
    ...(pruning === undefined ? [] : ["--pruning", pruning]),
    ...["--base-path", join(folder, name), "--rpc-port", "0", "--until-stdin-closes"],
    ...["--listen", "/ip4/127.0.0.1/tcp/0"],
    ...(bootNodes.length === 0 ? [] : ["--bootnodes", ...bootNodes]),
  ];
  const child = spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString()));
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  const { pid, rpc, genesisHash, addresses } = JSON.parse(line);
  return { process: child, pid, ws: rpc.ws, genesisHash, addresses };
}

export async function stopNode({ process: child }: RunningNode): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
