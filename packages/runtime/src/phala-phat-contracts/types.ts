/** Records beside the protocol's own, and what other pallets and this one say to each other. */
import type { HasEnv } from "@pha/frame";
import type { Cluster, ClusterStatus, EpochName, KeyRequest, Panel } from "@pha/protocol";
import { Ed25519Key, Hash, Sr25519Key, X25519Key } from "@pha/protocol";
import {
  bool,
  type CodecType,
  option,
  type Result,
  struct,
  tuple,
  u8,
  u32,
  u64,
  unit,
  variant,
  variants,
} from "@pha/scale";

/** What a replica published for one contract, or for the cluster itself. */
export const KeyVote = struct(
  {
    identity: Sr25519Key,
    boot: Ed25519Key,
    generation: u64,
    epoch: u64,
    /** Sealing key of the contract; of the cluster itself its signing key. */
    key: X25519Key,
    /** Of the cluster itself: blake2b-256 of the wrapped state key; zero for contracts. */
    wrapHash: Hash,
  },
  { path: ["pha_runtime", "phala_phat_contracts", "KeyVote"] },
);
export type KeyVote = CodecType<typeof KeyVote>;

/** A name that a cluster's keys had, under which commands may wait. */
export const Former = struct(
  {
    cluster: Hash,
    generation: u64,
    epoch: u64,
    /** Last block in which commands sealed to it are accepted; absent before the present keys are agreed. */
    until: option(u32),
    /** How many commands were queued by then. */
    last: option(u64),
  },
  { path: ["pha_runtime", "phala_phat_contracts", "Former"] },
);

/** A cluster whose state key's generation no longer waits for its replicas. */
export const GivenUp = struct(
  {
    /** Generation under whose root the state key is wrapped. */
    generation: u64,
    block: u32,
  },
  { path: ["pha_runtime", "phala_phat_contracts", "GivenUp"] },
);

/** Commands of a cluster since its creation. */
export const CommandCounts = struct(
  {
    queued: u64,
    /** Of these, the replies to so many are final. */
    final: u64,
  },
  { path: ["pha_runtime", "phala_phat_contracts", "CommandCounts"] },
);
export const NO_COMMANDS: CodecType<typeof CommandCounts> = { queued: 0n, final: 0n };

/** A worker that waits for a seat. */
export const Candidate = struct(
  {
    identity: Sr25519Key,
    /** By what its place is drawn: the platform's id, or the identity where evidence names no machine. */
    platform: Hash,
    /** Block since which it waits. */
    since: u32,
    /** Epoch of BABE in which it began to wait. */
    epoch: u64,
  },
  { path: ["pha_runtime", "phala_phat_contracts", "Candidate"] },
);
export type Candidate = CodecType<typeof Candidate>;

/** Why a replica lost its seat. */
export const RemovalReason = variants(
  {
    /** Its operator took it out of service. */
    Drained: variant(0, unit),
    /** Its lease had been over for long. */
    Absent: variant(1, unit),
    /** The cluster was late, and it had not voted. */
    Silent: variant(2, unit),
    /** Its platform runs another worker. */
    Moved: variant(3, unit),
    /** The cluster wants fewer replicas. */
    Shrunk: variant(4, unit),
    /** It was suspended for what a new boot does not mend, or its platform was denied. */
    Suspended: variant(5, unit),
  },
  { path: ["pha_runtime", "phala_phat_contracts", "RemovalReason"] },
);
export type RemovalReason = CodecType<typeof RemovalReason>;

export const Rotation = struct(
  {
    /** Block from which on the newest version is to be followed by another. */
    due: u32,
    /** A cause came up while the former version was still needed. */
    wanted: bool,
  },
  { path: ["pha_runtime", "phala_phat_contracts", "Rotation"] },
);

/** Part of the commands of one block; each joins one of sixteen, so that a full block's commands copy little. */
export const ExpiryBucket = tuple(u32, u8);

