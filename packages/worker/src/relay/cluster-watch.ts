/**
 * In which state the chain says that the clusters of this host's pRuntimes are: for metrics, the log and `/v1/info`.
 *
 * **Bounds**: one read of the node every `WATCH_BLOCKS` blocks. **Trust**: it is the node's word; clients prove it.
 */
import { type Cluster, STORAGE } from "@pha/protocol";
import { decode, toHex } from "@pha/scale";
import { reasonOf, type WorkerLog } from "../log.ts";
import type { ChainHead } from "../node/header-json.ts";
import type { NodeClient } from "../node/node-client.ts";

export type ClusterState = Cluster["status"]["type"];

/** Blocks between two looks. */
export const WATCH_BLOCKS = 4;
/** Numbers of the metric, worse ones higher. */
export const STATE_NUMBERS: Readonly<Record<ClusterState, number>> = {
  Pending: 0,
  Live: 1,
  Late: 2,
  Disputed: 3,
  Halted: 4,
};

export interface ClusterWatch {
  /** Absent before the first look, and for clusters that the chain does not know. */
  stateOf(cluster: Uint8Array): ClusterState | undefined;
  onHead(head: ChainHead): void;
}

export function createClusterWatch(parts: {
  readonly node: Pick<NodeClient, "storage">;
  readonly log: WorkerLog;
  /** Clusters of this host's pRuntimes now. */
  readonly clusters: () => readonly Uint8Array[];
}): ClusterWatch {
  const { node, log, clusters } = parts;
  let states = new Map<string, ClusterState>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let isLooking = false;

  async function look(at: Uint8Array): Promise<void> {
    const wanted = clusters();
    const { key, value: codec } = STORAGE.cluster;
    const stored = wanted.length === 0 ? [] : await node.storage(wanted.map(key), at);
    const next = new Map<string, ClusterState>();
    for (const [i, cluster] of wanted.entries()) {
      const bytes = stored[i];
      const record = bytes && decode(codec, bytes);
      if (!record?.ok) continue;
      const state = record.value.status.type;
      next.set(toHex(cluster), state);
      tell(toHex(cluster), state);
    }
    states = next;
  }

  function tell(cluster: string, state: ClusterState): void {
    const before = states.get(cluster);
    if (before === state || (before === undefined && STATE_NUMBERS[state] <= STATE_NUMBERS.Live))
      return;
    const facts = { cluster, state, before };
    if (STATE_NUMBERS[state] > STATE_NUMBERS.Live)
      log.warn(facts, "a cluster of this host takes no commands");
    else log.info(facts, "a cluster of this host serves");
  }

  return {
    stateOf: (cluster) => states.get(toHex(cluster)),
    onHead({ number, hash }) {
      if (isLooking || number < lookedAt + WATCH_BLOCKS) return;
      isLooking = true;
      lookedAt = number;
      look(hash)
        .catch((error: unknown) =>
          log.debug({ reason: reasonOf(error) }, "the clusters' records could not be read"),
        )
        .finally(() => {
          isLooking = false;
        });
    },
  };
}
