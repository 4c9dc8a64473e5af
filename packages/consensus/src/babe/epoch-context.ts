/**
 * Epochs as a block's descendants see them: the one it is in and the one it or an ancestor announced.
 *
 * ```
 *  genesis ── block 1 (announces epoch 1) ── … ── first block of epoch 1 (announces epoch 2) ── …
 *             └─ epoch 0 starts at its slot
 * ```
 *
 * The first block of each epoch announces the next one, no other block does. Each fork has its own context: keep one
 * per block, or take it from the block's state.
 *
 * **Trust**: announcements are hostile until the runtime executed the block; here only their presence is checked.
 */
import { assert, type Codec, fail, ok, type Result, struct } from "@pha/scale";
import type { BabeAnnouncement } from "./digest.ts";
import { type BabeConfiguration, BabeEpoch, epochForSlot, nextBabeEpoch } from "./epoch.ts";

export interface EpochContext {
  readonly current: BabeEpoch;
  readonly next: BabeEpoch;
}

export const EpochContext: Codec<EpochContext> = struct({ current: BabeEpoch, next: BabeEpoch });

export type EpochError =
  | { readonly code: "babe/slot-before-epoch"; readonly slot: bigint; readonly startSlot: bigint }
  | { readonly code: "babe/missing-announcement" }
  | { readonly code: "babe/unexpected-announcement" };

/** Epoch 0, which starts at the slot of block 1. */
export function genesisEpoch(configuration: BabeConfiguration, startSlot: bigint): BabeEpoch {
  const { epochLength, authorities, randomness, c, allowedSlots } = configuration;
  assert(epochLength > 0n, "an epoch has slots");
  return {
    index: 0n,
    startSlot,
    duration: epochLength,
    authorities,
    randomness,
    config: { c, allowedSlots },
  };
}

/** Epoch in which a block of `slot` must be claimed, its parent having `context`. */
export function epochOfChild(context: EpochContext, slot: bigint): Result<BabeEpoch, EpochError> {
  const epoch = epochForSlot(context, slot);
  const { startSlot } = context.current;
  return epoch ? ok(epoch) : fail({ code: "babe/slot-before-epoch", slot, startSlot });
}

/** Context of block 1. */
export function startEpochs(
  epoch: BabeEpoch,
  announcement: BabeAnnouncement,
): Result<EpochContext, EpochError> {
  return announced(epoch, epoch.config, announcement);
}

/** Context of a block of `slot` whose parent has `context`; the same object inside an epoch. */
export function followEpochs(
  context: EpochContext,
  slot: bigint,
  announcement: BabeAnnouncement,
): Result<EpochContext, EpochError> {
  const epoch = epochOfChild(context, slot);
  if (!epoch.ok) return epoch;
  if (epoch.value !== context.current)
    return announced(epoch.value, context.next.config, announcement);
  if (announcement.nextEpoch || announcement.nextConfig)
    return fail({ code: "babe/unexpected-announcement" });
  return ok(context);
}

function announced(
  current: BabeEpoch,
  config: BabeEpoch["config"],
  { nextEpoch, nextConfig }: BabeAnnouncement,
): Result<EpochContext, EpochError> {
  if (nextEpoch === undefined) return fail({ code: "babe/missing-announcement" });
  return ok({ current, next: nextBabeEpoch(current, nextEpoch, nextConfig ?? config) });
}
