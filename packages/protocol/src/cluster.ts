/** Clusters and contracts as the chain records them; read by pRuntimes and clients with storage proofs. */
import { blake2b256 } from "@pha/crypto";
import {
  bool,
  type CodecType,
  concatBytes,
  option,
  struct,
  u8,
  u16,
  u32,
  u64,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { DOMAIN } from "./domain.ts";
import { AccountId, BlockRef, Ed25519Key, Hash, Sr25519Key, X25519Key } from "./ids.ts";

/** Most replicas of a cluster. */
export const MAX_REPLICAS = 15;
/** Most contracts of a cluster. */
export const MAX_CONTRACTS = 1024;

/** A member of a cluster: the worker and the boot that serves now (absent until it registered one). */
export const Replica = struct(
  { identity: Sr25519Key, boot: Ed25519Key },
  { path: ["pha_protocol", "cluster", "Replica"] },
);
export type Replica = CodecType<typeof Replica>;

export const ClusterStatus = variants(
  {
    /** Waits for members or for its first keys. */
    Pending: variant(0, unit),
    Live: variant(1, unit),
    Late: variant(2, unit),
    Disputed: variant(3, unit),
    Halted: variant(4, unit),
  },
  { path: ["pha_protocol", "cluster", "ClusterStatus"] },
);
export type ClusterStatus = CodecType<typeof ClusterStatus>;

export const ClusterClass = variants(
  { Endorsed: variant(0, unit), Mixed: variant(1, unit), Open: variant(2, unit) },
  { path: ["pha_protocol", "cluster", "ClusterClass"] },
);
export type ClusterClass = CodecType<typeof ClusterClass>;

/** Former names of a cluster's keys under which commands may still wait. */
export const MAX_FORMERS = 8;

/** What names an epoch's keys within their cluster. */
export const EpochName = struct(
  { generation: u64, epoch: u64 },
  { path: ["pha_protocol", "cluster", "EpochName"] },
);
export type EpochName = CodecType<typeof EpochName>;

export function isSameName(a: EpochName, b: EpochName): boolean {
  return a.generation === b.generation && a.epoch === b.epoch;
}

/** Most workers that re-execute one block. */
export const MAX_PANEL = 2 * MAX_REPLICAS + 1;

/**
 * Workers that re-execute one block: the judges of a dispute, or an auditor. They get the cluster's keys and start from
 * the root before the block; their votes decide nothing of any other.
 */
export const Panel = struct(
  { members: vec(Replica, MAX_PANEL), block: u32, previousRoot: Hash },
  { path: ["pha_protocol", "cluster", "Panel"] },
);
export type Panel = CodecType<typeof Panel>;

export const Cluster = struct(
  {
    owner: AccountId,
    class: ClusterClass,
    /** A majority counts only if it spans two vendors. */
    crossVendor: bool,
    /** Wanted number of replicas. */
    replication: u8,
    replicas: vec(Replica, MAX_REPLICAS),
    generation: u64,
    epoch: u64,
    /** Former names of the keys, oldest first: replicas hold these keys too, for commands that were sealed to them. */
    formers: vec(EpochName, MAX_FORMERS),
    status: ClusterStatus,
    createdAt: BlockRef,
    /** Fuel that all commands of one block may use. */
    fuelPerBlock: u64,
    /** Absent unless a block is being re-executed. */
    panel: option(Panel),
  },
  { path: ["pha_protocol", "cluster", "Cluster"] },
);
export type Cluster = CodecType<typeof Cluster>;

/** Whom the cluster's keys are for: its replicas, and who re-executes a block. */
export function keyHolders({ replicas, panel }: Cluster): readonly Replica[] {
  return panel === undefined ? replicas : [...replicas, ...panel.members];
}

/** ⌊n/2⌋ + 1 of the replicas assigned. */
export function quorumOf(replicas: number): number {
  return Math.floor(replicas / 2) + 1;
}

export const Contract = struct(
  {
    cluster: Hash,
    codeHash: Hash,
    owner: AccountId,
    /** Block of instantiation. */
    createdAt: u32,
    /** Refuses new commands when false. */
    open: bool,
  },
  { path: ["pha_protocol", "cluster", "Contract"] },
);
export type Contract = CodecType<typeof Contract>;

/** A sealing key of a contract and the blocks in which commands sealed to it are accepted. */
export const SealingKey = struct(
  { generation: u64, epoch: u64, key: X25519Key, from: u32, until: option(u32), signers: u16 },
  { path: ["pha_protocol", "cluster", "SealingKey"] },
);
export type SealingKey = CodecType<typeof SealingKey>;

/** Address of a contract: blake2b-256 over deployer, cluster, code hash and salt. */
export function contractId(input: {
  readonly deployer: Uint8Array;
  readonly cluster: Uint8Array;
  readonly codeHash: Uint8Array;
  readonly salt: Uint8Array;
}): Uint8Array {
  const { deployer, cluster, codeHash, salt } = input;
  return blake2b256(concatBytes(DOMAIN.contractId, deployer, cluster, codeHash, salt));
}

/** Events of `PhalaPhatContracts` and `PhaContractState` for pRuntimes, topic `pha/cluster/event`. */
export const ClusterEvent = variants(
  {
    /** The membership or epoch changed; the record as it now is. */
    Changed: variant(0, struct({ cluster: Hash, record: Cluster })),
    Instantiated: variant(1, struct({ cluster: Hash, contract: Hash, record: Contract })),
    /** A root has quorum and its delta is kept. */
    RootFinal: variant(2, struct({ cluster: Hash, block: BlockRef, root: Hash })),
    /** A snapshot has quorum and its blobs are kept: what it holds needs no step before it any more. */
    SnapshotFinal: variant(3, struct({ cluster: Hash, index: u64, keyVersion: u32 })),
  },
  { path: ["pha_protocol", "cluster", "ClusterEvent"] },
);
export type ClusterEvent = CodecType<typeof ClusterEvent>;
