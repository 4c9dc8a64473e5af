/**
 * What a block does for the seats of clusters: fills one that is free, and looks whether one replica must make room.
 *
 * A replica that is drained, or whose lease has been over for long, keeps its seat until somebody can take it: without
 * another its return is all there is to hope for. Seats of a disputed or halted cluster stay as they are, and while a
 * panel sits: a change of the epoch would void it.
 *
 * **Bounds**: one cluster with free seats and one cluster's replicas a block, in turn.
 */
import { type AccountId, ensure, scaleWeight, type Weight } from "@pha/frame";
import type { Replica } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import { draw, forgetCandidate, waitForSeat } from "./candidates.ts";
import { clusterOf, ensureReplication } from "./clusters.ts";
import { PATIENCE_BLOCKS, type PhatContext } from "./declaration.ts";
import { fillSeat, putSeated, removeReplicas, replace } from "./seats.ts";
import type { RemovalReason } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Blocks in which a suspended replica can start anew before its seat goes to another. */
const SUSPENDED_BLOCKS = 60;

/** @returns the weight of what was drawn and looked at */
export function maintainSeats(ctx: PhatContext): Weight {
  const vacant = inTurn(ctx, ctx.storage.Vacant.get());
  if (vacant) fillSeat(ctx, vacant);
  const cluster = inTurn(ctx, ctx.storage.ClusterList.get());
  const draws = (vacant ? 1n : 0n) + BigInt(cluster ? replaceOne(ctx, cluster) : 0);
  return scaleWeight(WEIGHTS.draw, draws);
}

function inTurn(ctx: PhatContext, clusters: readonly Uint8Array[]): Uint8Array | undefined {
  return clusters[ctx.block.number % Math.max(1, clusters.length)];
}

/** The first replica that must make room and can; tells how many draws that took. */
function replaceOne(ctx: PhatContext, cluster: Uint8Array): number {
  const { replicas, status, panel } = clusterOf(ctx, cluster);
  if (status.type === "Disputed" || status.type === "Halted" || panel !== undefined) return 0;
  let draws = 0;
  for (const replica of replicas) {
    const reason = reasonToLeave(ctx, replica);
    if (reason === undefined) continue;
    draws += 1;
    if (replaceReplica(ctx, cluster, replica.identity, reason)) break;
  }
  return draws;
}

function reasonToLeave(
  ctx: PhatContext,
  { identity, boot }: Replica,
): RemovalReason["type"] | undefined {
  if (ctx.storage.Draining.has(identity)) return "Drained";
  const { workers, assignment } = ctx.config;
  const suspended = workers.suspendedSince(ctx, identity);
  if (suspended !== undefined)
    return suspended + SUSPENDED_BLOCKS <= ctx.block.number ? "Absent" : undefined;
  const until = workers.leasedUntil(ctx, boot) ?? 0n;
  return until + assignment.absentMs <= assignment.now(ctx) ? "Absent" : undefined;
}

/** Has somebody drawn for the seat of a replica; without anybody to draw it stays. */
function replaceReplica(
  ctx: PhatContext,
  cluster: Uint8Array,
  leaves: Uint8Array,
  reason: RemovalReason["type"],
): boolean {
  const record = clusterOf(ctx, cluster);
  const others = record.replicas.filter(({ identity }) => !equalBytes(identity, leaves));
  const [comes] = draw(ctx, cluster, { ...record, replicas: others }, { count: 1 });
  if (comes === undefined) return false;
  forgetCandidate(ctx, comes.identity);
  replace(ctx, cluster, { leaves, comes }, reason);
  return true;
}

/** Of replicas that did not vote in time, one is replaced, and the next no sooner than that one could have voted. */
export function replaceSilent(
  ctx: PhatContext,
  cluster: Uint8Array,
  silent: readonly Uint8Array[],
): void {
  const { number } = ctx.block;
  const last = ctx.storage.SilentReplaced.get(cluster);
  if (last !== undefined && number - last < PATIENCE_BLOCKS) return;
  for (const identity of silent) {
    if (!replaceReplica(ctx, cluster, identity, "Silent")) continue;
    ctx.storage.SilentReplaced.put(cluster, number);
    return;
  }
}

/** An operator takes a worker out of service, or back into it. */
export function setDraining(
  ctx: PhatContext,
  caller: AccountId,
  { worker, draining }: { readonly worker: Uint8Array; readonly draining: boolean },
): void {
  const registration = ctx.config.workers.registrationOf(ctx, worker);
  ensure(registration?.role.type === "Worker", ctx.errors.UnknownWorker);
  ensure(equalBytes(registration.operator, caller), ctx.errors.NotOperator);
  const { Draining, ClusterOf } = ctx.storage;
  if (draining) {
    if (!Draining.has(worker)) Draining.put(worker, ctx.block.number);
    forgetCandidate(ctx, worker);
  } else {
    Draining.remove(worker);
    if (!ClusterOf.has(worker)) waitForSeat(ctx, worker);
  }
  ctx.emit.DrainingSet({ worker, draining });
}

/** More seats are filled as workers can be drawn; of fewer the newest replicas leave at once. */
export function setReplication(ctx: PhatContext, cluster: Uint8Array, replication: number): void {
  const record = clusterOf(ctx, cluster);
  ensureReplication(ctx, replication, record.crossVendor);
  putSeated(ctx, cluster, { ...record, replication });
  const surplus = record.replicas.slice(replication).map(({ identity }) => identity);
  if (surplus.length > 0) {
    removeReplicas(ctx, cluster, surplus, "Shrunk");
    for (const identity of surplus) waitForSeat(ctx, identity);
  }
  ctx.emit.ReplicationSet({ cluster, replication });
}
