/** Who votes and who stands for election. */
import type { AccountId, HasEnv } from "@pha/frame";
import { toHex } from "@pha/scale";
import { stakingOf } from "./declaration.ts";

export interface StakeVoter {
  /** Hex of the account. */
  readonly who: string;
  /** Plancks. */
  readonly stake: bigint;
  /** Hex of accounts. */
  readonly targets: readonly string[];
}

export interface StakeSnapshot {
  /** Hex of the accounts that want to validate. */
  readonly targets: readonly string[];
  /** Validators, each for itself, then nominators. */
  readonly voters: readonly StakeVoter[];
}

/**
 * The state of votes, in the order of storage keys. Its size is bounded by `MaxValidatorsCount` and
 * `MaxNominatorsCount`; beyond `maxVoters` those with the least stake are left out.
 */
export function stakeSnapshot(ctx: HasEnv, maxVoters: number): StakeSnapshot {
  const { storage } = stakingOf(ctx);
  const stakeOf = (who: AccountId): bigint => storage.Ledger.get(who)?.active ?? 0n;
  const targets: string[] = [];
  const voters: StakeVoter[] = [];
  for (const validator of storage.Validators.keys()) {
    const who = toHex(validator);
    const stake = stakeOf(validator);
    targets.push(who);
    if (stake > 0n) voters.push({ who, stake, targets: [who] });
  }
  for (const [nominator, nominations] of storage.Nominators.entries()) {
    const stake = stakeOf(nominator);
    if (stake > 0n)
      voters.push({ who: toHex(nominator), stake, targets: nominations.targets.map(toHex) });
  }
  if (voters.length <= maxVoters) return { targets, voters };
  const byStake = [...voters].sort((a, b) => (a.stake > b.stake ? -1 : a.stake < b.stake ? 1 : 0));
  const kept = new Set(byStake.slice(0, maxVoters));
  return { targets, voters: voters.filter((voter) => kept.has(voter)) };
}

/** Whether an account stands for election. */
export function isCandidate(ctx: HasEnv, who: AccountId): boolean {
  return stakingOf(ctx).storage.Validators.has(who);
}
