/** Declaration of PhalaPhatContracts. */
import {
  type AccountId,
  accountId,
  blake2_128Concat,
  type ContextOf,
  configOf,
  constant,
  definePallet,
  doubleMap,
  error,
  event,
  type HasEnv,
  identity,
  map,
  twox64Concat,
  value,
} from "@pha/frame";
import {
  AuditOpenings,
  Cluster,
  ClusterContracts,
  ClusterStatus,
  Contract,
  Hash,
  MAX_FORMERS,
  SealingKeys,
  Sr25519Key,
  StateKeyVersions,
  WrappedStateKey,
  X25519Key,
} from "@pha/protocol";
import { bool, boundedBytes, u8, u32, u64, u128, vec } from "@pha/scale";
import type { Fungible } from "../balances/index.ts";
import type { MessageQueue } from "../phala-mq/index.ts";
import type { WorkerDirectory } from "../phala-registry/index.ts";
import {
  AuditVote,
  Candidate,
  CommandCounts,
  type CommitTracker,
  ExpiryBucket,
  Former,
  GivenUp,
  KeyVote,
  RemovalReason,
  Rotation,
  type ValidateArtefact,
} from "./types.ts";

/** What a runtime must supply to include the pallet. */
export interface PhalaPhatContractsConfig {
  readonly queue: MessageQueue;
  readonly workers: WorkerDirectory;
  readonly commits: CommitTracker;
  readonly currency: Fungible;
  readonly validateArtefact: ValidateArtefact;
  /** Newest active generation; 0 before the first. */
  readonly currentGeneration: (ctx: HasEnv) => bigint;
  /** Generation in the making, whose keys may be asked for already. */
  readonly announcedGeneration: (ctx: HasEnv) => bigint | undefined;
  /** A state key is wrapped under the newest root, and was under an older one. */
  readonly handedOver: (ctx: HasEnv, cluster: Uint8Array) => void;
  /** Nothing waits for the key of some former name any more. */
  readonly formersClosed: (ctx: HasEnv) => void;
  /** Plancks for a million units of fuel, rounded up. */
  readonly pricePerMegafuel: bigint;
  /** Receives what fuel costs. */
  readonly fuelTo: AccountId;
  /** Blocks in which commands sealed to the previous key are still accepted after a change without cause. */
  readonly sealingGrace: number;
  /** Blocks after which a state key is rotated. */
  readonly rotationBlocks: number;
  readonly assignment: AssignmentConfig;
}

/** Who may be drawn, and by what. */
export interface AssignmentConfig {
  /** Randomness of the present epoch of BABE: made of the blocks of the epoch before the last. */
  readonly randomness: (ctx: HasEnv) => Uint8Array;
  readonly epochIndex: (ctx: HasEnv) => bigint;
  /** Chain time in milliseconds. */
  readonly now: (ctx: HasEnv) => bigint;
  readonly isEndorsed: (ctx: HasEnv, platformId: Uint8Array) => boolean;
  readonly isBonded: (ctx: HasEnv, worker: Uint8Array) => boolean;
  /**
   * Epochs of BABE from the one in which a worker began to wait until it may be drawn: with 3, the randomness is made
   * of blocks after that epoch, so that whoever asks cannot know it. 0 on chains of one machine.
   */
  readonly waitingEpochs: bigint;
  /** Blocks that a platform waits before it may be drawn. */
  readonly waitingBlocks: number;
  /** Milliseconds after the end of its lease from which a replica's seat goes to another. */
  readonly absentMs: bigint;
  /** Fewest replicas of a cluster. */
  readonly minReplication: number;
}

/**
 * Blocks from one replacement of a silent replica to the next of that cluster. Each names the keys anew, so all replicas
 * ask for them again and the newcomer restores the state: without that time nobody would ever come to vote.
 */
