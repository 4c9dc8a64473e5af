/**
 * Rotation of the clusters' state keys (protocol §3).
 *
 * ```
 * in use ─ named anew for cause, or a week over ─► next version, of the new name's keys ─ a majority wrapped it ─► new steps
 *    ▲ └── the former version opens steps and snapshot of before ─┐
 *    └──────────── a snapshot under the new version is final ◄────┘
 * ```
 * The next version is derived from the keys of the name that the cluster has when a majority wraps it; a name that passes
 * before leaves no trace, as no root is final without the wrap. At most two versions are in use: a cause meanwhile
 * rotates again as soon as the snapshot is final.
 *
 * **Bounds**: one cluster is looked at in each block.
 */
import { CLUSTER_ITSELF } from "@pha/protocol";
import type { PhatContext } from "./declaration.ts";

/** Before a cluster is named anew: its state key is made anew with it, for cause or when its time is over. */
export function rotateWithName(ctx: PhatContext, cluster: Uint8Array, isForCause: boolean): void {
  const { StateKeys, Rotations, WrappedStateKeys } = ctx.storage;
  const { newest, oldest } = StateKeys.get(cluster);
  const { due, wanted } = Rotations.get(cluster);
  if (!isForCause && !wanted && ctx.block.number < due) return;
  // A version that nobody has wrapped yet is made of the new name anyway.
  if (WrappedStateKeys.get(cluster)?.version !== newest) return;
  if (oldest < newest) {
    Rotations.put(cluster, { due, wanted: true });
    return;
  }
  StateKeys.put(cluster, { newest: newest + 1, oldest });
  Rotations.put(cluster, { due: ctx.block.number + ctx.config.rotationBlocks, wanted: false });
  ctx.emit.StateKeyRotated({ cluster, version: newest + 1 });
}

/** A snapshot under this version is final: nothing needs those before it. Tells whether another rotation was waited for. */
export function versionComplete(ctx: PhatContext, cluster: Uint8Array, version: number): boolean {
  const { StateKeys, Rotations, KeyVotes } = ctx.storage;
  const { newest, oldest } = StateKeys.get(cluster);
  if (version !== newest || oldest === newest) return false;
  StateKeys.put(cluster, { newest, oldest: newest });
  // Votes are for wraps that hold the former version too.
  KeyVotes.remove(cluster, CLUSTER_ITSELF);
  ctx.emit.StateKeyRetired({ cluster, version: oldest });
  return Rotations.get(cluster).wanted;
}

/** The next cluster in turn, if the time of its state key is over. */
export function dueRotation(ctx: PhatContext): Uint8Array | undefined {
  const { ClusterList, Rotations, StateKeys, WrappedStateKeys } = ctx.storage;
  const list = ClusterList.get();
  const cluster = list[ctx.block.number % Math.max(1, list.length)];
  if (cluster === undefined || ctx.block.number < Rotations.get(cluster).due) return undefined;
  const { newest, oldest } = StateKeys.get(cluster);
  const isInUse = oldest === newest && WrappedStateKeys.get(cluster)?.version === newest;
  return isInUse ? cluster : undefined;
}
