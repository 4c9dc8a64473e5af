/** A client of one network, verified from its genesis hash. */
import { fromHex } from "@pha/scale";
import { type Client, createClient } from "@pha/sdk";
import type { Network } from "../networks.ts";

export function openNetwork(network: Network): Promise<Client> {
  const store = `pha-seen ${network.id} ${network.genesis ?? ""}`;
  return createClient({
    node: { url: network.node, timeoutMs: 10_000 },
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