export const PATIENCE_BLOCKS = 25;
export const MAX_CLUSTERS = 128;
/** Workers that wait for a seat. */
export const MAX_CANDIDATES = 512;
/** Longest artefact in bytes. */
export const MAX_CODE_BYTES = 512 << 10;
/** Furthest expiry of a command, in blocks from its inclusion. */
export const MAX_EXPIRY_BLOCKS = 4096;
/** Longest wrapped state key in bytes. */
export const MAX_WRAP_BYTES = 512;
export const MAX_SALT_BYTES = 64;

export const declaration = definePallet("PhalaPhatContracts", {
  docs: "Clusters, confidential contracts, their keys, and the commands sent to them.",
  config: configOf<PhalaPhatContractsConfig>(),
  constants: {
    PricePerMegafuel: constant(
      u128,
      (c: PhalaPhatContractsConfig) => c.pricePerMegafuel,
      "Plancks for a million units of fuel.",
    ),
    MaxExpiryBlocks: constant(
      u32,
      (_: PhalaPhatContractsConfig) => MAX_EXPIRY_BLOCKS,
      "Furthest expiry of a command, in blocks from its inclusion.",
    ),
  },
  storage: {
    Clusters: map(blake2_128Concat, Hash, Cluster, { docs: "Each cluster as it is now." }),
    ClusterList: value(vec(Hash, MAX_CLUSTERS), { default: [], docs: "All clusters." }),
    ClusterContracts: map(blake2_128Concat, Hash, ClusterContracts, {
      default: [],
      docs: "Contracts of each cluster, in the order of their instantiation.",
    }),
    ClusterOf: map(blake2_128Concat, Sr25519Key, Hash, {
      docs: "Cluster that each worker is a replica of.",
    }),
    Vacant: value(vec(Hash, MAX_CLUSTERS), {
      default: [],
      docs: "Clusters with free seats.",
    }),
    Candidates: value(vec(Candidate, MAX_CANDIDATES), {
      default: [],
      docs: "Workers that wait for a seat, in the order of their coming.",
    }),
    Draining: map(blake2_128Concat, Sr25519Key, u32, {
      docs: "Workers that their operators take out of service, each with the block since which.",
    }),
    SilentReplaced: map(blake2_128Concat, Hash, u32, {
      docs: "Block in which the newest seat of each cluster went to another because its replica did not vote.",
    }),
    Codes: map(blake2_128Concat, Hash, boundedBytes(MAX_CODE_BYTES), {
      docs: "Artefacts of contracts by their blake2b-256.",
    }),
    CodeAuditKeys: map(blake2_128Concat, Hash, X25519Key, {
      docs: "Audit keys that artefacts declare, by the artefact's hash.",
    }),
    AuditKeys: map(blake2_128Concat, Hash, X25519Key, {
      docs: "Key that every contract of a cluster declares: who holds its secret can open all of that cluster.",
    }),
    AuditVotes: map(blake2_128Concat, Hash, vec(AuditVote, 15), {
      default: [],
      docs: "What the replicas of an audited cluster sealed to its audit key, each the newest.",
    }),
    AuditOpenings: map(blake2_128Concat, Hash, AuditOpenings, {
      default: [],
      docs: "Keys of an audited cluster by name, sealed to its audit key; the oldest go.",
    }),
    Contracts: map(blake2_128Concat, Hash, Contract, { docs: "Each contract as it is now." }),
    SealingKeys: map(blake2_128Concat, Hash, SealingKeys, {
      default: [],
      docs: "Keys to which commands for a contract are sealed, each with the blocks that accept it.",
    }),
    ClusterSigningKeys: map(blake2_128Concat, Hash, Sr25519Key, {
      docs: "Public signing key of each cluster, once a majority of its replicas published it.",
    }),
    WrappedStateKeys: map(blake2_128Concat, Hash, WrappedStateKey, {
      docs: "State key of each cluster, wrapped under the root key of the newest generation, and under which name.",
    }),
    StateKeys: map(blake2_128Concat, Hash, StateKeyVersions, {
      default: { newest: 0, oldest: 0 },
      docs: "Versions of each cluster's state key that are in use.",
    }),
    Rotations: map(blake2_128Concat, Hash, Rotation, {
      default: { due: 0, wanted: false },
      docs: "When each cluster's state key is to be made anew, and whether the next one is waited for.",
    }),
    KeyVotes: doubleMap(blake2_128Concat, Hash, blake2_128Concat, Hash, vec(KeyVote, 15), {
      default: [],
      docs: "What the replicas of a cluster published per contract in the present epoch; zero is the cluster itself.",
    }),
    Formers: value(vec(Former, MAX_FORMERS * MAX_CLUSTERS), {
      default: [],
      docs: "Former names of clusters' keys under which commands may wait.",
    }),
    GivenUp: map(blake2_128Concat, Hash, GivenUp, {
      docs: "Clusters that root gave up on: handovers do not wait for them. Until replicas wrap the state key anew it opens for nobody once its generation is retired.",
    }),
    CommandCounts: map(blake2_128Concat, Hash, CommandCounts, {
      docs: "How many commands each cluster was sent, and to how many the reply is final.",
    }),
    CommandIds: map(identity, Hash, u32, {
      docs: "Commands that may not be repeated, by blake2b-256 of contract and command id, each with its expiry.",
    }),
    Expiring: doubleMap(twox64Concat, u32, twox64Concat, ExpiryBucket, boundedBytes(16 << 20), {
      docs: "Command ids by expiry, block of inclusion and first four bits, 32 bytes each.",
    }),
    ForgottenUntil: value(u32, {
      default: 0,
      docs: "First block whose expired commands are not yet forgotten.",
    }),
  },
  events: {
    ClusterCreated: event(0, { cluster: Hash, owner: accountId }, "A cluster came into being."),
    CodeUploaded: event(1, { codeHash: Hash, by: accountId }, "An artefact was stored."),
    Instantiated: event(
      2,
      { contract: Hash, cluster: Hash, owner: accountId, codeHash: Hash },
      "A contract came into being.",
    ),
    CommandQueued: event(
      3,
      { contract: Hash, commandId: Hash, origin: accountId, fuelFee: u128 },
      "A command waits for the replicas of its cluster.",
    ),
    WorkerAssigned: event(
      4,
      { cluster: Hash, worker: Sr25519Key },
      "A worker became a replica of a cluster.",
    ),
    ReplicaRestarted: event(
      5,
      { cluster: Hash, worker: Sr25519Key },
      "A replica serves with a new boot.",
    ),
    OwnershipTransferred: event(
      6,
      { contract: Hash, owner: accountId },
      "A contract has another owner.",
    ),
    OpenSet: event(7, { contract: Hash, open: bool }, "A contract accepts commands, or stopped."),
    SealingKeyActive: event(
      8,
      { contract: Hash, generation: u64, epoch: u64, key: Hash },
      "Commands may be sealed to a new key.",
    ),
    ClusterKeysAgreed: event(
      9,
      { cluster: Hash, generation: u64, epoch: u64 },
      "A majority of the replicas published the same signing key and wrapped state key.",
    ),
    KeysDisagree: event(
      10,
      { cluster: Hash, worker: Sr25519Key },
      "A replica published another key than the one in use; the cluster is halted.",
    ),
    StatusChanged: event(
      11,
      { cluster: Hash, status: ClusterStatus },
      "A cluster's state of service changed.",
    ),
    EpochChanged: event(
      12,
      { cluster: Hash, generation: u64, epoch: u64 },
      "A cluster's keys are named anew.",
    ),
    FormerNameClosed: event(
      13,
      { cluster: Hash, generation: u64, epoch: u64 },
      "No command waits for the keys of a former name any more; replicas erase them.",
    ),
    ReplicaRemoved: event(
      14,
      { cluster: Hash, worker: Sr25519Key, reason: RemovalReason },
      "A replica lost its seat.",
    ),
    DrainingSet: event(
      15,
      { worker: Sr25519Key, draining: bool },
      "An operator takes a worker out of service, or not any more.",
    ),
    ReplicationSet: event(
      16,
      { cluster: Hash, replication: u8 },
      "A cluster wants another number of replicas.",
    ),
    ClusterReturned: event(
      17,
      { cluster: Hash, generation: u64 },
      "A cluster that was given up has its state key wrapped under the newest root after all.",
    ),
    StateKeyRotated: event(
      18,
      { cluster: Hash, version: u32 },
      "A cluster's state key is made anew; what is written from now on is under the new one.",
    ),
    StateKeyRetired: event(
      19,
      { cluster: Hash, version: u32 },
      "A snapshot under the newest state key is final: this version opens nothing that is needed, and is erased.",
    ),
    AuditOpened: event(
      20,
      { cluster: Hash, generation: u64, epoch: u64 },
      "A majority of the replicas sealed the keys of this name to the cluster's audit key.",
    ),
  },
  errors: {
    UnknownCluster: error(0, "The cluster does not exist."),
    UnknownContract: error(1, "The contract does not exist."),
    UnknownCode: error(2, "The code was not uploaded."),
    ContractClosed: error(3, "The contract's owner stopped it from accepting commands."),
    ClusterNotLive: error(
      4,
      "The cluster does not serve yet: its replicas or its keys are missing.",
    ),
    StaleSealingKey: error(
      5,
      "The sealing key is not accepted in this block; SealingKeys of the contract has the current one.",
    ),
    Expired: error(6, "The command's last block is over."),
    ExpiryTooFar: error(7, "The command's last block is further away than the chain remembers."),
    FuelLimitTooHigh: error(
      8,
      "The fuel limit is zero or above the cluster's budget of one block.",
    ),
    RepeatedCommand: error(9, "A command with this id is known to the contract."),
    BadSealedSize: error(10, "The sealed command has none of the sizes that hide its length."),
    UnknownSuite: error(11, "The cipher suite of the sealed command is not known."),
    ValueNotSupported: error(12, "Contracts hold no tokens yet: the value must be zero."),
    CodeTooLarge: error(13, "The artefact is longer than 512 KiB."),
    InvalidArtefact: error(14, "The artefact is not what the contract kit makes."),
    RepeatedContract: error(15, "A contract with this id exists; use another salt."),
    NotOwner: error(16, "Only the owner may do this."),
    TooManyContracts: error(17, "The cluster holds no more contracts."),
    TooManyClusters: error(18, "The chain holds no more clusters."),
    BadReplication: error(
      19,
      "A cluster has at most 15 replicas, and as many as the chain demands.",
    ),
    NotAssigned: error(20, "The worker is no replica of the cluster with this boot."),
    StaleEpoch: error(21, "The cluster's keys have another name now."),
    UnknownWorker: error(22, "The worker is not registered, or is a gatekeeper."),
    NotOperator: error(23, "Only the worker's operator may do this."),
    MalformedMessage: error(25, "The message does not decode."),
    ForeignContract: error(26, "The message names a contract of another cluster, or one twice."),
    OtherCode: error(27, "The contract runs other code than the command demands."),
    SaltTooLong: error(28, "A salt has at most 64 bytes."),
    ClusterLate: error(
      29,
      "The cluster's replicas have not agreed on a root for ten blocks; commands are taken again when they do.",
    ),
    ClusterDisputed: error(
      30,
      "The cluster's replicas found different roots; commands are taken again after the verdict.",
    ),
    ClusterHalted: error(
      31,
      "The cluster is halted until a panel or governance names its root; its last final state can be read.",
    ),
    RotationUnderWay: error(32, "The cluster's state key is being made anew, or was never agreed."),
    OtherAuditKey: error(
      33,
      "The contracts of the cluster declare another audit key, or none: a key opens all of its cluster.",
    ),
  },
});

export type PhatContext = ContextOf<typeof declaration>;
