/** A client of one network, verified from its genesis hash. */
import { fromHex } from "@pha/scale";
import { type Client, type ClientOptions, createClient } from "@pha/sdk";
import type { LightProgress } from "@pha/sdk/light";
import { chainSpecOf } from "../chain-specs.ts";
import type { Network } from "../networks.ts";

/** The first sync of the light client: from a checkpoint some seconds, from genesis by set changes. */
const SYNC_MS = 60_000;

export async function openNetwork(
  network: Network,
  onProgress: (progress: LightProgress) => void,
): Promise<Client> {
  const store = `pha-seen ${network.id} ${network.genesis ?? ""}`;
  return createClient({
    node: await sourceOf(network, onProgress),
    workers: network.workers,
    allowSimulated: network.development,
    ...(network.genesis !== undefined && { genesisHash: fromHex(network.genesis) }),
    memory: {
      load() {
        try {
          return localStorage.getItem(store) ?? undefined;
        } catch {
          // Storage is off: what was seen is remembered until the page is closed.
          return undefined;
        }
      },
      save(text) {
        try {
          localStorage.setItem(store, text);
        } catch {
          // As above.
        }
      },
    },
  });
}

/** A node whose proofs are checked here, or the light client, which is loaded for it. */
async function sourceOf(
  network: Network,
  onProgress: (progress: LightProgress) => void,
): Promise<ClientOptions["node"]> {
  if (network.node !== undefined) return { url: network.node, timeoutMs: 10_000 };
  const chainSpec = await chainSpecOf(network);
  const { connectLight } = await import("@pha/sdk/light");
  return connectLight({ chainSpec, syncMs: SYNC_MS, onProgress });
}
