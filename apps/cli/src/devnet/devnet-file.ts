/** `.pha/devnet.json`: how scripts and other commands find the running devnet. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PhaError } from "@pha/scale";

export interface DevnetFile {
  /** The file is written when the network is ready. */
  readonly ready: true;
  /** Process id of the supervisor. */
  readonly pid: number;
  /** Addresses of the node's RPC. */
  readonly rpc: { readonly ws: string; readonly http: string };
  /** pRuntimes with the URL of their host. */
  readonly workers: readonly { readonly name: string; readonly url: string }[];
  /** Address of the web console; `null` where its bundle is missing, as in builds of single programs. */
  readonly console: string | null;
  /** Address of the collector of visits; `null` as above. */
  readonly collector: string | null;
  /** Address of the sample site whose visits are counted; `null` as above. */
  readonly site: string | null;
  /** Public test accounts. */
  readonly accounts: readonly {
    readonly name: string;
    readonly address: string;
    readonly secretUri: string;
  }[];
  /** Sample contracts. */
  readonly contracts: readonly { readonly name: string; readonly address: string }[];
  /** Genesis hash in hex. */
  readonly genesis: string;
  /** Multiaddrs for light clients; none without `--light`. */
  readonly peers: readonly string[];
}

export function devnetFilePath(folder = process.cwd()): string {
  return join(folder, ".pha", "devnet.json");
}

export async function writeDevnetFile(path: string, content: DevnetFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const next = `${path}.${process.pid}`;
  await writeFile(next, `${JSON.stringify(content, undefined, 2)}\n`);
  await rename(next, path);
}

/** Removes the file if it is still ours. */
export async function removeDevnetFile(path: string): Promise<void> {
  const content = await readDevnetFile(path).catch(() => undefined);
  if (content === undefined || content.pid === process.pid) await rm(path, { force: true });
}

/** The running devnet's description; an error says how to start one. */
export async function readDevnetFile(path = devnetFilePath()): Promise<DevnetFile> {
  let content: DevnetFile;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new PhaError("devnet/none-running", "no devnet was found here", {
      cause,
      facts: { file: path },
      hint: "Start one with `npm start` in another terminal, or name a network with --url.",
    });
  }
  if (!isAlive(content.pid))
    throw new PhaError("devnet/none-running", "the devnet that was started here has ended", {
      facts: { pid: content.pid },
      hint: "Start it again with `npm start`.",
    });
  return content;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // No such process, or not ours: either way it is not the devnet that wrote the file.
    return false;
  }
}
