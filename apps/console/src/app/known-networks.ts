/** Networks that may be chosen. */
import { forgetChainSpec } from "../chain/chain-specs.ts";
import { addedNetworks, keepNetworks, type Network, servedNetworks } from "../chain/networks.ts";
import { createStore } from "../chain/store.ts";

/** `undefined` until the server of this page was asked. */
export const networks = createStore<readonly Network[] | undefined>(undefined);

export async function loadNetworks(): Promise<void> {
  const served = await servedNetworks();
  networks.set([...served, ...addedNetworks()]);
}

export function addNetwork(network: Network): void {
  networks.update((all) => [...(all ?? []), network]);
  keepNetworks((networks.get() ?? []).filter(({ isServed }) => !isServed));
}

export function removeNetwork(id: string): void {
  forgetChainSpec(id);
  networks.update((all) => all?.filter((one) => one.id !== id || one.isServed));
  keepNetworks((networks.get() ?? []).filter(({ isServed }) => !isServed));
}
