/** GRANDPA votes and the bytes an authority signs for them. */
import {
  type Codec,
  encode,
  fixedBytes,
  mapCodec,
  struct,
  u8,
  u32,
  u64,
  variant,
  variants,
} from "@pha/scale";
import { BlockRef } from "../block-ref.ts";

/** A proposal is the primary's hint at the start of a round; it has no weight. */
export type VoteKind = "prevote" | "precommit" | "proposal";

const TAGS = { prevote: 0, precommit: 1, proposal: 2 } as const;

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

/** A vote without its kind, which the place it is in tells. */
export interface SignedTarget {
  readonly target: BlockRef;
  /** ed25519, 64 bytes. */
  readonly signature: Uint8Array;
  /** ed25519 public key, 32 bytes. */
  readonly authority: Uint8Array;
}

export const SignedTarget: Codec<SignedTarget> = struct({
  target: BlockRef,
  signature: fixedBytes(64),
  authority: fixedBytes(32),
});

/** A vote as it travels. */
export interface VoteMessage extends VotePosition, SignedTarget {
  readonly kind: VoteKind;
}

const ballot = variants({
  Prevote: variant(0, BlockRef),
  Precommit: variant(1, BlockRef),
  PrimaryPropose: variant(2, BlockRef),
});

const KIND_OF = {
  Prevote: "prevote",
  Precommit: "precommit",
  PrimaryPropose: "proposal",
} as const;

const NAME_OF = {
  prevote: "Prevote",
  precommit: "Precommit",
  proposal: "PrimaryPropose",
} as const;

export const VoteMessage: Codec<VoteMessage> = mapCodec(
  struct({
    round: u64,
    setId: u64,
    ballot,
    signature: fixedBytes(64),
    authority: fixedBytes(32),
  }),
  // Field by field: votes are most of what a validator reads, and rest and spread of objects are slow.
  ({ round, setId, ballot: { type, value }, signature, authority }) => ({
    round,
    setId,
    kind: KIND_OF[type],
    target: value,
    signature,
    authority,
  }),
  ({ round, setId, kind, target, signature, authority }) => ({
    round,
    setId,
    ballot: { type: NAME_OF[kind], value: target },
    signature,
    authority,
  }),
);
