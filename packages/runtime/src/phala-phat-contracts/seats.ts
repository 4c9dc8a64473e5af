/**
 * Seats of clusters: who has them, and what a change of them does to the cluster's keys (protocol §3, §8).
 *
 * A worker is a replica of at most one cluster. A new boot of a replica takes its seat at once, and the epoch stays; when
 * a replica leaves, the epoch advances. Whoever is removed for cause may hold the keys of the former epoch: commands are
 * not sealed to it any more from that block on.
 */
import type { Cluster, Replica } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import type { BootChange, WorkerLoss } from "../phala-registry/index.ts";
import { draw, forgetCandidate, waitForSeat } from "./candidates.ts";
import { clusterOf, putChanged } from "./clusters.ts";
import type { PhatContext } from "./declaration.ts";
import { nameAnew } from "./formers.ts";
import type { RemovalReason } from "./types.ts";

function hasFreeSeat({ replicas, replication }: Cluster): boolean {
  return replicas.length < replication;
}

/** Gives a new boot its worker's seat, or has the worker wait for one. */
export function workerRegistered(
  ctx: PhatContext,
  { registration, previousBoot }: BootChange,
): void {
  const { identity, boot, role } = registration;
  if (role.type !== "Worker") return;
  const assigned = ctx.storage.ClusterOf.get(identity);
  if (assigned === undefined) {
    if (ctx.storage.Draining.has(identity)) return;
    waitForSeat(ctx, identity);
    fillAtOnce(ctx);
    return;
  }
  if (previousBoot && equalBytes(previousBoot, boot)) return;
  const record = clusterOf(ctx, assigned);
  const replicas = record.replicas.map((one) =>
    equalBytes(one.identity, identity) ? { identity, boot } : one,
  );
  ctx.emit.ReplicaRestarted({ cluster: assigned, worker: identity });
  putChanged(ctx, assigned, { ...record, replicas });
}

/** On chains whose candidates do not wait, a registration fills a seat at once. */
function fillAtOnce(ctx: PhatContext): void {
  const { waitingEpochs, waitingBlocks } = ctx.config.assignment;
  if (waitingEpochs > 0n || waitingBlocks > 0) return;
  for (const cluster of ctx.storage.Vacant.get()) if (fillSeat(ctx, cluster)) return;
}

/** Gives one free seat to whoever is drawn; tells whether anybody was. */
export function fillSeat(ctx: PhatContext, cluster: Uint8Array): boolean {
  const record = clusterOf(ctx, cluster);
  if (!hasFreeSeat(record)) return false;
  const [drawn] = draw(ctx, cluster, record, { count: 1 });
  if (drawn === undefined) return false;
  forgetCandidate(ctx, drawn.identity);
  seat(ctx, cluster, drawn);
  return true;
}

/** A worker may not serve any more; dissent and a missing trace of execution keep the seat, which a new boot takes. */
export function workerLost(ctx: PhatContext, { identity, cause }: WorkerLoss): void {
  if (cause === "Dissent" || cause === "NotExecuted") return;
  forgetCandidate(ctx, identity);
  const cluster = ctx.storage.ClusterOf.get(identity);
  if (cluster === undefined) return;
  removeReplicas(ctx, cluster, [identity], cause === "PlatformMoved" ? "Moved" : "Suspended");
}

/** Takes a free seat; nobody leaves, so the epoch stays. */
function seat(ctx: PhatContext, cluster: Uint8Array, replica: Replica): void {
  const record = clusterOf(ctx, cluster);
  const replicas = [...record.replicas, replica];
  ctx.storage.ClusterOf.put(replica.identity, cluster);
  ctx.emit.WorkerAssigned({ cluster, worker: replica.identity });
  putSeated(ctx, cluster, { ...record, replicas });
}

/** A drawn worker takes the seat of one that leaves. */
export function replace(
  ctx: PhatContext,
  cluster: Uint8Array,
  { leaves, comes }: { readonly leaves: Uint8Array; readonly comes: Replica },
  reason: RemovalReason["type"],
): void {
  const record = clusterOf(ctx, cluster);
  const replicas = record.replicas.map((one) => (equalBytes(one.identity, leaves) ? comes : one));
  ctx.storage.ClusterOf.remove(leaves);
  ctx.storage.ClusterOf.put(comes.identity, cluster);
  ctx.emit.ReplicaRemoved({ cluster, worker: leaves, reason: { type: reason, value: undefined } });
  ctx.emit.WorkerAssigned({ cluster, worker: comes.identity });
  putLeft(ctx, cluster, { ...record, replicas }, reason);
  if (reason !== "Drained") waitForSeat(ctx, leaves);
}

/** Leaves their seats free. */
export function removeReplicas(
  ctx: PhatContext,
  cluster: Uint8Array,
  leave: readonly Uint8Array[],
  reason: RemovalReason["type"],
): void {
  const record = clusterOf(ctx, cluster);
  const isLeaving = ({ identity }: Replica) => leave.some((one) => equalBytes(one, identity));
  for (const { identity } of record.replicas.filter(isLeaving)) {
    ctx.storage.ClusterOf.remove(identity);
    ctx.emit.ReplicaRemoved({
      cluster,
      worker: identity,
      reason: { type: reason, value: undefined },
    });
  }
  const replicas = record.replicas.filter((one) => !isLeaving(one));
  putLeft(ctx, cluster, { ...record, replicas }, reason);
}

/** Stores a record that replicas have left: its keys get another name, as soon as there are any. */
function putLeft(
  ctx: PhatContext,
  cluster: Uint8Array,
  record: Cluster,
  reason: RemovalReason["type"],
): void {
  const { generation, epoch } = record;
  putSeated(ctx, cluster, record);
  if (generation === 0n) return;
  const isForCause = reason === "Suspended";
  nameAnew(ctx, cluster, { generation, epoch: epoch + 1n }, () => !isForCause);
}

/** Stores a record whose replicas changed, and whether it has free seats. */
export function putSeated(ctx: PhatContext, cluster: Uint8Array, record: Cluster): void {
  const { Vacant } = ctx.storage;
  const before = Vacant.get();
  const isListed = before.some((one) => equalBytes(one, cluster));
  if (hasFreeSeat(record) && !isListed) Vacant.put([...before, cluster]);
  if (!hasFreeSeat(record) && isListed)
    Vacant.put(before.filter((one) => !equalBytes(one, cluster)));
  putChanged(ctx, cluster, record);
}
