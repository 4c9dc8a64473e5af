/** What a GRANDPA voter knows, and what of it survives a crash. */
import { type Codec, equalBytes, fail, ok, option, type Result, struct, u64 } from "@pha/scale";
import { Authorities, type Authority } from "../../authorities.ts";
import { BlockRef } from "../../block-ref.ts";
import { type AuthoritySet, voterWeightsOf } from "../authority-set.ts";

/** Block to vote for: the best one, or the first above the finalized one that changes the set. */
export interface VoteTarget {
  readonly block: BlockRef;
  /** Next authorities, when the block schedules a change (delay 0). */
  readonly change: readonly Authority[] | undefined;
}

export const VoteTarget: Codec<VoteTarget> = struct({
  block: BlockRef,
  change: option(Authorities),
});

/** Own votes of a round, written to disk before they are signed. */
export interface VoterRecord {
  readonly setId: bigint;
  readonly round: bigint;
  readonly prevote: VoteTarget | undefined;
  readonly precommit: VoteTarget | undefined;
}

export const VoterRecord: Codec<VoterRecord> = struct({
  setId: u64,
  round: u64,
  prevote: option(VoteTarget),
  precommit: option(VoteTarget),
});

export interface VoterState {
  readonly set: AuthoritySet;
  /** Own ed25519 public key; `undefined` follows without voting. */
  readonly own: Uint8Array | undefined;
  readonly finalized: BlockRef;
  /** Starts at 1 in each set. */
  readonly round: bigint;
  readonly prevote: VoteTarget | undefined;
  readonly precommit: VoteTarget | undefined;
}

export type VoterStartError =
  /** The votes are of a later set than the database: starting would vote twice. */
  { readonly code: "voter/record-ahead"; readonly recordSetId: bigint; readonly setId: bigint };

export interface VoterStart {
  readonly set: AuthoritySet;
  readonly own: Uint8Array | undefined;
  readonly finalized: BlockRef;
  /** Last one persisted; its blocks must be in the database. */
  readonly record: VoterRecord | undefined;
}

/**
 * State after a start: votes of an unfinished round are taken up again, for the same blocks.
 *
 * Send a `timer` input next: it asks for the signature that was outstanding.
 */
export function startVoter({
  set,
  own,
  finalized,
  record,
}: VoterStart): Result<VoterState, VoterStartError> {
  const fresh = { set, own, finalized, round: 1n, prevote: undefined, precommit: undefined };
  if (record === undefined || record.setId < set.setId) return ok(fresh);
  if (record.setId > set.setId)
    return fail({ code: "voter/record-ahead", recordSetId: record.setId, setId: set.setId });
  const { round, prevote, precommit } = record;
  const voted = precommit ?? prevote;
  if (voted === undefined) return ok({ ...fresh, round });
  if (voted.block.number <= finalized.number) return ok({ ...fresh, round: round + 1n });
  return ok({ ...fresh, round, prevote, precommit });
}

export function recordOf({ set, round, prevote, precommit }: VoterState): VoterRecord {
  return { setId: set.setId, round, prevote, precommit };
}

/** Whether the own weight is a supermajority by itself, which is when this voter acts. */
export function decidesAlone({ set, own }: VoterState): boolean {
  if (own === undefined) return false;
  const { total, threshold } = voterWeightsOf(set);
  let weight = 0n;
  for (const authority of set.authorities)
    if (equalBytes(authority.key, own)) weight += authority.weight;
  return total > 0n && weight >= threshold;
}
