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
 * **Bounds**: `MAX_UNRETIRED` generations. **Not here**: the wraps (PhalaPhatContracts), the erasing (pRuntime).
 */
import { assert, equalBytes } from "@pha/scale";
import type { GatekeepersContext } from "./declaration.ts";
import { tell } from "./tell.ts";

/** @param clusters whose state key is wrapped under an older root */
export function beginHandover(ctx: GatekeepersContext, generation: bigint, clusters: number): void {
  ctx.emit.HandoverStarted({ generation, clusters });
  if (clusters > 0)
    ctx.storage.Handover.put({ generation, pending: clusters, since: ctx.block.number });
  retireOlder(ctx);
}

export function handedOver(ctx: GatekeepersContext, cluster: Uint8Array): void {
  const { Handover } = ctx.storage;
  const handover = Handover.get();
  assert(handover, "a wrap under an older root was counted when the newest became active");
  ctx.emit.ClusterHandedOver({ cluster, generation: handover.generation });
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
