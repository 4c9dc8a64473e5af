/** Declaration of PhalaRegistry: names are the original's where a client can see them. */
import {
  type AccountId,
  accountId,
  blake2_128Concat,
  type ContextOf,
  configOf,
  constant,
  definePallet,
  error,
  event,
  type HasEnv,
  map,
  twox64Concat,
  value,
} from "@pha/frame";
import {
  BootRecord,
  Ed25519Key,
  Hash,
  Lease,
  ProgramVersion,
  Sr25519Key,
  Suspension,
  SuspensionReason,
} from "@pha/protocol";
import { boundedBytes, option, u8, u32, u64, vec } from "@pha/scale";
import { type EvidenceVerifier, GradeLoss } from "../pha-attestation/index.ts";
import type { MessageQueue } from "../phala-mq/index.ts";
import {
  AttestationProvider,
  type BootChange,
  Grade,
  PlatformId,
  PlatformOwner,
  RetiredBoot,
  Sweep,
  VersionChange,
  WorkerInfoV2,
  type WorkerLoss,
} from "./types.ts";

/** What a runtime must supply to include the pallet. */
export interface PhalaRegistryConfig {
  readonly evidence: EvidenceVerifier;
  readonly queue: MessageQueue;
  /** Hash of a recent block, the parent included. */
  readonly blockHash: (ctx: HasEnv, number: number) => Uint8Array | undefined;
  /** Chain time in milliseconds. */
  readonly now: (ctx: HasEnv) => bigint;
  readonly isGatekeeperOperator: (ctx: HasEnv, account: AccountId) => boolean;
  /** Length of a lease in milliseconds. */
  readonly leaseMs: bigint;
  /** Blocks until a lower least version counts. */
  readonly looseningDelay: number;
  /** Told of every registration, in order. */
  readonly onRegistered: readonly ((ctx: HasEnv, change: BootChange) => void)[];
  /** Told of every worker that may not serve any more. */
  readonly onLost: readonly ((ctx: HasEnv, loss: WorkerLoss) => void)[];
}

/** Evidence and heartbeats name a finalized block at most this many blocks old. */
export const RECENT_BLOCKS = 256;
/** Boots of one worker that may be replaced within `RECENT_BLOCKS`: one a block, for a machine that fails all the time. */
export const MAX_RETIRED = 256;
export const MAX_EVIDENCE_BYTES = 16 << 10;
/** Longest grace of a new least version: seven days of blocks of 3 s. */
export const MAX_GRACE_BLOCKS = 201_600;
/** Unix milliseconds that do not come. */
export const NEVER: bigint = (1n << 64n) - 1n;

/** Of a chain that never named a least version. */
const NO_VERSION: ProgramVersion = [0, 0, 0];

