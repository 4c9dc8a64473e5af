/** Declaration of PhaContractState. */
import {
  blake2_128Concat,
  type ContextOf,
  configOf,
  constant,
  definePallet,
  doubleMap,
  error,
  event,
  type HasEnv,
  map,
  twox64Concat,
  value,
} from "@pha/frame";
import {
  AccountId,
  Blob,
  BlockRef,
  Ed25519Key,
  FinalRoot,
  Hash,
  MAX_PANEL,
  MAX_PENDING_COMMITS,
  MAX_REPLICAS,
  Snapshot,
  Sr25519Key,
  StateStep,
} from "@pha/protocol";
import { bool, tuple, u8, u32, u64, vec } from "@pha/scale";
import type { WorkerBonds } from "../phala-computation/index.ts";
import { type MessageQueue, palletOrigin } from "../phala-mq/index.ts";
import type { ClusterDirectory } from "../phala-phat-contracts/index.ts";
import type { WorkerDirectory } from "../phala-registry/index.ts";
import {
  Case,
  CaseKind,
  CastSnapshotVote,
  Content,
  Dissent,
  DuePruning,
  Duty,
  Equivocation,
  EvidenceEntry,
  FinalCommit,
  Progress,
  ShownTrace,
  Split,
  Tag,
  Vote,
} from "./types.ts";

/** What a runtime must supply to include the pallet. */
export interface PhaContractStateConfig {
  readonly queue: MessageQueue;
  readonly workers: WorkerDirectory;
  readonly clusters: ClusterDirectory;
  readonly bonds: WorkerBonds;
  /** One of as many final roots is executed again by a worker that is no replica; 0: none. */
  readonly auditEvery: number;
  /** Hash of a recent block, the parent included. */
  readonly blockHash: (ctx: HasEnv, number: number) => Uint8Array | undefined;
  /** Operators that must keep a blob before what refers to it is final. */
  readonly storageReceipts: number;
}

/** Blocks without a quorum after which a cluster with waiting commands is late. */
export const LATE_BLOCKS = 10;
/** Blocks after which it is halted. */
export const HALTED_BLOCKS = 100;
/** Blocks that a panel has for its verdict: to get keys, restore, execute and vote. */
export const PANEL_BLOCKS = 40;
/** Final commits kept per cluster to judge late votes by. */
export const RECENT_COMMITS = 32;
/** Clusters whose lateness is looked at in one block. */
export const WATCHED_PER_BLOCK = 16;
const MAX_WATCHED = 1024;
/** Blocks for which the chain keeps the steps that a final snapshot holds. */
export const KEPT_BLOCKS = 256;
/** Steps that go in one block. */
export const PRUNED_PER_BLOCK = 16;
export const MAX_PRUNING = 128;

export const StepKey = tuple(Hash, u64);

