/** Declaration of PhaGatekeepers. */
import {
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
  map,
  twox64Concat,
  value,
} from "@pha/frame";
import { G1Point, G2Point, Generation, Hash, MAX_SEATS, Seat, Sr25519Key } from "@pha/protocol";
import { bool, boundedBytes, u8, u32, u64, vec } from "@pha/scale";
import type { Admission } from "../pha-gatekeeper-stake/index.ts";
import type { MessageQueue } from "../phala-mq/index.ts";
import type { ClusterDirectory } from "../phala-phat-contracts/index.ts";
import type { WorkerDirectory } from "../phala-registry/index.ts";
import {
  Absence,
  Conviction,
  Handover,
  Misdeed,
  Outcome,
  Release,
  ReleaseKey,
  Run,
  Wanted,
  WrongShare,
} from "./types.ts";

/** What a runtime must supply to include the pallet. */
export interface PhaGatekeepersConfig {
  readonly queue: MessageQueue;
  readonly clusters: ClusterDirectory;
  readonly workers: WorkerDirectory;
  readonly admission: Admission;
  readonly blockHash: (ctx: HasEnv, number: number) => Uint8Array | undefined;
  /** Shares that make a key, for a number of seats. */
  readonly threshold: (seats: number) => number;
  /** Fewest seats a run may have. */
  readonly minSeats: number;
  /** Longest duration of a phase in blocks; a phase ends earlier when every seat has spoken. */
  readonly phaseBlocks: number;
  /** Blocks after which a generation is followed by the next; 0: it has no term. */
  readonly termBlocks: number;
  /** Blocks that a handover waits for a cluster before root may give up on it. */
  readonly giveUpBlocks: number;
}

/** Longest dealing in bytes: 31 seats take 4,099. */
export const MAX_DEALING_BYTES = 8 << 10;
/** Releases kept per request: every seat may answer an asked-again request too. */
export const MAX_RELEASES = 4 * MAX_SEATS;
/** Generations that are not retired; a gatekeeper holds one share more, that of the run it is in. */
export const MAX_UNRETIRED = 7;

