/**
 * From one generation to the next (protocol §2, §3): a generation is retired, and its shares erased, when no cluster's
 * state key is wrapped under its root any more.
 *
 * ```
 * active ─► every cluster's replicas open the new keys and wrap the state key anew ─► the older generations are retired
 * ```
 * A majority of a cluster can only do so with keys that t seats of the new generation released: that is how it proves
 * itself. Until the last cluster is handed over everything older stays and serves whoever has to open an older wrap; a
 * generation to whose keys commands were sealed stays until the last of these is final.
 *
 * A cluster whose replicas never come back would hold this up for ever: root may give up on it after `giveUpBlocks`. What
 * only the older generations open is then lost; a replica that has kept the state key in memory still saves it.
 *
 * **Bounds**: `MAX_UNRETIRED` generations. **Not here**: the wraps (PhalaPhatContracts), the erasing (pRuntime).
 */
import { ensure } from "@pha/frame";
import { assert, equalBytes } from "@pha/scale";
import type { GatekeepersContext } from "./declaration.ts";
import { tell } from "./tell.ts";

/** @param clusters whose state key is wrapped under an older root */
export function beginHandover(ctx: GatekeepersContext, generation: bigint, clusters: number): void {
  ctx.emit.HandoverStarted({ generation, clusters });
  // A cluster that an earlier handover waited for has not come back since.
  const since = ctx.storage.Handover.get()?.since ?? ctx.block.number;
  if (clusters > 0) ctx.storage.Handover.put({ generation, pending: clusters, since });
  else ctx.storage.Handover.kill();
  retireOlder(ctx);
}

/** Waits no longer for a cluster whose replicas do not come back. */
export function giveUp(ctx: GatekeepersContext, cluster: Uint8Array): void {
  const handover = ctx.storage.Handover.get();
  ensure(handover, ctx.errors.NoHandover);
  const { generation, since } = handover;
  ensure(ctx.block.number >= since + ctx.config.giveUpBlocks, ctx.errors.TooEarly);
  ensure(ctx.config.clusters.clusterOf(ctx, cluster), ctx.errors.UnknownCluster);
  ensure(ctx.config.clusters.giveUp(ctx, cluster, generation), ctx.errors.NotWaitedFor);
  ctx.emit.ClusterGivenUp({ cluster, generation });
  oneLess(ctx);
}

export function handedOver(ctx: GatekeepersContext, cluster: Uint8Array): void {
  const handover = ctx.storage.Handover.get();
  assert(handover, "a wrap under an older root was counted when the newest became active");
  ctx.emit.ClusterHandedOver({ cluster, generation: handover.generation });
  oneLess(ctx);
}

function oneLess(ctx: GatekeepersContext): void {
  const { Handover } = ctx.storage;
  const handover = Handover.get();
  assert(handover, "there is a handover");
  const pending = handover.pending - 1;
  if (pending === 0) Handover.kill();
  else Handover.put({ ...handover, pending });
  retireOlder(ctx);
}

/** How many generations there are that a key may hang on. */
export function unretired(ctx: GatekeepersContext): number {
  return Number(ctx.storage.CurrentGeneration.get() - ctx.storage.OldestGeneration.get()) + 1;
}

/** Retires what nothing hangs on any more: no state key, and no command that waits. */
export function retireOlder(ctx: GatekeepersContext): void {
  const { CurrentGeneration, OldestGeneration, Generations, Handover } = ctx.storage;
  if (Handover.exists()) return;
  const current = CurrentGeneration.get();
  const former = ctx.config.clusters.oldestFormer(ctx) ?? current;
  const limit = former < current ? former : current;
  if (limit <= OldestGeneration.get()) return;
  for (let old = OldestGeneration.get(); old < limit; old += 1n) {
    Generations.remove(old);
    ctx.emit.GenerationRetired({ generation: old });
  }
  OldestGeneration.put(limit);
  tell(ctx, { type: "Retired", value: { generation: limit - 1n } });
}

/** Whether enough gatekeepers still have their share of a generation to make its keys; those that left the list count. */
export function isHeld(ctx: GatekeepersContext, generation: bigint): boolean {
  const record = ctx.storage.Generations.get(generation);
  if (record === undefined) return false;
  const sealed = ctx.storage.SealedShares.get();
  const holders = record.seats.filter(({ identity, boot }) => {
    const present = ctx.config.workers.registrationOf(ctx, identity)?.boot;
    return present !== undefined && (sealed || equalBytes(present, boot));
  });
  return holders.length >= record.threshold;
}

/** Shares went with a boot: commands that only they could have opened are not waited for. */
export function sharesLost(ctx: GatekeepersContext): void {
  const { clusters } = ctx.config;
  const current = ctx.storage.CurrentGeneration.get();
  for (;;) {
    const former = clusters.oldestFormer(ctx);
    if (former === undefined || former >= current || isHeld(ctx, former)) return;
    clusters.generationLost(ctx, former);
    retireOlder(ctx);
  }
}
