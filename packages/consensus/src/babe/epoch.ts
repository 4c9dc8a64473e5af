/** BABE epochs: who may author in a span of slots, on which randomness, and how one epoch follows another. */
import {
  assert,
  type Codec,
  DecodeFailure,
  fixedBytes,
  mapCodec,
  struct,
  tuple,
  u8,
  u64,
} from "@pha/scale";
import { Authorities, type Authority } from "../authorities.ts";
import type { BabeEpochDescriptor } from "./digest.ts";

/** Claims allowed besides primary ones: 0 none, 1 secondary plain, 2 secondary with VRF. */
export type AllowedSlots = 0 | 1 | 2;

export const AllowedSlots: Codec<AllowedSlots> = mapCodec(
  u8,
  (value) => {
    if (value !== 0 && value !== 1 && value !== 2) throw new DecodeFailure("unknown-variant");
    return value;
  },
  (value) => value,
);

export interface BabeEpochConfig {
  /** Probability that a slot has a primary author, as numerator and denominator. */
  readonly c: readonly [bigint, bigint];
  readonly allowedSlots: AllowedSlots;
}

export interface BabeEpoch {
  readonly index: bigint;
  readonly startSlot: bigint;
  /** Slots. */
  readonly duration: bigint;
  readonly authorities: readonly Authority[];
  /** 32 bytes. */
  readonly randomness: Uint8Array;
  readonly config: BabeEpochConfig;
}

/** As answered by `BabeApi_current_epoch` and `BabeApi_next_epoch`. */
export const BabeEpoch: Codec<BabeEpoch> = struct({
  index: u64,
  startSlot: u64,
  duration: u64,
  authorities: Authorities,
  randomness: fixedBytes(32),
  config: struct({ c: tuple(u64, u64), allowedSlots: AllowedSlots }),
});

/** As answered by `BabeApi_configuration`. */
export interface BabeConfiguration {
  readonly slotDurationMs: bigint;
  /** Slots. */
  readonly epochLength: bigint;
  readonly c: readonly [bigint, bigint];
  readonly authorities: readonly Authority[];
  /** 32 bytes. */
  readonly randomness: Uint8Array;
  readonly allowedSlots: AllowedSlots;
}

export const BabeConfiguration: Codec<BabeConfiguration> = struct({
  slotDurationMs: u64,
  epochLength: u64,
  c: tuple(u64, u64),
  authorities: Authorities,
  randomness: fixedBytes(32),
  allowedSlots: AllowedSlots,
});

/** Epoch after `epoch`, from what its first block announced. */
export function nextBabeEpoch(
  epoch: BabeEpoch,
  descriptor: BabeEpochDescriptor,
  config: BabeEpochConfig = epoch.config,
): BabeEpoch {
  return {
    index: epoch.index + 1n,
    startSlot: epoch.startSlot + epoch.duration,
    duration: epoch.duration,
    authorities: descriptor.authorities,
    randomness: descriptor.randomness,
    config,
  };
}

/**
 * Epoch that a block in `slot` belongs to, its parent being in `current`.
 *
 * When no block was made for whole epochs, the announced one is used for the first that has a block; index and start
 * move by the number of epochs missed.
 *
 * @returns `undefined` for a slot before `current`
 */
export function epochForSlot(
  { current, next }: { readonly current: BabeEpoch; readonly next: BabeEpoch },
  slot: bigint,
): BabeEpoch | undefined {
  assert(current.duration > 0n && next.duration > 0n, "an epoch has slots");
  if (slot < current.startSlot) return undefined;
  if (slot < current.startSlot + current.duration) return current;
  if (slot < next.startSlot) return undefined;
  const skipped = (slot - next.startSlot) / next.duration;
  if (skipped === 0n) return next;
  return {
    ...next,
    index: next.index + skipped,
    startSlot: next.startSlot + skipped * next.duration,
  };
}
