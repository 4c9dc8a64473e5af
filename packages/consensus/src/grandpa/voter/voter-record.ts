/** What a voter writes to disk before it signs, and starts from after a crash. */
import { type Codec, option, struct, u64, vec } from "@pha/scale";
import { MAX_AUTHORITIES } from "../../authorities.ts";
import { BlockRef } from "../../block-ref.ts";
import { SignedTarget } from "../vote.ts";

/** Most rounds whose own votes are kept: the current one, those in the background, one ahead. */
export const MAX_LIVE_ROUNDS = 8;

/** Own votes of a round: once they are here no others are ever signed for it. */
export interface OwnVotes {
  readonly round: bigint;
  /** Finalized when the round began. */
  readonly base: BlockRef;
  readonly proposal: BlockRef | undefined;
  readonly prevote: BlockRef | undefined;
  readonly precommit: BlockRef | undefined;
}

export const OwnVotes: Codec<OwnVotes> = struct({
  round: u64,
  base: BlockRef,
  proposal: option(BlockRef),
  prevote: option(BlockRef),
  precommit: option(BlockRef),
});

/** The round before the current one: what the current one's votes must respect, and the votes that show it. */
export interface CompletedRound {
  readonly round: bigint;
  readonly base: BlockRef;
  readonly ghost: BlockRef;
  readonly estimate: BlockRef;
  readonly prevotes: readonly SignedTarget[];
  readonly precommits: readonly SignedTarget[];
}

export const CompletedRound: Codec<CompletedRound> = struct({
  round: u64,
  base: BlockRef,
  ghost: BlockRef,
  estimate: BlockRef,
  prevotes: vec(SignedTarget, 2 * MAX_AUTHORITIES),
  precommits: vec(SignedTarget, 2 * MAX_AUTHORITIES),
});

export interface VoterRecord {
  readonly setId: bigint;
  /** The current one; starts at 1 in each set. */
  readonly round: bigint;
  /** Ascending by round; of live rounds only. */
  readonly own: readonly OwnVotes[];
  /** `undefined` in round 1. */
  readonly previous: CompletedRound | undefined;
}

export const VoterRecord: Codec<VoterRecord> = struct({
  setId: u64,
  round: u64,
  own: vec(OwnVotes, MAX_LIVE_ROUNDS),
  previous: option(CompletedRound),
});
