/** Which network a command talks to: flags, then environment, then the devnet running here. */
import { readFileSync } from "node:fs";
import { PhaError, parseHex } from "@pha/scale";
import {
  type Client,
  type ClientOptions,
  connectWebSocket,
  createClient,
  DEV_NAMES,
  devSigner,
  leaseAloneProvider,
  type Signer,
  signerFromUri,
  type WorkerClient,
} from "@pha/sdk";
import { WebSocket } from "ws";
import { type DevnetFile, readDevnetFile } from "../devnet/devnet-file.ts";
import { trustOf } from "./evidence-file.ts";

export interface NetworkOptions {
  readonly url?: string;
  readonly worker?: readonly string[];
  readonly genesis?: string;
  readonly allowSimulated?: boolean;
  /** Programs that are accepted, as typed. */
  readonly measurement?: readonly string[];
  /** Seconds, as typed. */
  readonly timeout?: string;
  /** Does not verify finality: answers rest on leases and this machine's clock. */
  readonly leaseAlone?: boolean;
}

export interface Network {
  readonly client: Client;
  /** Present when the network is the devnet of this folder. */
  readonly devnet: DevnetFile | undefined;
}

/** @param instead of worker hosts */
export async function openNetwork(
  options: NetworkOptions,
  instead?: readonly WorkerClient[],
): Promise<Network> {
  const url = options.url ?? process.env["PHA_RPC_URL"];
  const workers = instead ?? options.worker ?? process.env["PHA_WORKER_URL"]?.split(",");
  const genesis = genesisOf(options.genesis);
  const timeoutMs = timeoutOf(options.timeout);
  const trust = trustOf(options);
  if (url === undefined) {
    const devnet = await readDevnetFile();
    const known = genesis ?? genesisOf(devnet.genesis);
    const client = await createClient({
      node: await nodeOf(devnet.rpc.ws, timeoutMs, options.leaseAlone),
      workers: [...(workers ?? devnet.workers.map((worker) => worker.url))],
      allowSimulated: true,
      trust,
      ...(known && { genesisHash: known }),
    });
    return { client, devnet };
  }
  const client = await createClient({
    node: await nodeOf(url, timeoutMs, options.leaseAlone),
    workers: [...(workers ?? [])],
    allowSimulated: options.allowSimulated ?? false,
    trust,
    ...(genesis && { genesisHash: genesis }),
  });
  return { client, devnet: undefined };
}

async function nodeOf(
  url: string,
  timeoutMs: number,
  leaseAlone: boolean | undefined,
): Promise<ClientOptions["node"]> {
  const node = { url, webSocket: WebSocket, reconnectMs: 0, timeoutMs };
  return leaseAlone === true ? leaseAloneProvider(await connectWebSocket(node)) : node;
}

function genesisOf(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : parseGenesis(text);
}

/** @throws PhaError `usage/bad-genesis` */
export function parseGenesis(text: string): Uint8Array {
  const parsed = parseHex(text, 32);
  if (parsed.ok && parsed.value.length === 32) return parsed.value;
  throw new PhaError("usage/bad-genesis", "--genesis is not 32 bytes of hex", {
    hint: "Copy the genesis hash from a source you trust.",
  });
}

const DEFAULT_TIMEOUT_S = 30;

/** Milliseconds. @throws PhaError `usage/bad-number` */
export function timeoutOf(text: string | undefined): number {
  const seconds = Number(text ?? DEFAULT_TIMEOUT_S);
  if (seconds > 0 && seconds <= 3600) return Math.ceil(seconds * 1000);
  throw new PhaError("usage/bad-number", `--timeout ${text} is no number of seconds`, {
    hint: "Give a number above 0, at most 3600.",
  });
}

/** How an account that signs is named, for the help of options. */
export const FROM = "test account, development URI like //Name, or @FILE with a secret URI";

/** `alice`, `//Alice` or another development URI, or `@file` with a secret URI: real keys never stand in arguments. */
export function signerOf(name: string): Signer {
  const dev = DEV_NAMES.find((known) => known.toLowerCase() === name.toLowerCase());
  if (dev) return devSigner(dev);
  const uri = name.startsWith("@") ? readSecret(name.slice(1)) : name.startsWith("//") ? name : "";
  const signer = signerFromUri(uri);
  if (uri !== "" && signer.ok) return signer.value;
  throw new PhaError("account/unknown", `${name} is no account that this program can sign for`, {
    hint: `Use one of ${DEV_NAMES.join(", ").toLowerCase()}, a development URI like //Name, or @FILE with a secret URI (\`pha account new --out FILE\` makes one).`,
  });
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new PhaError("usage/no-file", `the key file ${file} cannot be read`, {
      cause,
      hint: "Give @FILE with a file that holds one secret URI; `pha account new --out FILE` makes one.",
    });
  }
}
