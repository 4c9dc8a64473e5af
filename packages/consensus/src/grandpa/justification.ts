/** GRANDPA justifications (stored with blocks, served to light clients) and commits (gossiped): encodings only. */
import { bytes, type Codec, fixedBytes, struct, u64, vec } from "@pha/scale";
import { MAX_AUTHORITIES } from "../authorities.ts";
import { BlockRef } from "../block-ref.ts";
import { Header } from "../header.ts";

/** Longest chain of headers between a target and the blocks voted for. */
export const MAX_VOTE_ANCESTRIES = 4096;

export interface SignedPrecommit {
  readonly target: BlockRef;
  /** ed25519, 64 bytes. */
  readonly signature: Uint8Array;
  /** ed25519 public key, 32 bytes. */
  readonly authority: Uint8Array;
}

export interface Justification {
  readonly round: bigint;
  readonly target: BlockRef;
  readonly precommits: readonly SignedPrecommit[];
  /** Headers on the ways from the precommits' targets down to `target`, which is not among them. */
  readonly votesAncestries: readonly Header[];
}

export const Justification: Codec<Justification> = struct({
  round: u64,
  target: BlockRef,
  precommits: vec(
    struct({ target: BlockRef, signature: fixedBytes(64), authority: fixedBytes(32) }),
    MAX_AUTHORITIES,
  ),
  votesAncestries: vec(Header, MAX_VOTE_ANCESTRIES),
});

export interface VoteSignature {
  /** ed25519, 64 bytes. */
  readonly signature: Uint8Array;
  /** ed25519 public key, 32 bytes. */
  readonly authority: Uint8Array;
}

/** Commit as gossiped: signatures apart from the votes, same order and length. */
export interface Commit {
  readonly round: bigint;
  readonly setId: bigint;
  readonly target: BlockRef;
  readonly precommits: readonly BlockRef[];
  readonly signatures: readonly VoteSignature[];
}

export const Commit: Codec<Commit> = struct({
  round: u64,
  setId: u64,
  target: BlockRef,
  precommits: vec(BlockRef, MAX_AUTHORITIES),
  signatures: vec(
    struct({ signature: fixedBytes(64), authority: fixedBytes(32) }),
    MAX_AUTHORITIES,
  ),
});

/** Answer of `grandpa_proveFinality`: the justification that finalizes a block, itself later. */
export interface FinalityProof {
  /** Block the justification is for: the last of its set, or the newest finalized. */
  readonly block: Uint8Array;
  /** Encoded `Justification`. */
  readonly justification: Uint8Array;
  /** Headers between the block asked for and `block`, that included. */
  readonly unknownHeaders: readonly Header[];
}

export const FinalityProof: Codec<FinalityProof> = struct({
  block: fixedBytes(32),
  justification: bytes,
  unknownHeaders: vec(Header, MAX_VOTE_ANCESTRIES),
});
