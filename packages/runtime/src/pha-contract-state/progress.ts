/**
 * Whether clusters keep up with their queues.
 *
 * ```
 * Pending ─ first final root ─► Live ─ no quorum for 10 blocks ─► Late ─ for 100 ─► Halted
 * ```
 * **Bounds**: `WATCHED_PER_BLOCK` clusters are looked at in one block, in turn.
 */
import { ensure, linearWeight, type Weight } from "@pha/frame";
import type { Cluster } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import { HALTED_BLOCKS, LATE_BLOCKS, type StateContext, WATCHED_PER_BLOCK } from "./declaration.ts";
import { conveneDispute } from "./panels.ts";
import { hopelessVotes } from "./quorum.ts";
import { MAX_WAITING_BLOCKS } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** The block being made has work for the cluster. */
export function workQueued(ctx: StateContext, cluster: Uint8Array): void {
  const { Progress, Watched } = ctx.storage;
  const progress = Progress.get(cluster);
  const { waiting } = progress;
  const { number } = ctx.block;
  if (waiting.at(-1) === number) return;
  ensure(waiting.length < MAX_WAITING_BLOCKS, ctx.errors.TooMuchWaiting);
  Progress.put(cluster, { ...progress, waiting: [...waiting, number] });
  if (waiting.length === 0) Watched.put([...Watched.get(), cluster]);
}

/** A root is final that covers everything up to `block`. */
export function workDone(ctx: StateContext, cluster: Uint8Array, block: number): void {
  const { Progress, Watched } = ctx.storage;
  const before = Progress.get(cluster).waiting;
  const waiting = before.filter((number) => number > block);
  Progress.put(cluster, { waiting, lastFinalAt: ctx.block.number });
  if (before.length > 0 && waiting.length === 0)
    Watched.put(Watched.get().filter((one) => !equalBytes(one, cluster)));
}

/** Calls clusters late or halted that make no progress although work waits. */
export function watch(ctx: StateContext): Weight {
  const watched = ctx.storage.Watched.get();
  const count = Math.min(watched.length, WATCHED_PER_BLOCK);
  const start = watched.length === 0 ? 0 : (ctx.block.number * WATCHED_PER_BLOCK) % watched.length;
  for (let i = 0; i < count; i++) {
    const cluster = watched[(start + i) % watched.length];
    if (cluster) look(ctx, cluster);
  }
  return linearWeight(WEIGHTS.block, WEIGHTS.per_watched, count);
}

function look(ctx: StateContext, cluster: Uint8Array): void {
  const record = ctx.config.clusters.clusterOf(ctx, cluster);
  const status = record?.status.type;
  if (record === undefined || status === undefined || status === "Pending") return;
  const { waiting, lastFinalAt } = ctx.storage.Progress.get(cluster);
  const [oldest] = waiting;
  if (oldest === undefined) return;
  const without = ctx.block.number - Math.max(oldest, lastFinalAt);
  const { clusters } = ctx.config;
  if (status === "Disputed" || status === "Halted") retryDispute(ctx, record, cluster);
  if (without > HALTED_BLOCKS) clusters.setStatus(ctx, cluster, "Halted");
  else if (without > LATE_BLOCKS && (status === "Live" || status === "Late")) {
    clusters.setStatus(ctx, cluster, "Late");
    clusters.replaceSilent(ctx, cluster, silentReplicas(ctx, cluster, oldest));
  }
}

/** A dispute for which nobody could be drawn, or whose panel came to no verdict, gets another panel when it can. */
function retryDispute(ctx: StateContext, record: Cluster, cluster: Uint8Array): void {
  if (record.panel !== undefined || ctx.storage.Splits.has(cluster)) return;
  const votes = hopelessVotes(ctx, record, cluster);
  if (votes !== undefined) conveneDispute(ctx, record, votes);
}

/** Replicas without a vote on the oldest block that waits for them. */
function silentReplicas(
  ctx: StateContext,
  cluster: Uint8Array,
  oldest: number,
): readonly Uint8Array[] {
  const { replicas = [] } = ctx.config.clusters.clusterOf(ctx, cluster) ?? {};
  const [pending = oldest] = ctx.storage.Pending.get(cluster);
  const votes = ctx.storage.Votes.get(cluster, pending);
  const hasVoted = (boot: Uint8Array) => votes.some(({ commit }) => equalBytes(commit.boot, boot));
  return replicas.filter(({ boot }) => !hasVoted(boot)).map(({ identity }) => identity);
}
