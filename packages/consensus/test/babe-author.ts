/** Builder of BABE epochs and sealed headers for tests. */
import {
  blake2b256,
  type Sr25519Pair,
  sr25519FromSeed,
  sr25519Sign,
  vrfDrawBabe,
} from "@pha/crypto";
import {
  type BabeEpoch,
  type BabePreDigest,
  babePreDigestItem,
  babeSealItem,
  type Claim,
  claimSlot,
  type DigestItem,
  type Header,
  sealPayload,
} from "../src/index.ts";
import { aHeader, bytesOf } from "./chain-builder.ts";

export function aPair(id: number): Sr25519Pair {
  return sr25519FromSeed(blake2b256(Uint8Array.of(id)));
}

export const pairs: readonly Sr25519Pair[] = [aPair(1), aPair(2), aPair(3)];

export function anEpoch(overrides: Partial<BabeEpoch> = {}): BabeEpoch {
  return {
    index: 3n,
    startSlot: 1000n,
    duration: 100n,
    authorities: pairs.map(({ publicKey }) => ({ key: publicKey, weight: 1n })),
    randomness: bytesOf(6),
    config: { c: [1n, 4n], allowedSlots: 2 },
    ...overrides,
  };
}

export function pairAt(index: number): Sr25519Pair {
  const pair = pairs[index];
  if (pair === undefined) throw new Error(`no pair ${index}`);
  return pair;
}

export function claimOf(epoch: BabeEpoch, slot: bigint, authorityIndex: number): Claim | undefined {
  const pair = pairAt(authorityIndex);
  return claimSlot({
    slot,
    epoch,
    authorityIndex,
    drawVrf: (input) => vrfDrawBabe(pair, input),
  });
}

export function sealed(
  preDigest: BabePreDigest,
  { items = [], pair = pairAt(preDigest.value.authorityIndex) }: SealOptions = {},
): Header {
  const header = aHeader({ number: 9, digest: [babePreDigestItem(preDigest), ...items] });
  const seal = babeSealItem(sr25519Sign(pair, sealPayload(header)));
  return { ...header, digest: [...header.digest, seal] };
}

export interface SealOptions {
  readonly items?: readonly DigestItem[];
  readonly pair?: Sr25519Pair;
}
