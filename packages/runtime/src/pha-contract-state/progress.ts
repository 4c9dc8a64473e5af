/**
 * Whether clusters keep up with their queues.
 *
 * ```
 * Pending ─ first final root ─► Live ─ no quorum for 10 blocks ─► Late ─ for 100 ─► Halted
 * ```
 * **Bounds**: `WATCHED_PER_BLOCK` clusters are looked at in one block, in turn.
 */
import { addWeights, ensure, scaleWeight, type Weight } from "@pha/frame";
import { equalBytes } from "@pha/scale";
import { HALTED_BLOCKS, LATE_BLOCKS, type StateContext, WATCHED_PER_BLOCK } from "./declaration.ts";
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
  return addWeights(WEIGHTS.block, scaleWeight(WEIGHTS.per_watched, BigInt(count)));
}

function look(ctx: StateContext, cluster: Uint8Array): void {
  const status = ctx.config.clusters.clusterOf(ctx, cluster)?.status.type;
  if (status !== "Live" && status !== "Late") return;
  const { waiting, lastFinalAt } = ctx.storage.Progress.get(cluster);
  const [oldest] = waiting;
  if (oldest === undefined) return;
  const without = ctx.block.number - Math.max(oldest, lastFinalAt);
  const { clusters } = ctx.config;
  if (without > HALTED_BLOCKS) clusters.setStatus(ctx, cluster, "Halted");
  else if (without > LATE_BLOCKS) {
    clusters.setStatus(ctx, cluster, "Late");
    clusters.replaceSilent(ctx, cluster, silentReplicas(ctx, cluster, oldest));
  }
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
