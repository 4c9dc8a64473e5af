/**
 * Snapshots of the clusters' states: voted on by their replicas, final with a majority and kept blobs, and what the chain
 * need not hold any more after one (protocol §5).
 *
 * ```
 * votes ─ a majority made the same ─► pending: manifest announced ─ receipts ─► final ─ KEPT_BLOCKS later ─► steps go
 * ```
 * **Bounds**: a vote per replica, a pending and a final snapshot per cluster; `PRUNED_PER_BLOCK` steps go in one block.
 * **Trust**: a snapshot is bound to a final root, to which whoever restores from it must come.
 */
import { ensure, linearWeight, type Weight } from "@pha/frame";
import {
  type Cluster,
  ClusterEvent,
  MAX_MANIFEST_BYTES,
  MAX_SNAPSHOT_CHUNKS,
  Snapshot,
  SnapshotVote,
  TOPIC,
} from "@pha/protocol";
import { decode, encode, equalBytes } from "@pha/scale";
import type { MessageHandler, WorkerMessage } from "../phala-mq/index.ts";
import { blobsOf, isKept, refer, release } from "./blobs.ts";
import {
  declaration,
  KEPT_BLOCKS,
  MAX_PRUNING,
  PRUNED_PER_BLOCK,
  SENDER,
  type StateContext,
} from "./declaration.ts";
import { quorum } from "./quorum.ts";
import { WEIGHTS } from "./weights.ts";

export const snapshotHandler: MessageHandler = {
  topic: TOPIC.snapshot,
  weight: () => WEIGHTS.snapshot_vote,
  handle(hasEnv, message) {
    const ctx = hasEnv.env.of(declaration);
    const decoded = decode(SnapshotVote, message.payload);
    ensure(decoded.ok, ctx.errors.MalformedMessage);
    const vote = decoded.value;
    const record = ensureReplica(ctx, vote, message);
    ensureOfFinalRoot(ctx, vote);
    const { cluster, snapshot } = vote;
    const others = ctx.storage.SnapshotVotes.get(cluster).filter(
      (one) =>
        !equalBytes(one.boot, message.boot) &&
        record.replicas.some(({ boot }) => equalBytes(boot, one.boot)),
    );
    const votes = [...others, { boot: message.boot, snapshot }];
    ctx.storage.SnapshotVotes.put(cluster, votes);
    const own = encode(Snapshot, snapshot);
    const same = votes.filter((one) => equalBytes(encode(Snapshot, one.snapshot), own));
    if (same.length >= quorum(record)) announce(ctx, cluster, snapshot);
  },
};

function ensureReplica(
  ctx: StateContext,
  { cluster, generation, epoch }: SnapshotVote,
  { identity, boot }: WorkerMessage,
): Cluster {
  const record = ctx.config.clusters.clusterOf(ctx, cluster);
  ensure(record, ctx.errors.UnknownCluster);
  const isReplica = record.replicas.some(
    (one) => equalBytes(one.identity, identity) && equalBytes(one.boot, boot),
  );
  ensure(isReplica, ctx.errors.NotAssigned);
  ensure(record.generation === generation && record.epoch === epoch, ctx.errors.StaleEpoch);
  return record;
}

function ensureOfFinalRoot(ctx: StateContext, { cluster, snapshot }: SnapshotVote): void {
  const { index, block, root, previousRoot, keyVersion, manifest, chunks } = snapshot;
  const before = ctx.storage.Snapshots.get(cluster);
  const isNewer =
    before === undefined ||
    index > before.index ||
    (index === before.index && keyVersion > before.keyVersion);
  ensure(isNewer, ctx.errors.Superseded);
  const version = ctx.config.clusters.stateKeyVersion(ctx, cluster);
  ensure(keyVersion === version, ctx.errors.StaleEpoch);
  // Of the snapshot before, the step may have been let go.
  const step =
    ctx.storage.Steps.get([cluster, index]) ??
    (before?.index === index ? { ...before, newRoot: before.root } : undefined);
  const isOfStep =
    step &&
    equalBytes(step.newRoot, root) &&
    equalBytes(step.previousRoot, previousRoot) &&
    equalBytes(step.block.hash, block.hash) &&
    step.block.number === block.number;
  ensure(isOfStep, ctx.errors.UnknownRoot);
  const isBounded =
    chunks > 0 && chunks <= MAX_SNAPSHOT_CHUNKS && manifest.bytes <= MAX_MANIFEST_BYTES;
  ensure(isBounded, ctx.errors.BadContent);
}

/** A majority made it: its blobs are wanted. */
function announce(ctx: StateContext, cluster: Uint8Array, snapshot: Snapshot): void {
  const pending = ctx.storage.PendingSnapshots.get(cluster);
  const isKnown = pending && equalBytes(pending.manifest.digest, snapshot.manifest.digest);
  if (isKnown) return;
  if (pending) release(ctx, pending.manifest.digest);
  refer(ctx, cluster, snapshot.manifest, true);
  ctx.storage.PendingSnapshots.put(cluster, snapshot);
  settleSnapshot(ctx, cluster);
}

/** Makes the pending snapshot final if its blobs are kept. */
export function settleSnapshot(ctx: StateContext, cluster: Uint8Array): void {
  const { PendingSnapshots, Snapshots, SnapshotVotes, Pruning } = ctx.storage;
  const pending = PendingSnapshots.get(cluster);
  if (pending === undefined || !isKept(ctx, pending.manifest.digest)) return;
  const before = Snapshots.get(cluster);
  if (before) release(ctx, before.manifest.digest);
  Snapshots.put(cluster, pending);
  PendingSnapshots.remove(cluster);
  SnapshotVotes.remove(cluster);
  const { index, block, keyVersion } = pending;
  ctx.emit.SnapshotFinal({ cluster, block, index, keyVersion });
  const event: ClusterEvent = { type: "SnapshotFinal", value: { cluster, index, keyVersion } };
  ctx.config.queue.push(ctx, SENDER, TOPIC.cluster, encode(ClusterEvent, event));
  ctx.config.clusters.snapshotFinal(ctx, cluster, keyVersion);
  const due = Pruning.get();
  // Without room the next snapshot sees to it.
  if (due.length < MAX_PRUNING)
    Pruning.put([...due, { cluster, until: index, from: ctx.block.number + KEPT_BLOCKS }]);
}

/** Lets steps go that a final snapshot holds, some blocks after it: whoever needs a proof of them has had the time. */
export function prune(ctx: StateContext): Weight {
  const [first, ...others] = ctx.storage.Pruning.get();
  if (first === undefined || ctx.block.number < first.from) return WEIGHTS.prune;
  const { Steps, FirstSteps, Pruning } = ctx.storage;
  const { cluster, until } = first;
  let index = FirstSteps.get(cluster);
  let count = 0;
  let blobs = 0;
  for (; count < PRUNED_PER_BLOCK && index <= until; count++, index++) {
    const step = Steps.get([cluster, index]);
    for (const { digest } of step ? blobsOf(step) : []) {
      release(ctx, digest);
      blobs += 1;
    }
    Steps.remove([cluster, index]);
  }
  FirstSteps.put(cluster, index);
  if (index > until) Pruning.put(others);
  const steps = linearWeight(WEIGHTS.prune, WEIGHTS.prune_per_step, count);
  return linearWeight(steps, WEIGHTS.release_per_blob, blobs);
}