/** Why an artefact is refused; the codes are those of the contract kit. */
export interface ArtefactError {
  readonly code: string;
}
/** Pure: the same bytes give the same verdict on every node. */
export type ValidateArtefact = (artefact: Uint8Array) => Result<ValidArtefact, ArtefactError>;

export interface ValidArtefact {
  /** Key that the manifest declares for audits, if any. */
  readonly auditKey: Uint8Array | undefined;
}

/** What a replica sealed for the auditor of its cluster. */
export const AuditVote = struct(
  { identity: Sr25519Key, boot: Ed25519Key, digest: Hash },
  { path: ["pha_runtime", "phala_phat_contracts", "AuditVote"] },
);

/** Clusters as other pallets see them. */
export interface ClusterDirectory {
  clusterOf(ctx: HasEnv, cluster: Uint8Array): Cluster | undefined;
  /** Whether a key of this name is the cluster's now; `record` is the cluster's. */
  isKeyOf(
    ctx: HasEnv,
    cluster: Uint8Array,
    record: Cluster,
    name: Pick<KeyRequest, "purpose" | "generation" | "epoch">,
  ): boolean;
  setStatus(ctx: HasEnv, cluster: Uint8Array, status: ClusterStatus["type"]): void;
  /** Has `count` workers drawn that re-execute a block; tells whether there were as many. */
  convene(ctx: HasEnv, cluster: Uint8Array, task: Omit<Panel, "members">, count: number): boolean;
  dissolve(ctx: HasEnv, cluster: Uint8Array): void;
  /** Gives the seats of replicas that did not vote to others, as far as there are any. */
  replaceSilent(ctx: HasEnv, cluster: Uint8Array, silent: readonly Uint8Array[]): void;
  /** Signing key that a majority of the replicas published. */
  signingKeyOf(ctx: HasEnv, cluster: Uint8Array): Uint8Array | undefined;
  /** Signing key that this boot published for the present epoch. */
  publishedSigningKey(ctx: HasEnv, cluster: Uint8Array, boot: Uint8Array): Uint8Array | undefined;
  /**
   * A new generation's keys name every cluster from now on; commands sealed to former names that `keeps` says are opened
   * for a while.
   *
   * @returns how many state keys are wrapped under an older root
   */
  generationActivated(
    ctx: HasEnv,
    generation: bigint,
    keeps: (former: EpochName) => boolean,
  ): number;
  /** Too few shares of a former generation are left to make any of its keys. */
  generationLost(ctx: HasEnv, generation: bigint): void;
  /** Oldest generation whose keys waiting commands may still need. */
  oldestFormer(ctx: HasEnv): bigint | undefined;
  /**
   * The handover does not wait for the cluster any more, and former keys of older generations open nothing.
   *
   * @returns whether it was waited for
   */
  giveUp(ctx: HasEnv, cluster: Uint8Array, generation: bigint): boolean;
  /** Replies to so many of the cluster's commands are final. */
  /** Version of the state key that steps are sealed under; absent before a majority wrapped it. */
  stateKeyVersion(ctx: HasEnv, cluster: Uint8Array): number | undefined;
  /** A final snapshot is sealed under this version of the state key. */
  snapshotFinal(ctx: HasEnv, cluster: Uint8Array, version: number): void;
  commandsFinal(ctx: HasEnv, cluster: Uint8Array, count: number): void;
}

/** What follows a cluster's state. */
export interface CommitTracker {
  /** The block being made holds something that replicas must execute; refuses when too much waits. */
  workQueued(ctx: HasEnv, cluster: Uint8Array): void;
  /** A majority agrees on the cluster's signing key. */
  keysAgreed(ctx: HasEnv, cluster: Uint8Array): void;
  /** The cluster's keys were named anew: votes of before are void, and so is a panel about them. */
  namedAnew(ctx: HasEnv, cluster: Uint8Array): void;
  /** Commands sealed to a former name are opened no more: who executes an older block again may come to another root. */
  formerClosed(ctx: HasEnv, cluster: Uint8Array): void;
}
