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

export interface ClaimInput {
  readonly slot: bigint;
  /** Epoch of the slot, skipped epochs counted (`epochForSlot`). */
  readonly epoch: BabeEpoch;
  readonly authorityIndex: number;
  /** Draws with the authority's key. */
  readonly drawVrf: (input: BabeVrfInput) => VrfDraw;
}

export interface Claim {
  readonly primary: boolean;
  readonly preDigest: BabePreDigest;
}

/** The authority's right to author in the slot, primary if it won one; `undefined` if it has none. */
export function claimSlot({ slot, epoch, authorityIndex, drawVrf }: ClaimInput): Claim | undefined {
  const authority = epoch.authorities[authorityIndex];
  assert(authority, "the authority is in the epoch");
  assert(slot >= epoch.startSlot && slot < epoch.startSlot + epoch.duration, "the slot is in it");
  const input = vrfInputOf(epoch, slot);
  const drawn = drawVrf(input);
  if (isBelowThreshold(epoch, authorityIndex, vrfValueOf(authority.key, input, drawn.preOutput)))
    return {
      primary: true,
      preDigest: { type: "Primary", value: { authorityIndex, slot, vrf: drawn.prove() } },
    };
  const { allowedSlots } = epoch.config;
  if (allowedSlots === 0) return undefined;
  if (secondaryAuthor(epoch.randomness, slot, epoch.authorities.length) !== authorityIndex)
    return undefined;
  return {
    primary: false,
    preDigest:
      allowedSlots === 1
        ? { type: "SecondaryPlain", value: { authorityIndex, slot } }
        : { type: "SecondaryVrf", value: { authorityIndex, slot, vrf: drawn.prove() } },
  };
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

export function vrfInputOf(epoch: BabeEpoch, slot: bigint): BabeVrfInput {
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