export const declaration = definePallet("PhalaRegistry", {
  docs: "Workers: their identities, boots, evidence and leases.",
  config: configOf<PhalaRegistryConfig>(),
  constants: {
    LeaseMs: constant(
      u64,
      (c: PhalaRegistryConfig) => c.leaseMs,
      "Length of a lease, in milliseconds.",
    ),
  },
  storage: {
    Workers: map(twox64Concat, Sr25519Key, WorkerInfoV2, {
      docs: "Workers in the shape that older clients know.",
    }),
    Boots: map(blake2_128Concat, Sr25519Key, BootRecord, {
      docs: "Boot of each worker that serves now. A block made for it is named by its number and its parent's hash.",
    }),
    Evidence: map(blake2_128Concat, Sr25519Key, boundedBytes(MAX_EVIDENCE_BYTES), {
      docs: "Evidence of the boot that serves now, as it was registered.",
    }),
    Grades: map(blake2_128Concat, Sr25519Key, Grade, {
      docs: "What the evidence of the boot that serves now says.",
    }),
    Roster: map(twox64Concat, u32, Sr25519Key, {
      docs: "Every worker that ever registered, in that order.",
    }),
    RosterSize: value(u32, { default: 0, docs: "Workers in the roster." }),
    Sweep: value(Sweep, {
      default: { at: 0, revision: 0, leastDueMs: NEVER, nextMs: NEVER },
      docs: "Where the look at all workers stands.",
    }),
    Leases: map(blake2_128Concat, Ed25519Key, Lease, {
      docs: "Chain time until which a boot may answer. The granting block is named by its number and its parent's hash.",
    }),
    PlatformOf: map(blake2_128Concat, Sr25519Key, PlatformId, {
      docs: "Platform of each worker's boot.",
    }),
    PlatformIds: map(blake2_128Concat, PlatformId, PlatformOwner, {
      docs: "Worker that each platform runs now.",
    }),
    Retired: map(blake2_128Concat, Sr25519Key, vec(RetiredBoot, MAX_RETIRED), {
      default: [],
      docs: "Boots of a worker that were replaced lately and may not come back.",
    }),
    MinimumPRuntimeVersion: value(ProgramVersion, {
      default: NO_VERSION,
      docs: "Older pRuntimes neither register nor get leases.",
    }),
    VersionChange: value(VersionChange, {
      default: { suspendFrom: undefined, lowered: undefined },
      docs: "What is still to come of the newest changes of the least version.",
    }),
    FrozenSince: value(u32, {
      docs: "Block since which nobody is admitted who is not here already; absent when admissions are open.",
    }),
    Suspended: map(blake2_128Concat, Sr25519Key, Suspension, {
      docs: "Workers whose messages are refused, and why.",
    }),
  },
  events: {
    WorkerAdded: event(
      0,
      {
        pubkey: Sr25519Key,
        attestationProvider: option(AttestationProvider),
        confidenceLevel: u8,
      },
      "A worker registered for the first time.",
    ),
    WorkerUpdated: event(
      1,
      {
        pubkey: Sr25519Key,
        attestationProvider: option(AttestationProvider),
        confidenceLevel: u8,
      },
      "A worker registered again: a new boot, or fresh evidence.",
    ),
    BootRegistered: event(
      2,
      { pubkey: Sr25519Key, boot: Ed25519Key, measurement: Hash },
      "A boot serves from now on; the one before is void.",
    ),
    LeaseRenewed: event(3, { boot: Ed25519Key, until: u64 }, "A boot may answer until then."),
    PlatformMoved: event(
      4,
      { platformId: PlatformId, from: Sr25519Key, to: Sr25519Key },
      "A platform runs another worker of its operator; the former one's boot is void.",
    ),
    WorkerSuspended: event(
      5,
      { pubkey: Sr25519Key, reason: SuspensionReason },
      "A worker's messages are refused from now on.",
    ),
    SuspensionLifted: event(6, { pubkey: Sr25519Key }, "A worker's messages count again."),
    WorkerRegraded: event(
      8,
      { pubkey: Sr25519Key, before: u8, grade: Grade },
      "What the chain knows of a worker's platform changed.",
    ),
    GradeLost: event(
      9,
      { pubkey: Sr25519Key, loss: GradeLoss },
      "A worker's evidence does not satisfy any more; fresh evidence that does lets it serve again.",
    ),
    RegistrationRefused: event(
      7,
      { pubkey: Sr25519Key, operator: accountId, platformId: PlatformId },
      "A platform of another operator was refused, and both workers on it are suspended.",
    ),
    MinimumVersionSet: event(
      10,
      { version: ProgramVersion, suspendFrom: u32 },
      "Older pRuntimes get no leases and no keys any more; those that serve are suspended from a block on.",
    ),
    MinimumVersionAnnounced: event(
      11,
      { version: ProgramVersion, since: u32 },
      "A lower least version was announced; it counts from a block on.",
    ),
    AdmissionsFrozen: event(12, {}, "Nobody is admitted any more who is not here already."),
    AdmissionsResumed: event(13, {}, "Admissions are open again."),
  },
  errors: {
    OtherNetwork: error(0, "The registration is for another chain."),
    OtherOperator: error(1, "The registration names another operator than the caller."),
    UnknownBlock: error(2, "The block named as fresh is not of this chain."),
    OldBlock: error(3, "The block named as fresh is too old."),
    OlderThanCurrent: error(4, "The worker's current boot was made at a later block."),
    RetiredBoot: error(5, "The boot was replaced and may not come back."),
    TooManyBoots: error(6, "The worker was started too often lately."),
    RoleChanged: error(7, "A worker keeps its role."),
    NotGatekeeperOperator: error(8, "The operator may not run a gatekeeper."),
    Suspended: error(9, "The worker is suspended."),
    NotSuspended: error(10, "The worker is not suspended."),
    MalformedMessage: error(11, "The message does not decode."),
    OldVersion: error(12, "The pRuntime is older than the least version: start a newer one."),
    BadVersion: error(13, "The version has a part that is too large."),
    LongGrace: error(14, "The grace is too long."),
    Frozen: error(15, "Admissions are frozen: only workers that are here already may register."),
    NotFrozen: error(16, "Admissions are open."),
    FrozenAlready: error(17, "Admissions are frozen already."),
  },
});

export type PhalaRegistryContext = ContextOf<typeof declaration>;
