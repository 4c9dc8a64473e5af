/**
 * The chain by a light client of Polkadot's own, smoldot, over peer-to-peer connections: no node is asked by name, none is
 * trusted. `createClient` takes what this returns as its `node`.
 *
 * **Trust**: the chain spec names the network and, with a checkpoint in it, where verification begins: take it from where
 * the program comes from.
 */
import { decodeHeader } from "@pha/consensus";
import { PhaError, parseHex, toHex } from "@pha/scale";
import type { ChainProvider } from "../chain/provider.ts";
import { connectWebSocket } from "../rpc/web-socket.ts";
import { patientReads } from "./patient-reads.ts";
import { loadSmoldot, type SmoldotClient } from "./smoldot.ts";
import { followSmoldot } from "./smoldot-follower.ts";
import { smoldotSocket } from "./smoldot-socket.ts";

/** What `connectLight` is given. */
export interface LightOptions {
  /** JSON, raw form; with `lightSyncState` it starts there, and needs no more of block 0 than the root of its state. */
  readonly chainSpec: string;
  /** A smoldot that runs already; it is left running. Absent: one is started, and ended by `close`. */
  readonly smoldot?: SmoldotClient;
  /** What `LightProvider.database` gave in an earlier run. */
  readonly database?: string;
  /** Longest wait for an answer. @default 30_000 */
  readonly timeoutMs?: number;
  /** Longest wait for the first sync. @default 120_000 */
  readonly syncMs?: number;
  /** Told while it syncs for the first time, whenever something changed. */
  readonly onProgress?: (progress: LightProgress) => void;
}

/** How far the first sync is. */
export interface LightProgress {
  /** Of the peer-to-peer network, connected now. */
  readonly peers: number;
}

const SYNC_MS = 120_000;

/** A provider of the chain that is a light client. */
export interface LightProvider extends ChainProvider {
  /** What has been verified so far, as text to keep; a later run goes on from there. */
  database(): Promise<string>;
}

/**
 * Follows a chain with a light client in this program.
 *
 * @throws PhaError `smoldot/not-installed`, `smoldot/bad-chain-spec`
 */
export async function connectLight(options: LightOptions): Promise<LightProvider> {
  const { chainSpec, database, timeoutMs } = options;
  const trusted = trustedNumber(chainSpec);
  const own = options.smoldot === undefined ? await loadSmoldot() : undefined;
  const client = options.smoldot ?? own;
  const chain = await client
    ?.addChain({ chainSpec, ...(database === undefined ? {} : { databaseContent: database }) })
    .catch(async (cause: unknown) => {
      await own?.terminate();
      throw badSpec(cause);
    });
  if (chain === undefined) throw badSpec(undefined);
  const socket = await connectWebSocket({
    url: "smoldot",
    webSocket: smoldotSocket(chain, () => {
      try {
        chain.remove();
      } catch {
        // Removed already, or smoldot has crashed.
      }
      void own?.terminate().catch(() => undefined);
    }),
    reconnectMs: 0,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  const rpc = patientReads(socket);
  return {
    rpc,
    follow: (expectedGenesis) =>
      followSmoldot(
        rpc,
        { trusted, syncMs: options.syncMs ?? SYNC_MS, onProgress: options.onProgress },
        expectedGenesis,
      ),
    async read(key, at) {
      const answer = await rpc.request("state_getStorage", [toHex(key), toHex(at.hash)]);
      if (answer === null) return undefined;
      const value = typeof answer === "string" ? parseHex(answer) : undefined;
      if (value?.ok) return value.value;
      throw new PhaError(
        "smoldot/unexpected-answer",
        "the light client's answer has another form",
        {
          hint: "Use smoldot 3.4.1, the version that this release is tested with.",
        },
      );
    },
    database: async () => String(await rpc.request("chainHead_unstable_finalizedDatabase", [])),
  };
}

/** Number of the block that the chain spec begins with. */
function trustedNumber(chainSpec: string): number {
  try {
    const spec: { readonly lightSyncState?: { readonly finalizedBlockHeader?: unknown } } =
      JSON.parse(chainSpec);
    const encoded = spec.lightSyncState?.finalizedBlockHeader;
    if (encoded === undefined) return 0;
    const bytes = parseHex(String(encoded));
    const header = bytes.ok ? decodeHeader(bytes.value) : undefined;
    if (header?.ok) return header.value.number;
  } catch (cause) {
    throw badSpec(cause);
  }
  throw badSpec(undefined);
}

function badSpec(cause: unknown): PhaError {
  return new PhaError("smoldot/bad-chain-spec", "the light client does not accept the chain spec", {
    facts: { reason: String(cause) },
    hint: "Take it from the network's operators, or from `sync_state_genSyncSpec` of a node that you trust.",
    cause,
  });
}
