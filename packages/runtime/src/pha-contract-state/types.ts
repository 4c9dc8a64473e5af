/** Records of votes on cluster roots. */
import { Commit, Hash, Replies, Signature, Sr25519Key } from "@pha/protocol";
import { boundedBytes, type CodecType, struct, u32, vec } from "@pha/scale";

/** Blocks with queued work that a cluster's final root does not cover yet. */
export const MAX_WAITING_BLOCKS = 128;

/** A commit as its replica signed it; the key says under which its second signature was verified. */
export const Vote = struct(
  {
    identity: Sr25519Key,
    commit: Commit,
    digest: Hash,
    bootSignature: Signature,
    clusterSignature: Signature,
    signingKey: Sr25519Key,
  },
  { path: ["pha_runtime", "pha_contract_state", "Vote"] },
);
export type Vote = CodecType<typeof Vote>;

/** Longest sealed delta in bytes. */
const MAX_SEALED_DELTA = 262144 + 16;

/** Sealed delta and replies of a commit, from the first replica that carried them. */
export const Content = struct(
  { delta: boundedBytes(MAX_SEALED_DELTA), replies: Replies },
  { path: ["pha_runtime", "pha_contract_state", "Content"] },
);

/** A final commit, remembered so that late votes can be judged. */
export const FinalCommit = struct(
  { block: u32, digest: Hash },
  { path: ["pha_runtime", "pha_contract_state", "FinalCommit"] },
);

/** What of a cluster's queue is not final yet. */
export const Progress = struct(
  {
    /** Ascending. */
    waiting: vec(u32, MAX_WAITING_BLOCKS),
    /** Block in which the last root became final. */
    lastFinalAt: u32,
  },
  { path: ["pha_runtime", "pha_contract_state", "Progress"] },
);
export type Progress = CodecType<typeof Progress>;

/** Two votes of one boot for one block. */
export const Equivocation = struct(
  { first: Vote, second: Vote },
  { path: ["pha_runtime", "pha_contract_state", "Equivocation"] },
);

/** A vote that the majority contradicts. */
export const Dissent = struct(
  { vote: Vote, finalBlock: u32, finalDigest: Hash },
  { path: ["pha_runtime", "pha_contract_state", "Dissent"] },
);
