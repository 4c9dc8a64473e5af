/**
 * Two votes of one voter in one round: the proof, and when it holds.
 *
 * **Trust**: proofs come from anybody.
 */
import { verifyEquivocation } from "@pha/consensus";
import { h256 } from "@pha/frame";
import {
  type Codec,
  type EnumOf,
  fixedBytes,
  struct,
  tuple,
  u32,
  u64,
  variant,
  variants,
} from "@pha/scale";

const Vote = struct(
  { targetHash: h256, targetNumber: u32 },
  { path: ["finality_grandpa", "Vote"] },
);
const Votes = struct(
  {
    roundNumber: u64,
    identity: fixedBytes(32),
    first: tuple(Vote, fixedBytes(64)),
    second: tuple(Vote, fixedBytes(64)),
  },
  { path: ["finality_grandpa", "Equivocation"] },
);
const cases = { Prevote: variant(0, Votes), Precommit: variant(1, Votes) };
type CastVotes = EnumOf<typeof cases>;
const CastVotes: Codec<CastVotes> = variants(cases, {
  path: ["sp_consensus_grandpa", "Equivocation"],
});

export interface GrandpaEquivocationProof {
  readonly setId: bigint;
  readonly equivocation: CastVotes;
}
export const GrandpaEquivocationProof: Codec<GrandpaEquivocationProof> = struct(
  { setId: u64, equivocation: CastVotes },
  { path: ["sp_consensus_grandpa", "EquivocationProof"] },
);

const KINDS = { Prevote: "prevote", Precommit: "precommit" } as const;

/** Whether both votes were signed by the voter in that round and set, for different blocks. */
export function isGrandpaEquivocation({ setId, equivocation }: GrandpaEquivocationProof): boolean {
  const { roundNumber, identity, first, second } = equivocation.value;
  const ballot = ([vote, signature]: typeof first) => ({
    target: { hash: vote.targetHash, number: vote.targetNumber },
    signature,
  });
  return verifyEquivocation({
    setId,
    round: roundNumber,
    kind: KINDS[equivocation.type],
    authority: identity,
    first: ballot(first),
    second: ballot(second),
  }).ok;
}
