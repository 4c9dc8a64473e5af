/** Records of the block itself, kept by System for the executive. */
import type { HasEnv, SystemPort } from "@pha/frame";
import { System } from "./pallet.ts";

export const systemPort: SystemPort = {
  numberOf: (ctx) => ctx.env.of(System).storage.Number.get(),
  start(ctx, { number, parentHash }) {
    const { storage, constants } = ctx.env.of(System);
    ctx.env.useWeight(constants.BlockWeights.baseBlock, "Mandatory");
    noteUpgrade(ctx);
    storage.Number.put(number);
    storage.ParentHash.put(parentHash);
    storage.BlockHash.put(number - 1, parentHash);
  },
  succeeded: (ctx, dispatchInfo) => ctx.env.of(System).emit.ExtrinsicSuccess({ dispatchInfo }),
  failed: (ctx, dispatchError, dispatchInfo) =>
    ctx.env.of(System).emit.ExtrinsicFailed({ dispatchError, dispatchInfo }),
  finish(ctx, summary) {
    const { storage, constants, block } = ctx.env.of(System);
    const { Normal, Operational, Mandatory } = summary.usedWeight;
    storage.BlockWeight.put({ normal: Normal, operational: Operational, mandatory: Mandatory });
    storage.ExtrinsicCount.put(summary.extrinsicCount);
    storage.AllExtrinsicsLen.put(summary.usedLength);
    storage.Digest.put(summary.digest);
    storage.Events.put(summary.events);
    storage.EventCount.put(summary.events.length);
    // The hash of block 0 stays for ever: transactions sign it.
    const forgotten = block.number - constants.BlockHashCount - 1;
    if (forgotten > 0) storage.BlockHash.remove(forgotten);
  },
};

/** Notes the version that runs, when it is another than in the block before. */
function noteUpgrade(ctx: HasEnv): void {
  const { storage, constants } = ctx.env.of(System);
  const { specName, specVersion } = constants.Version;
  const last = storage.LastRuntimeUpgrade.get();
  if (last?.specVersion !== specVersion || last.specName !== specName)
    storage.LastRuntimeUpgrade.put({ specName, specVersion });
}

/** Hash of a recent block, the parent of the present one included; `undefined` when not kept. */
export function blockHashOf(ctx: HasEnv, number: number): Uint8Array | undefined {
  const { storage, block } = ctx.env.of(System);
  if (number === block.number - 1) return block.parentHash;
  if (number < 0 || number >= block.number) return undefined;
  // Stored as it is, 32 bytes; the declared default would hide that it is forgotten.
  return ctx.env.state.get(storage.BlockHash.keyOf(number));
}
