/** What the host says of itself and its pRuntimes; hints for clients, who prove everything against the chain. */
import { toHex } from "@pha/scale";
import type { UpgradePhase } from "../process/rolling-upgrade.ts";
import type { Worker } from "../process/worker.ts";
import type { ClusterState } from "../relay/cluster-watch.ts";

export interface HostState {
  readonly genesisHash: Uint8Array;
  readonly finalized: { readonly number: number; readonly hash: Uint8Array } | undefined;
  /** ms since the node told of a finalized block. */
  readonly headAgeMs: number;
  /** By the node's word; absent while it is not known. */
  readonly clusterState: (cluster: Uint8Array) => ClusterState | undefined;
  /** Ports of RA-TLS, by names of pRuntimes. */
  readonly raTlsPorts: ReadonlyMap<string, number>;
  /** How far the pRuntimes have the programs that are wanted, and those that have not. */
  readonly upgrade: { readonly phase: UpgradePhase; readonly waiting: readonly string[] };
}

/** Finality older than this means that the node is gone or stuck. */
const STALE_HEAD_MS = 30_000;

export function infoJson(host: HostState, workers: readonly Worker[]): object {
  const boots = workers.flatMap((worker) => {
    const { boot, status } = worker;
    if (boot === undefined) return [];
    return [
      {
        name: worker.name,
        role: worker.role,
        identity: toHex(boot.identity),
        boot: toHex(boot.boot),
        bootEncryption: toHex(boot.bootEncryption),
        provider: boot.provider,
        simulated: boot.provider === "simulated",
        head: status
          ? { number: status.head.number, hash: toHex(status.head.hash) }
          : { number: worker.head, hash: null },
        registered: status?.registered ?? false,
        clusters: (status?.clusters ?? []).map((cluster) => ({
          cluster: toHex(cluster.cluster),
          phase: cluster.phase,
          state: host.clusterState(cluster.cluster) ?? null,
          executed: cluster.executed,
          final: cluster.final,
          waiting: cluster.waiting,
        })),
        generations: (status?.generations ?? []).map(Number),
        restarts: worker.restarts,
        ...(host.raTlsPorts.has(worker.name) && { raTlsPort: host.raTlsPorts.get(worker.name) }),
      },
    ];
  });
  return {
    genesisHash: toHex(host.genesisHash),
    finalized: host.finalized && {
      number: host.finalized.number,
      hash: toHex(host.finalized.hash),
    },
    upgrade: host.upgrade,
    simulated: boots.some(({ simulated }) => simulated),
    boots,
  };
}

/** Why the host is not ready; empty when it is. */
export function unreadiness(host: HostState, workers: readonly Worker[]): readonly string[] {
  const reasons: string[] = [];
  if (host.finalized === undefined || host.headAgeMs > STALE_HEAD_MS)
    reasons.push("node/no-finality");
  for (const { name, boot, status, lastEnd } of workers) {
    if (boot === undefined)
      reasons.push(`${name}: starting${lastEnd === undefined ? "" : ` after ${lastEnd}`}`);
    else if (status?.registered !== true) reasons.push(`${name}: not registered`);
    else
      for (const { phase } of status.clusters)
        if (phase !== "serving") reasons.push(`${name}: ${phase}`);
  }
  return reasons;
}
