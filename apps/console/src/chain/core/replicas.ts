/** Replicas of a contract that answer here: which there are is the hosts' word, each that is named is proven. */
import { toHex } from "@pha/scale";
import type { Client } from "@pha/sdk";

export interface ReachedReplica {
  readonly name: string;
  readonly url: string;
  readonly provider: string;
  /** In hex. */
  readonly boot: string;
}

/** @throws PhaError `worker/none-reachable`, `verify/…` */
export async function reachReplicas(
  client: Client,
  contract: Uint8Array,
): Promise<readonly ReachedReplica[]> {
  const found = await client.replicasOf(contract, await client.clusterOf(contract), true);
  const named = found.map(({ worker, boot }) => ({
    name: boot.name,
    url: worker.url,
    provider: boot.provider,
    boot: toHex(boot.boot),
  }));
  // A devnet names one host once for each of its workers.
  return [...new Map(named.map((one) => [one.boot, one])).values()];
}
