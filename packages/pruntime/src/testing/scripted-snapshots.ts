/** Snapshots of a scripted cluster: replicas' votes, and the one that is final. */
import { quorumOf, type Snapshot, type SnapshotVote, STORAGE } from "@pha/protocol";
import { encode, toHex } from "@pha/scale";
import type { ScriptedChain } from "./scripted-chain.ts";
import { CLUSTER, type ScriptedCluster } from "./scripted-cluster.ts";
import type { ScriptedClusterKeys } from "./scripted-cluster-keys.ts";

export interface SnapshotsOptions {
  readonly chain: ScriptedChain;
  readonly cluster: ScriptedCluster;
  readonly keys: ScriptedClusterKeys;
  /** Whether operators keep a blob. */
  readonly isKept: (digest: Uint8Array) => boolean;
}

export interface ScriptedSnapshots {
  readonly final: Snapshot | undefined;
  readonly votes: readonly SnapshotVote[];
  take(vote: SnapshotVote): void;
  /** What a majority made and operators keep becomes final. */
  settle(): void;
}

export function createScriptedSnapshots(options: SnapshotsOptions): ScriptedSnapshots {
  const { chain, cluster, keys, isKept } = options;
  const quorum = quorumOf(cluster.record.replication);
  const votes: SnapshotVote[] = [];
  let final: Snapshot | undefined;
  const bytesOf = (snapshot: Snapshot) => toHex(encode(STORAGE.snapshot.value, snapshot));

  function settle(): void {
    for (const { snapshot } of votes) {
      const { index, keyVersion, manifest } = snapshot;
      const isNewer = final === undefined || index > final.index || keyVersion > final.keyVersion;
      if (!isNewer || keyVersion !== keys.versions.newest || !isKept(manifest.digest)) continue;
      const bytes = bytesOf(snapshot);
      if (votes.filter((one) => bytesOf(one.snapshot) === bytes).length < quorum) continue;
      final = snapshot;
      chain.put(STORAGE.snapshot.key(CLUSTER), encode(STORAGE.snapshot.value, snapshot));
      keys.snapshotFinal(keyVersion);
      cluster.tell({ type: "SnapshotFinal", value: { cluster: CLUSTER, index, keyVersion } });
    }
  }

  return {
    get final() {
      return final;
    },
    votes,
    take(vote) {
      votes.push(vote);
      settle();
    },
    settle,
  };
}
