/**
 * Change of epochs, on chain: the first block of an epoch takes over what the one before announced, and announces the
 * next.
 *
 *     epoch e announced ──first block with slot ≥ start(e)──► epoch e runs ──its VRF outputs──► randomness of e + 2
 *
 * **Trust**: claims were verified by the importing node; the digest read here is the header's.
 */
import {
  BABE_ENGINE,
  type BabeEpoch,
  BabePreDigest,
  babeConsensusItem,
  deriveEpochRandomness,
} from "@pha/consensus";
import type { DigestLog } from "@pha/frame";
import { assert, concatBytes, decode } from "@pha/scale";
import { type BabeContext, OUTPUT_BYTES, SEGMENT_LENGTH } from "./declaration.ts";

/** Slots beyond cannot be: what is computed from them would not fit its type. */
const MAX_SLOT = 1n << 60n;

/** Claim of the present block; `undefined` when it has none, or one that cannot be read. */
export function preDigestOf(ctx: BabeContext): BabePreDigest | undefined {
  const item = ctx.env.digest.find(isClaim);
  if (item === undefined || item.type !== "PreRuntime") return undefined;
  if (last?.item === item) return last.claim;
  const decoded = decode(BabePreDigest, item.value.data);
  if (!decoded.ok || decoded.value.value.slot >= MAX_SLOT) return undefined;
  last = { item, claim: decoded.value };
  return decoded.value;
}

/** What was read last: hooks and the inherent ask for the same item several times in a block. */
let last: { readonly item: DigestLog; readonly claim: BabePreDigest } | undefined;

export function hasClaim(ctx: BabeContext): boolean {
  return ctx.env.digest.some(isClaim);
}

function isClaim(item: DigestLog): boolean {
  return item.type === "PreRuntime" && item.value.engine === BABE_ENGINE;
}

export function enterSlot(ctx: BabeContext, slot: bigint): void {
  const { storage, config, block } = ctx;
  if (storage.GenesisSlot.get() === 0n) {
    storage.GenesisSlot.put(slot);
    storage.EpochStart.put([0, block.number]);
    announce(ctx);
  } else {
    const sinceGenesis = slot - storage.GenesisSlot.get();
    const index = sinceGenesis / config.epochLength;
    if (index > storage.EpochIndex.get()) enterEpoch(ctx, index);
  }
  storage.CurrentSlot.put(slot);
}

/** Epochs without any block are skipped: the announced one is used for the first that has a block. */
function enterEpoch(ctx: BabeContext, index: bigint): void {
  const { storage, config, block } = ctx;
  storage.EpochIndex.put(index);
  storage.Authorities.put(storage.NextAuthorities.get());
  const randomness = storage.NextRandomness.get();
  storage.Randomness.put(randomness);
  storage.NextRandomness.put(deriveEpochRandomness(randomness, index + 1n, takeOutputs(ctx)));
  storage.NextAuthorities.put(config.nextAuthorities(ctx));
  const [, started] = storage.EpochStart.get();
  storage.EpochStart.put([started ?? 0, block.number]);
  announce(ctx);
}

/** Puts the next epoch into the digest, and both into state for the views. */
function announce(ctx: BabeContext): void {
  const { storage } = ctx;
  const authorities = storage.NextAuthorities.get();
  const randomness = storage.NextRandomness.get();
  ctx.env.depositLog(
    babeConsensusItem({ type: "NextEpochData", value: { authorities, randomness } }),
  );
  putAnswers(ctx);
}

export function putAnswers(ctx: BabeContext): void {
  const { storage, config } = ctx;
  const index = storage.EpochIndex.get();
  const current: BabeEpoch = {
    index,
    startSlot: storage.GenesisSlot.get() + index * config.epochLength,
    duration: config.epochLength,
    authorities: storage.Authorities.get(),
    randomness: storage.Randomness.get(),
    config: config.epochConfig,
  };
  storage.CurrentEpoch.put(current);
  storage.NextEpoch.put({
    ...current,
    index: index + 1n,
    startSlot: current.startSlot + config.epochLength,
    authorities: storage.NextAuthorities.get(),
    randomness: storage.NextRandomness.get(),
  });
}

/** Notes the VRF output of the present block. */
export function noteOutput(ctx: BabeContext, output: Uint8Array): void {
  const { storage } = ctx;
  const segment = storage.SegmentIndex.get();
  const outputs = storage.UnderConstruction.get(segment);
  if (outputs.length < SEGMENT_LENGTH * OUTPUT_BYTES) {
    storage.UnderConstruction.put(segment, concatBytes(outputs, output));
    return;
  }
  storage.SegmentIndex.put(segment + 1);
  storage.UnderConstruction.put(segment + 1, output);
}

function takeOutputs(ctx: BabeContext): readonly Uint8Array[] {
  const { storage } = ctx;
  const outputs: Uint8Array[] = [];
  for (let segment = 0; segment <= storage.SegmentIndex.get(); segment++) {
    const joined = storage.UnderConstruction.get(segment);
    for (let at = 0; at < joined.length; at += OUTPUT_BYTES)
      outputs.push(joined.subarray(at, at + OUTPUT_BYTES));
    storage.UnderConstruction.remove(segment);
  }
  storage.SegmentIndex.put(0);
  return outputs;
}

/** Epoch answers are written at genesis and at every change. */
export function storedEpoch(epoch: BabeEpoch | undefined): BabeEpoch {
  assert(epoch, "genesis writes the epochs");
  return epoch;
}
