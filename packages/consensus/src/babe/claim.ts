/**
 * Claims of BABE slots: by VRF lottery (primary), else by turn (secondary).
 *
 * **Trust**: everything here is our own node's; the VRF secret stays with the caller. **Not here**: checking others'
 * claims (`verify-header.ts`).
 */
import { type BabeVrfInput, blake2b256, type VrfDraw, vrfBytesBabe } from "@pha/crypto";
import { assert, concatBytes, encode, u64 } from "@pha/scale";
import { totalWeightOf } from "../authorities.ts";
import type { BabePreDigest } from "./digest.ts";
import type { BabeEpoch } from "./epoch.ts";
import { primaryThreshold } from "./threshold.ts";

export interface SlotDraw {
  readonly slot: bigint;
  /** Epoch of the slot, skipped epochs counted (`epochForSlot`). */
  readonly epoch: BabeEpoch;
  readonly authorityIndex: number;
  /** What the authority's key draws on `slotVrfInput`, 32 bytes. */
  readonly preOutput: Uint8Array;
}

export interface ClaimInput extends Omit<SlotDraw, "preOutput"> {
  /** Draws with the authority's key. */
  readonly drawVrf: (input: BabeVrfInput) => VrfDraw;
}

export interface Claim {
  readonly primary: boolean;
  readonly preDigest: BabePreDigest;
}

/** The authority's right to author in the slot, primary if it won one; `undefined` if it has none. */
export function claimSlot({ slot, epoch, authorityIndex, drawVrf }: ClaimInput): Claim | undefined {
  const drawn = drawVrf(slotVrfInput(epoch, slot));
  const type = claimTypeOf({ slot, epoch, authorityIndex, preOutput: drawn.preOutput });
  if (type === undefined) return undefined;
  return {
    primary: type === "Primary",
    preDigest:
      type === "SecondaryPlain"
        ? { type, value: { authorityIndex, slot } }
        : { type, value: { authorityIndex, slot, vrf: drawn.prove() } },
  };
}

/** What the authority may claim the slot as, before anything is proven; `undefined` if it may not. */
export function claimTypeOf({
  slot,
  epoch,
  authorityIndex,
  preOutput,
}: SlotDraw): BabePreDigest["type"] | undefined {
  const authority = epoch.authorities[authorityIndex];
  assert(authority, "the authority is in the epoch");
  assert(slot >= epoch.startSlot && slot < epoch.startSlot + epoch.duration, "the slot is in it");
  const value = vrfValueOf(authority.key, slotVrfInput(epoch, slot), preOutput);
  if (isBelowThreshold(epoch, authorityIndex, value)) return "Primary";
  const { allowedSlots } = epoch.config;
  if (allowedSlots === 0) return undefined;
  if (secondaryAuthor(epoch.randomness, slot, epoch.authorities.length) !== authorityIndex)
    return undefined;
  return allowedSlots === 1 ? "SecondaryPlain" : "SecondaryVrf";
}

/** Index of the authority whose turn a slot is: big-endian BLAKE2b-256(randomness ‖ slot) modulo the count. */
export function secondaryAuthor(randomness: Uint8Array, slot: bigint, count: number): number {
  assert(count > 0, "an epoch has authorities");
  const digest = blake2b256(concatBytes(randomness, encode(u64, slot)));
  // A byte at a time keeps the remainder below 2^40: exact in doubles.
  let remainder = 0;
  for (const byte of digest) remainder = (remainder * 256 + byte) % count;
  return remainder;
}

/** What an authority draws on in the lottery of a slot. */
export function slotVrfInput(epoch: BabeEpoch, slot: bigint): BabeVrfInput {
  return { randomness: epoch.randomness, slot, epoch: epoch.index };
}

/** Value drawn in the lottery, unsigned 128-bit. */
export function vrfValueOf(key: Uint8Array, input: BabeVrfInput, preOutput: Uint8Array): bigint {
  const drawn = vrfBytesBabe(key, input, preOutput);
  let value = 0n;
  for (let i = drawn.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(drawn[i] ?? 0);
  return value;
}

export function isBelowThreshold(
  { authorities, config }: BabeEpoch,
  authorityIndex: number,
  value: bigint,
): boolean {
  const weight = authorities[authorityIndex]?.weight ?? 0n;
  if (weight === 0n) return false;
  return value < primaryThreshold(config.c, weight, totalWeightOf(authorities));
}