export const declaration = definePallet("PhaGatekeepers", {
  docs: "Gatekeepers: their seats, the runs that make root keys, and the release of cluster keys.",
  config: configOf<PhaGatekeepersConfig>(),
  constants: {
    PhaseBlocks: constant(
      u32,
      (c: PhaGatekeepersConfig) => c.phaseBlocks,
      "Longest duration of a phase of a run, in blocks.",
    ),
    TermBlocks: constant(
      u32,
      (c: PhaGatekeepersConfig) => c.termBlocks,
      "Blocks after which a generation is followed by the next; 0: it has no term.",
    ),
    GiveUpBlocks: constant(
      u32,
      (c: PhaGatekeepersConfig) => c.giveUpBlocks,
      "Blocks that a handover waits for a cluster before root may give up on it.",
    ),
  },
  storage: {
    Operators: value(vec(accountId, MAX_SEATS), {
      default: [],
      docs: "Operators that may run a gatekeeper; their order is that of the seats.",
    }),
    SealedShares: value(bool, {
      default: false,
      docs: "Whether gatekeepers keep their shares on disk, sealed: survives a loss of power, gives up erasure against copied disks. Of genesis only.",
    }),
    Members: map(blake2_128Concat, accountId, Seat, {
      docs: "Registered gatekeeper of each operator.",
    }),
    Absent: value(vec(Absence, MAX_SEATS), {
      default: [],
      docs: "Operators whose gatekeeper was missed in runs for the next generation.",
    }),
    Convicted: map(blake2_128Concat, accountId, Conviction, {
      docs: "Named operators that the chain saw misbehave; no run takes them.",
    }),
    Wanted: value(Wanted, { docs: "A run for the next generation that has not begun." }),
    Run: value(Run, { docs: "The run in progress." }),
    RunCounter: value(u64, { default: 0n, docs: "Runs started so far." }),
    RunKeys: map(twox64Concat, u8, G1Point, { docs: "One-time key of each seat of the run." }),
    RunDealings: map(twox64Concat, u8, boundedBytes(MAX_DEALING_BYTES), {
      docs: "Dealing of each seat of the run.",
    }),
    RunConfirmations: map(twox64Concat, u8, Hash, {
      docs: "Transcript hash that each seat of the run signed.",
    }),
    RunOutcome: value(Outcome, { docs: "What the unconvicted dealings of the run come to." }),
    CurrentGeneration: value(u64, { default: 0n, docs: "Newest active generation." }),
    ActiveSince: value(u32, { default: 0, docs: "Block that made the newest generation active." }),
    OldestGeneration: value(u64, {
      default: 0n,
      docs: "Oldest generation that a cluster's key may still hang on; those before it are retired.",
    }),
    Handover: value(Handover, { docs: "Clusters whose state key is under an older root." }),
    Generations: map(twox64Concat, u64, Generation, {
      docs: "Root key, public shares and seats of each generation that is not retired.",
    }),
    Releases: doubleMap(
      blake2_128Concat,
      Hash,
      blake2_128Concat,
      ReleaseKey,
      vec(Release, MAX_RELEASES),
      { default: [], docs: "Who was ever given shares of a cluster's key." },
    ),
    WrongShares: map(twox64Concat, u64, WrongShare, {
      docs: "Shares that did not verify, in order; the message is named by its blake2b-256.",
    }),
    WrongShareCount: value(u64, { default: 0n, docs: "Number of shares that did not verify." }),
  },
  events: {
    OperatorsSet: event(0, { operators: vec(accountId, MAX_SEATS) }, "The operators were named."),
    MemberRegistered: event(
      1,
      { operator: accountId, identity: Sr25519Key },
      "A gatekeeper holds its operator's seat.",
    ),
    RunStarted: event(
      2,
      { run: u64, generation: u64, seats: u8, threshold: u8 },
      "A run for a new root key began.",
    ),
    PhaseStarted: event(3, { run: u64, phase: u8 }, "A run entered its next phase."),
    GenerationActivated: event(
      4,
      { generation: u64, run: u64, root: G2Point },
      "A root key is active.",
    ),
    RunFailed: event(
      5,
      { run: u64, guilty: vec(u8, MAX_SEATS) },
      "A run was given up; these seats are to blame.",
    ),
    SeatConvicted: event(
      6,
      { run: u64, seat: u8 },
      "A complaint showed that the seat dealt a wrong share.",
    ),
    FalseComplaint: event(7, { run: u64, seat: u8 }, "A seat complained without ground."),
    SeatEquivocated: event(
      8,
      { run: u64, seat: u8 },
      "A seat sent a second, different message in one phase; the first counts.",
    ),
    KeyShareReleased: event(
      9,
      { cluster: Hash, generation: u64, epoch: u64, boot: Hash, seat: u8 },
      "A gatekeeper gave a share of a cluster's key to a replica.",
    ),
    WrongKeyShare: event(
      10,
      { cluster: Hash, seat: u8, index: u64 },
      "A gatekeeper sent a share that does not verify; it is kept as evidence.",
    ),
    GenerationWanted: event(
      11,
      { generation: u64, latest: u32 },
      "A next generation is wanted: its run begins when all gatekeepers are there, at the latest in this block with those that are.",
    ),
    RunPostponed: event(
      12,
      { generation: u64, seats: u8, least: u8 },
      "A run cannot begin: too few gatekeepers are there, or too many generations are not retired. It is tried again.",
    ),
    OperatorAbsent: event(
      13,
      { operator: accountId, run: u64, failures: u8 },
      "The operator's gatekeeper kept silent in a run, or restarted in it.",
    ),
    OperatorConvicted: event(
      14,
      { operator: accountId, run: u64, misdeed: Misdeed },
      "The chain saw the operator's gatekeeper misbehave; no later run takes it.",
    ),
    HandoverStarted: event(
      15,
      { generation: u64, clusters: u32 },
      "So many clusters' state keys are to be wrapped under the new root.",
    ),
    ClusterHandedOver: event(
      16,
      { cluster: Hash, generation: u64 },
      "A majority of a cluster's replicas wrapped its state key under the new root.",
    ),
    GenerationRetired: event(
      17,
      { generation: u64 },
      "Nothing hangs on the generation any more: its gatekeepers erase their shares.",
    ),
    ClusterGivenUp: event(
      18,
      { cluster: Hash, generation: u64 },
      "The handover to a generation waits no longer for a cluster. If no replica has kept its state key in memory, the state opens for nobody once the older generations are retired.",
    ),
  },
  errors: {
    MalformedMessage: error(0, "The message does not decode."),
    NoRun: error(1, "The message belongs to no run in progress."),
    NotSeat: error(2, "The sender does not hold the seat with this boot."),
    OutOfTurn: error(3, "The message does not belong into this phase."),
    AlreadySpoken: error(4, "The seat has sent this already."),
    BadOneTimeKey: error(5, "The one-time key is no point of its group."),
    BadDealing: error(6, "The dealing does not verify."),
    NoDealing: error(7, "There is no dealing to complain about."),
    AlreadyConvicted: error(8, "The dealer is convicted already."),
    OtherTranscript: error(9, "The confirmed transcript is not what the dealings come to."),
    TooFewDealings: error(10, "Fewer dealings than shares that make a key are left."),
    UnknownGeneration: error(11, "The generation was never active."),
    StaleEpoch: error(12, "The cluster's keys have another name now."),
    NotReplica: error(
      13,
      "The share is for a boot that is neither a replica of the cluster nor of its panel.",
    ),
    UnknownCluster: error(14, "The cluster does not exist."),
    TooManyReleases: error(15, "The request was answered often enough."),
    RepeatedOperator: error(16, "An operator holds at most one seat."),
    NoGeneration: error(17, "The first generation is still in the making."),
    UnderWay: error(18, "A run is wanted or in progress already."),
    TooManyGenerations: error(
      19,
      "Too many generations wait for clusters to be handed over; one must be retired first.",
    ),
    NoHandover: error(20, "No handover is going on."),
    TooEarly: error(21, "The handover has not waited for its clusters as long as it has to."),
    ElectedHere: error(23, "Operators are elected on this chain; approve candidates instead."),
    NotWaitedFor: error(22, "The handover does not wait for the cluster."),
  },
});

export type GatekeepersContext = ContextOf<typeof declaration>;
