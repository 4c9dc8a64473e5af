/** Records of votes on cluster roots. */
import {
  BlockRef,
  Commit,
  Ed25519Key,
  Hash,
  MAX_PANEL,
  Replies,
  Signature,
  Snapshot,
  Sr25519Key,
  StepDelta,
} from "@pha/protocol";
import {
  type CodecType,
  option,
  struct,
  u8,
  u32,
  u64,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";

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

/** Sealed delta and replies of a commit, each or its blob's name, from the first replica that carried them. */
export const Content = struct(
  { delta: StepDelta, replies: Replies },
  { path: ["pha_runtime", "pha_contract_state", "Content"] },
);
export type Content = CodecType<typeof Content>;

/** Promise of a trace that a worker's newest vote made. */
export const Tag = struct(
  {
    boot: Ed25519Key,
    block: BlockRef,
    tag: Hash,
    /** Votes in a row whose traces it did not show. */
    unrevealed: u8,
  },
  { path: ["pha_runtime", "pha_contract_state", "Tag"] },
);

/** A trace of a final block that a replica showed. */
export const ShownTrace = struct(
  { identity: Sr25519Key, boot: Ed25519Key, trace: Hash },
  { path: ["pha_runtime", "pha_contract_state", "ShownTrace"] },
);

/** How a replica takes part in its cluster's votes. */
export const Duty = struct(
  {
    cluster: Hash,
    /** Index of the first final root that is counted. */
    from: u64,
    /** Votes that final roots agreed with. */
    votes: u64,
  },
  { path: ["pha_runtime", "pha_contract_state", "Duty"] },
);

/** What a panel judges. */
export const CaseKind = variants(
  {
    /** No root of the block can have a majority. */
    Dispute: variant(0, unit),
    /** A vote contradicts a final root. */
    Dissent: variant(1, unit),
    /** Nobody contradicts: one worker looks, by chance. */
    Audit: variant(2, unit),
  },
  { path: ["pha_runtime", "pha_contract_state", "CaseKind"] },
);

/** A block that is executed again, and the votes that are judged by it. */
export const Case = struct(
  {
    kind: CaseKind,
    cluster: Hash,
    block: u32,
    /** Root that the panel starts from. */
    previousRoot: Hash,
    /** Digest of the final commit, when there is one. */
    final: option(Hash),
    votes: vec(Vote, 64),
    /** Block in which the panel was drawn. */
    since: u32,
  },
  { path: ["pha_runtime", "pha_contract_state", "Case"] },
);
export type Case = CodecType<typeof Case>;

/** A panel that came to no verdict: everything it saw, for whoever looks for the cause. */
export const Split = struct(
  { block: u32, votes: vec(Vote, 64), panel: vec(Vote, MAX_PANEL) },
  { path: ["pha_runtime", "pha_contract_state", "Split"] },
);

/** What is noted against a boot. */
export const EvidenceKind = variants(
  {
    /** Two votes, see `Equivocations`. */
    Equivocation: variant(0, unit),
    /** A vote that the majority contradicts, see `Dissents`. */
    Dissent: variant(1, unit),
    /** Its promise of a trace was not kept. */
    NotExecuted: variant(2, unit),
    /** A panel found its vote wrong. */
    Judged: variant(3, unit),
    /** As auditor it came to another root than the final one. */
    AuditDiffers: variant(4, unit),
  },
  { path: ["pha_runtime", "pha_contract_state", "EvidenceKind"] },
);
export const EvidenceEntry = struct(
  { kind: EvidenceKind, cluster: Hash, boot: Ed25519Key, block: u32 },
  { path: ["pha_runtime", "pha_contract_state", "EvidenceEntry"] },
);
export type EvidenceEntry = CodecType<typeof EvidenceEntry>;

/** A final commit, remembered so that late votes can be judged. */
export const FinalCommit = struct(
  { block: u32, digest: Hash },
  { path: ["pha_runtime", "pha_contract_state", "FinalCommit"] },
);

export const CastSnapshotVote = struct(
  { boot: Ed25519Key, snapshot: Snapshot },
  { path: ["pha_runtime", "pha_contract_state", "CastSnapshotVote"] },
);

/** Steps of a cluster up to and with one, and the block from which on they may go. */
export const DuePruning = struct(
  { cluster: Hash, until: u64, from: u32 },
  { path: ["pha_runtime", "pha_contract_state", "DuePruning"] },
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
