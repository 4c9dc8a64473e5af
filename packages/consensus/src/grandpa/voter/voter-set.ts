/** The voters of a set, numbered. */
import { assert } from "@pha/scale";
import { bytesKey } from "../../block-ref.ts";
import { type AuthoritySet, supermajorityOf } from "../authority-set.ts";

export interface SetVoter {
  /** ed25519 public key, 32 bytes. */
  readonly key: Uint8Array;
  readonly weight: bigint;
}

export interface VoterSet {
  readonly set: AuthoritySet;
  /** Each key once, in the order of the set; keys of weight 0 are no voters. */
  readonly voters: readonly SetVoter[];
  readonly total: bigint;
  readonly threshold: bigint;
  readonly indexOf: (key: Uint8Array) => number | undefined;
  /** Proposes in a round. */
  readonly primaryOf: (round: bigint) => number;
}

/** @param threshold least weight that decides, of the total */
export function voterSetOf(
  set: AuthoritySet,
  threshold: (total: bigint) => bigint = supermajorityOf,
): VoterSet {
  const indexes = new Map<string, number>();
  const voters: { key: Uint8Array; weight: bigint }[] = [];
  let total = 0n;
  for (const { key, weight } of set.authorities) {
    if (weight === 0n) continue;
    total += weight;
    const known = voters[indexes.get(bytesKey(key)) ?? -1];
    if (known) known.weight += weight;
    else {
      indexes.set(bytesKey(key), voters.length);
      voters.push({ key, weight });
    }
  }
  return {
    set,
    voters,
    total,
    threshold: total === 0n ? 1n : threshold(total),
    indexOf: (key) => indexes.get(bytesKey(key)),
    primaryOf: (round) => {
      assert(voters.length > 0, "a set without voters has no rounds");
      return Number(round % BigInt(voters.length));
    },
  };
}
