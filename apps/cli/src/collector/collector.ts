/** A collector: server, queue, and the way to the contract. */
import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PhaError, toHex } from "@pha/scale";
import type { Client, ContractHandle, Signer } from "@pha/sdk";
import { createSession, selectorOf } from "@pha/sdk";
import { type BringingState, bringVisits, type VisitTarget } from "./bring-visits.ts";
import { createCollectorServer } from "./collector-server.ts";
import { createVisitQueue } from "./visit-queue.ts";

export interface CollectorOptions {
  readonly client: Client;
  /** Asked when the first visit comes. */
  readonly contract: () => Promise<ContractHandle>;
  /** Contract id. */
  readonly site: Uint8Array;
  readonly signer: Signer;
  readonly listen: (server: Server) => Promise<void>;
  readonly origins: () => readonly string[];
  readonly behindProxy?: boolean;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface Collector {
  readonly port: number;
  readonly state: BringingState;
  stop(): Promise<void>;
}

/** The fullest command takes half of it. */
const COLLECT_FUEL = 268_435_456n;
const REPLY_MS = 60_000;

export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const { client, signer, site } = options;
  const queue = createVisitQueue();
  const bringing = bringVisits(
    queue,
    targetOf(client, signer, options.contract),
    (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
  );
  const server = createCollectorServer({
    site,
    account: signer.address,
    queue,
    bringing,
    origins: options.origins,
    behindProxy: options.behindProxy ?? false,
    files: options.files,
    now: Date.now,
  });
  await options.listen(server);
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get state() {
      return bringing.state;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await Promise.race([bringing.stop(), new Promise((resolve) => setTimeout(resolve, 500))]);
    },
  };
}

function targetOf(
  client: Client,
  signer: Signer,
  contract: () => Promise<ContractHandle>,
): VisitTarget {
  return {
    async mayCollect() {
      const handle = await contract();
      const session = await createSession(client.chain, {
        signer,
        scopes: [{ contract: handle.address, methods: [selectorOf("mayCollect")] }],
        purpose: "collector of visits",
      });
      return (await handle.query("mayCollect", {}, { session })).value === true;
    },
    async collect(views) {
      const handle = await contract();
      const { value } = await handle.command(
        "collect",
        { views },
        { signer, fuelLimit: COLLECT_FUEL, timeoutMs: REPLY_MS },
      );
      // What the ABI on chain says of it.
      return value as { readonly counted: number; readonly refused: number };
    },
  };
}

/** The contract's key for visits in hex, by an answer that this program verified. */
export async function visitKey(contract: ContractHandle): Promise<string> {
  const { value } = await contract.query("visitKey", {});
  if (value instanceof Uint8Array && value.length === 32) return toHex(value);
  throw new PhaError("collector/no-key", "the contract has no key for visits", {
    facts: { contract: toHex(contract.address) },
    hint: "Give an analytics contract of this release; see docs/how-to/analytics.md.",
  });
}

/** What pages load; nothing in builds of single programs. */
export async function trackerFiles(
  dist: string,
): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
  const files = new Map<string, Uint8Array>();
  for (const name of ["w.js", "w-x25519.js"]) {
    const bytes = await readFile(join(dist, "tracker", name)).catch(() => undefined);
    if (bytes === undefined) return undefined;
    files.set(name, bytes);
  }
  return files;
}
