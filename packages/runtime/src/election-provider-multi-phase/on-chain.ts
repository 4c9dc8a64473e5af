/**
 * The election on chain: sequential Phragmén over a snapshot of votes.
 *
 * **Bounds**: `MAX_ON_CHAIN_VOTERS` voters, each with at most 16 targets; once per era, in the block that plans it.
 * **Trust**: votes are of the chain's own state.
 * **Not here**: who may vote and stand (Staking).
 */
import { fromHex } from "@pha/scale";
import {
  normalizedStakes,
  type Support,
  sequentialPhragmen,
  supportsOf,
  toStaked,
  U64_MAX,
} from "../npos-elections/index.ts";
import type { Elected, StakeSnapshot } from "../staking/index.ts";

export const MAX_ON_CHAIN_VOTERS = 1_000;
const BALANCING = { iterations: 4, tolerance: 0n };

/** Plancks of one vote: votes are u64, so that squares of sums of them fit u128. */
export function plancksPerVote(issuance: bigint): bigint {
  const factor = issuance / U64_MAX;
  return factor > 0n ? factor + 1n : 1n;
}

/** Winners in the order in which they were elected, each with stake behind it. */
export function electOnChain(
  { targets, voters }: StakeSnapshot,
  seats: number,
  issuance: bigint,
): readonly Elected[] {
  const factor = plancksPerVote(issuance);
  const { winners, assignments } = sequentialPhragmen(
    seats,
    targets,
    voters.map((voter) => ({ ...voter, stake: voter.stake / factor })),
    BALANCING,
  );
  const stakes = new Map(voters.map(({ who, stake }) => [who, stake]));
  const staked = assignments.map((assignment) => {
    const stake = stakes.get(assignment.who) ?? 0n;
    return normalizedStakes(toStaked(assignment, stake), stake);
  });
  const supports: ReadonlyMap<string, Support<string>> = supportsOf(staked);
  return winners.flatMap(({ who }): Elected[] => {
    const support = supports.get(who);
    return support && support.total > 0n ? [[fromHex(who), support]] : [];
  });
}
