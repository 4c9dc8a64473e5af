/** A network whose cluster serves, and what tests ask of it. */
import { type Client, createClient } from "./scripted-client.ts";
import type { ScriptedHost } from "./scripted-host.ts";
import {
  createScriptedNetwork,
  type NetworkOptions,
  type ScriptedNetwork,
} from "./scripted-network.ts";

export interface LiveNetwork extends ScriptedNetwork {
  readonly network: ScriptedNetwork;
  readonly client: Client;
}

/** Everything up to the cluster's first final root. */
export function liveNetwork(options: NetworkOptions = {}): LiveNetwork {
  const network = createScriptedNetwork(options);
  const client = createClient(network);
  network.until(() => network.pallets.cluster.status.type === "Live");
  return { ...network, network, client };
}

export function phaseOf(host: ScriptedHost): string | undefined {
  return host.status?.clusters[0]?.phase;
}

/** The counter as this worker answers it, or why it does not. */
export function counterOf(client: Client, host: ScriptedHost): bigint | string {
  const asked = client.ask(host);
  if (asked.type !== "answer") return asked.type;
  const { outcome } = asked.answer;
  if (outcome.type !== "Ok") return outcome.value;
  return new DataView(outcome.value.buffer, outcome.value.byteOffset).getBigUint64(0, true);
}