export const declaration = definePallet("PhaContractState", {
  docs: "Roots of the clusters' encrypted state: votes of their replicas, and what a majority made final.",
  config: configOf<PhaContractStateConfig>(),
  constants: {
    StorageReceipts: constant(
      u8,
      (c: PhaContractStateConfig) => c.storageReceipts,
      "Operators that must keep a blob before what refers to it is final.",
    ),
  },
  storage: {
    Roots: map(blake2_128Concat, Hash, FinalRoot, { docs: "Final root of each cluster." }),
    Steps: map(blake2_128Concat, StepKey, StateStep, {
      docs: "Sealed delta and replies of each final root, by cluster and index; a fresh worker restores the state from them.",
    }),
    FirstSteps: map(blake2_128Concat, Hash, u64, {
      default: 0n,
      docs: "Index of each cluster's oldest step that is kept.",
    }),
    Blobs: map(blake2_128Concat, Hash, Blob, {
      docs: "What the chain refers to and does not hold, by blake2b-256, and who keeps it.",
    }),
    SnapshotSteps: value(u32, {
      default: 0,
      docs: "Steps of a cluster after which its replicas make the next snapshot; 0: none.",
    }),
    SnapshotVotes: map(blake2_128Concat, Hash, vec(CastSnapshotVote, MAX_REPLICAS), {
      default: [],
      docs: "Snapshots that the replicas of a cluster made, no majority the same yet.",
    }),
    PendingSnapshots: map(blake2_128Concat, Hash, Snapshot, {
      docs: "Snapshot of each cluster that a majority made and too few operators keep.",
    }),
    Snapshots: map(blake2_128Concat, Hash, Snapshot, {
      docs: "Newest final snapshot of each cluster.",
    }),
    Pruning: value(vec(DuePruning, MAX_PRUNING), {
      default: [],
      docs: "Steps that final snapshots hold, and the blocks from which on they may go.",
    }),
    Pending: map(blake2_128Concat, Hash, vec(u32, MAX_PENDING_COMMITS), {
      default: [],
      docs: "Blocks of each cluster that have votes and no final root, ascending.",
    }),
    Votes: doubleMap(blake2_128Concat, Hash, twox64Concat, u32, vec(Vote, 64), {
      default: [],
      docs: "Votes on a pending block.",
    }),
    Contents: doubleMap(blake2_128Concat, Hash, blake2_128Concat, Hash, Content, {
      docs: "Sealed deltas and replies of pending commits, by cluster and commit digest.",
    }),
    RecentFinal: map(blake2_128Concat, Hash, vec(FinalCommit, RECENT_COMMITS), {
      default: [],
      docs: "Newest final commits of each cluster.",
    }),
    Progress: map(blake2_128Concat, Hash, Progress, {
      default: { waiting: [], lastFinalAt: 0 },
      docs: "What of each cluster's queue is not final yet.",
    }),
    Watched: value(vec(Hash, MAX_WATCHED), {
      default: [],
      docs: "Clusters with waiting work.",
    }),
    FinalVotes: doubleMap(blake2_128Concat, Hash, twox64Concat, u32, vec(Vote, 64), {
      default: [],
      docs: "Votes that made the newest roots final, and those that agreed later, by cluster and block.",
    }),
    Tags: doubleMap(blake2_128Concat, Hash, blake2_128Concat, Sr25519Key, Tag, {
      docs: "Promise that each worker's newest vote made of its trace, by cluster.",
    }),
    Traces: doubleMap(blake2_128Concat, Hash, twox64Concat, u32, vec(ShownTrace, MAX_REPLICAS), {
      default: [],
      docs: "Traces of the newest final blocks that replicas showed, by cluster and block.",
    }),
    Duties: map(blake2_128Concat, Sr25519Key, Duty, {
      docs: "How each worker takes part in its cluster's votes.",
    }),
    Cases: map(blake2_128Concat, Hash, Case, {
      docs: "Block of each cluster that a panel or an auditor executes again.",
    }),
    CaseList: value(vec(Hash, MAX_WATCHED), {
      default: [],
      docs: "Clusters with a panel or an auditor.",
    }),
    OpensSince: map(blake2_128Concat, Hash, u32, {
      default: 0,
      docs: "Block since which each cluster opens commands under the same keys; older blocks are not executed again.",
    }),
    PanelVotes: map(blake2_128Concat, Hash, vec(Vote, MAX_PANEL), {
      default: [],
      docs: "What the members of each cluster's panel found.",
    }),
    Splits: map(blake2_128Concat, Hash, Split, {
      docs: "Votes of each cluster on whose root its panel did not agree; until governance names one.",
    }),
    EvidenceAt: map(twox64Concat, u32, EvidenceEntry, {
      docs: "What is noted against boots, the newest entries; places are used in turn.",
    }),
    EvidenceNext: value(u32, { default: 0, docs: "Entries of evidence since genesis." }),
    Equivocations: map(blake2_128Concat, Ed25519Key, Equivocation, {
      docs: "Two different votes of one boot for one block; evidence.",
    }),
    Dissents: doubleMap(blake2_128Concat, Hash, blake2_128Concat, Ed25519Key, Dissent, {
      docs: "A boot's vote that the majority contradicts; evidence for a panel.",
    }),
  },
  events: {
    VoteTaken: event(
      0,
      { cluster: Hash, block: u32, root: Hash, boot: Ed25519Key },
      "A replica voted on a root.",
    ),
    RootFinal: event(
      1,
      { cluster: Hash, block: BlockRef, root: Hash, index: u64 },
      "A majority of the assigned replicas agrees on a root, and its delta is on chain.",
    ),
    Equivocated: event(
      2,
      { cluster: Hash, block: u32, boot: Ed25519Key },
      "A boot voted for two roots of one block; its worker is suspended.",
    ),
    Dissented: event(
      3,
      { cluster: Hash, block: u32, boot: Ed25519Key },
      "A boot's vote contradicts the majority; its worker is suspended until it starts anew.",
    ),
    NoMajority: event(
      4,
      { cluster: Hash, block: u32 },
      "No root of the block can reach a majority any more; the cluster is disputed.",
    ),
    RootNamed: event(
      5,
      { cluster: Hash, block: u32 },
      "Governance named a root among those voted.",
    ),
    PanelConvened: event(
      10,
      { cluster: Hash, block: u32, kind: CaseKind, members: u8 },
      "Workers were drawn that execute a block again.",
    ),
    PanelVerdict: event(
      11,
      { cluster: Hash, block: u32, root: Hash, agreed: u8, members: u8 },
      "Two thirds of a panel came to one root; who voted for another is slashed.",
    ),
    PanelSplit: event(
      12,
      { cluster: Hash, block: u32 },
      "A panel came to no verdict: the cluster is halted, nobody is slashed, and what was seen is kept.",
    ),
    PanelLapsed: event(
      13,
      { cluster: Hash, block: u32 },
      "A panel's time is over; of a dispute another one is drawn.",
    ),
    PanelVoided: event(
      14,
      { cluster: Hash, block: u32 },
      "The cluster's keys were named anew, and votes under the former ones are void.",
    ),
    FinalContradicted: event(
      15,
      { cluster: Hash, block: u32 },
      "A panel came to another root than the final one: the cluster is halted.",
    ),
    Audited: event(
      16,
      { cluster: Hash, block: u32, boot: Ed25519Key, agrees: bool },
      "A worker by chance executed a final block again.",
    ),
    NotExecuted: event(
      6,
      { cluster: Hash, block: u32, boot: Ed25519Key },
      "A boot did not show, or showed another, trace of what it voted on; its worker is suspended until it starts anew.",
    ),
    BlobAnnounced: event(
      7,
      { cluster: Hash, digest: Hash, bytes: u32 },
      "The chain refers to a blob that it does not hold.",
    ),
    BlobKept: event(8, { digest: Hash, operator: AccountId }, "An operator keeps a blob."),
    SnapshotFinal: event(
      9,
      { cluster: Hash, block: BlockRef, index: u64, keyVersion: u32 },
      "A majority of the replicas made the same snapshot, and its blobs are kept.",
    ),
  },
  errors: {
    MalformedMessage: error(0, "The message does not decode."),
    OtherNetwork: error(1, "The commit is for another chain."),
    UnknownCluster: error(2, "The cluster does not exist."),
    NotAssigned: error(3, "The worker is no replica of the cluster with this boot."),
    StaleEpoch: error(4, "The cluster's keys have another name now."),
    UnknownBlock: error(5, "The block is not of this chain, or not past."),
    BadPreviousRoot: error(6, "The commit does not follow the final root or a pending one."),
    BadSignature: error(7, "Boot or cluster did not sign the commit."),
    NoSigningKey: error(8, "The replica has not published the cluster's keys yet."),
    BadContent: error(9, "Delta or replies are not those that the commit names."),
    TooManyPending: error(10, "Too many blocks wait for a majority."),
    Superseded: error(11, "A later root is final."),
    TooMuchWaiting: error(12, "The cluster has too many blocks of work to do."),
    UnknownVote: error(13, "Nobody voted for this commit."),
    ContentMissing: error(14, "The delta of the commit is not on chain."),
    UnknownBlob: error(15, "The chain does not refer to the blob."),
    RepeatedReceipt: error(16, "The operator's receipt for the blob is known."),
    UnknownRoot: error(17, "The snapshot is of no root that is final and whose step is kept."),
    NotAsked: error(18, "The panel executes another block, or starts from another root."),
  },
});

export type StateContext = ContextOf<typeof declaration>;

export const SENDER = palletOrigin(declaration.name);
