/** The voters of a GRANDPA set and the weight that decides. */
import { type Codec, struct, u64 } from "@pha/scale";
import { Authorities, type Authority } from "../authorities.ts";
import { bytesKey } from "../block-ref.ts";

export interface AuthoritySet {
  /** Number of set changes since genesis. */
  readonly setId: bigint;
  readonly authorities: readonly Authority[];
}

export const AuthoritySet: Codec<AuthoritySet> = struct({ setId: u64, authorities: Authorities });

/** Weights by key; a key listed twice has the sum, a key of weight 0 has no vote. */
export interface VoterWeights {
  readonly byKey: ReadonlyMap<string, bigint>;
  readonly total: bigint;
  readonly threshold: bigint;
}

export function voterWeightsOf(set: AuthoritySet): VoterWeights {
  const byKey = new Map<string, bigint>();
  let total = 0n;
  for (const { key, weight } of set.authorities) {
    if (weight === 0n) continue;
    const id = bytesKey(key);
    byKey.set(id, (byKey.get(id) ?? 0n) + weight);
    total += weight;
  }
  return { byKey, total, threshold: supermajorityOf(total) };
}

/** Least weight that more than two thirds must reach: `n − ⌊(n − 1) / 3⌋`. */
export function supermajorityOf(totalWeight: bigint): bigint {
  return totalWeight - (totalWeight - 1n) / 3n;
}
