/** GRANDPA votes and the bytes an authority signs for them. */
import { type Codec, encode, fixedBytes, struct, u8, u32, u64 } from "@pha/scale";
import type { BlockRef } from "../block-ref.ts";

export type VoteKind = "prevote" | "precommit";

const TAGS = { prevote: 0, precommit: 1 } as const;

const payload: Codec<{
  readonly tag: number;
  readonly hash: Uint8Array;
  readonly number: number;
  readonly round: bigint;
  readonly setId: bigint;
}> = struct({ tag: u8, hash: fixedBytes(32), number: u32, round: u64, setId: u64 });

/** Round and set a vote belongs to. */
export interface VotePosition {
  readonly round: bigint;
  readonly setId: bigint;
}

export function signedVotePayload(
  kind: VoteKind,
  { hash, number, round, setId }: BlockRef & VotePosition,
): Uint8Array {
  return encode(payload, { tag: TAGS[kind], hash, number, round, setId });
}

/** 53 bytes: tag 1, target hash, target number u32, round u64, set id u64. */
export function signedPrecommitPayload(vote: BlockRef & VotePosition): Uint8Array {
  return signedVotePayload("precommit", vote);
}
