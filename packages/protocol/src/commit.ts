/** Commits: a replica's vote on a cluster's new root at one block (protocol §6). */
import { blake2b256, ed25519Verify, sr25519Verify } from "@pha/crypto";
import {
  boundedBytes,
  type CodecType,
  concatBytes,
  encode,
  option,
  struct,
  u32,
  u64,
  variant,
  variants,
} from "@pha/scale";
import { BlobRef } from "./cid.ts";
import { Replies } from "./command.ts";
import { DOMAIN } from "./domain.ts";
import { BlockRef, Ed25519Key, Hash, Signature } from "./ids.ts";

/** Longest sealed delta that the chain carries, 64 KiB of content; a larger one is a blob. */
export const MAX_ON_CHAIN_DELTA_BYTES = (64 << 10) + 16;

/** Where a sealed delta is. */
export const StepDelta = variants(
  { OnChain: variant(0, boundedBytes(MAX_ON_CHAIN_DELTA_BYTES)), Blob: variant(1, BlobRef) },
  { path: ["pha_protocol", "commit", "StepDelta"] },
);
export type StepDelta = CodecType<typeof StepDelta>;

export const Commit = struct(
  {
    genesisHash: Hash,
    cluster: Hash,
    generation: u64,
    epoch: u64,
    /** Block whose commands were executed. */
    block: BlockRef,
    previousRoot: Hash,
    newRoot: Hash,
    /** blake2b-256 of the sealed delta. */
    deltaHash: Hash,
    repliesRoot: Hash,
    /** `executionTag` of this execution: a promise of its trace. */
    executionTag: Hash,
    /** Trace of the block that this boot voted on before; absent in its first commit. */
    revealed: option(
      struct({ block: u32, trace: Hash }, { path: ["pha_protocol", "commit", "RevealedTrace"] }),
    ),
    boot: Ed25519Key,
  },
  { path: ["pha_protocol", "commit", "Commit"] },
);
export type Commit = CodecType<typeof Commit>;

/** Payload of topic `^pha/contract/commit`. */
export const SignedCommit = struct(
  {
    commit: Commit,
    bootSignature: Signature,
    /** sr25519 by the cluster's signing key: shows that the voter holds the cluster key. */
    clusterSignature: Signature,
    /** Sealed delta and replies, each or the name of its blob; sent by the replica whose turn it is. */
    content: option(
      struct(
        { delta: StepDelta, replies: Replies },
        { path: ["pha_protocol", "commit", "CommitContent"] },
      ),
    ),
  },
  { path: ["pha_protocol", "commit", "SignedCommit"] },
);
export type SignedCommit = CodecType<typeof SignedCommit>;

/** What two replicas must agree on: everything but who votes, and how it shows that it executed. */
export function commitDigest(commit: Commit): Uint8Array {
  const common = { ...commit, executionTag: ZERO, revealed: undefined, boot: ZERO };
  return blake2b256(encode(Commit, common));
}

/** Hides the trace of an execution and binds a boot to it, until its next commit shows it. */
export function executionTag(
  boot: Uint8Array,
  blockHash: Uint8Array,
  trace: Uint8Array,
): Uint8Array {
  return blake2b256(concatBytes(DOMAIN.executionTag, boot, blockHash, trace));
}

const ZERO = new Uint8Array(32);

export function commitPayload(commit: Commit): Uint8Array {
  return concatBytes(DOMAIN.commit, encode(Commit, commit));
}

export function verifyCommit(signed: SignedCommit, clusterSigningKey: Uint8Array): boolean {
  const payload = commitPayload(signed.commit);
  return (
    ed25519Verify(signed.commit.boot, payload, signed.bootSignature) &&
    sr25519Verify(clusterSigningKey, payload, signed.clusterSignature)
  );
}

/** Turn of the replica that carries the delta: rotates with the block number. */
export function carrierIndex(blockNumber: number, replicas: number): number {
  return blockNumber % replicas;
}

/** At most this many commits of a cluster wait for quorum. */
export const MAX_PENDING_COMMITS = 8;

/** Final root of a cluster, storage `PhaContractState.Roots`. */
export const FinalRoot = struct(
  { block: BlockRef, root: Hash, index: u64 },
  { path: ["pha_protocol", "commit", "FinalRoot"] },
);
export type FinalRoot = CodecType<typeof FinalRoot>;

/**
 * One step of a cluster's history, storage `PhaContractState.Steps[(cluster, index)]`: enough to restore the state, from a
 * snapshot or from the first on.
 */
export const StateStep = struct(
  {
    block: BlockRef,
    generation: u64,
    epoch: u64,
    /** Version of the state key that the delta is sealed under. */
    keyVersion: u32,
    previousRoot: Hash,
    newRoot: Hash,
    delta: StepDelta,
    replies: Replies,
  },
  { path: ["pha_protocol", "commit", "StateStep"] },
);
export type StateStep = CodecType<typeof StateStep>;
