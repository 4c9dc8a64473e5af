/**
 * From one generation to the next (protocol §2, §3): a generation is retired, and its shares erased, when no cluster's
 * state key is wrapped under its root any more.
 *
 * ```
 * active ─► every cluster's replicas open the new keys and wrap the state key anew ─► the older generations are retired
 * ```
 * A majority of a cluster can only do so with keys that t seats of the new generation released: that is how it proves
 * itself. Until the last cluster is handed over everything older stays and serves whoever has to open an older wrap.
 *
 * **Bounds**: `MAX_UNRETIRED` generations. **Not here**: the wraps (PhalaPhatContracts), the erasing (pRuntime).
 */
import { assert } from "@pha/scale";
import type { GatekeepersContext } from "./declaration.ts";
import { tell } from "./tell.ts";

/** @param clusters whose state key is wrapped under an older root */
export function beginHandover(ctx: GatekeepersContext, generation: bigint, clusters: number): void {
  ctx.emit.HandoverStarted({ generation, clusters });
  if (clusters === 0) retireOlder(ctx);
  else ctx.storage.Handover.put({ generation, pending: clusters, since: ctx.block.number });
}

export function handedOver(ctx: GatekeepersContext, cluster: Uint8Array): void {
  const { Handover } = ctx.storage;
  const handover = Handover.get();
  assert(handover, "a wrap under an older root was counted when the newest became active");
  ctx.emit.ClusterHandedOver({ cluster, generation: handover.generation });
  const pending = handover.pending - 1;
  if (pending === 0) retireOlder(ctx);
  else Handover.put({ ...handover, pending });
}

/** How many generations there are that a key may hang on. */
export function unretired(ctx: GatekeepersContext): number {
  return Number(ctx.storage.CurrentGeneration.get() - ctx.storage.OldestGeneration.get()) + 1;
}

function retireOlder(ctx: GatekeepersContext): void {
  const { CurrentGeneration, OldestGeneration, Generations, Handover } = ctx.storage;
  const current = CurrentGeneration.get();
  for (let old = OldestGeneration.get(); old < current; old += 1n) {
    Generations.remove(old);
    ctx.emit.GenerationRetired({ generation: old });
  }
  OldestGeneration.put(current);
  Handover.kill();
  tell(ctx, { type: "Retired", value: { generation: current - 1n } });
}
