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
import { Generation, Hash, MAX_SEATS, Seat, Sr25519Key } from "@pha/protocol";
import { bool, boundedBytes, u8, u32, u64, vec } from "@pha/scale";
import type { MessageQueue } from "../phala-mq/index.ts";
import type { ClusterDirectory } from "../phala-phat-contracts/index.ts";
import { G1Point, G2Point, Outcome, Release, ReleaseKey, Run, WrongShare } from "./types.ts";

/** What a runtime must supply to include the pallet. */
export interface PhaGatekeepersConfig {
  readonly queue: MessageQueue;
  readonly clusters: ClusterDirectory;
  readonly blockHash: (ctx: HasEnv, number: number) => Uint8Array | undefined;
  /** Shares that make a key, for a number of seats. */
  readonly threshold: (seats: number) => number;
  /** Fewest seats a run may have. */
  readonly minSeats: number;
  /** Longest duration of a phase in blocks; a phase ends earlier when every seat has spoken. */
  readonly phaseBlocks: number;
}

/** Longest dealing in bytes: 31 seats take 4,099. */
export const MAX_DEALING_BYTES = 8 << 10;
/** Releases kept per request: every seat may answer an asked-again request too. */
export const MAX_RELEASES = 4 * MAX_SEATS;

export const declaration = definePallet("PhaGatekeepers", {
  docs: "Gatekeepers: their seats, the runs that make root keys, and the release of cluster keys.",
  config: configOf<PhaGatekeepersConfig>(),
  constants: {
    PhaseBlocks: constant(
      u32,
      (c: PhaGatekeepersConfig) => c.phaseBlocks,
      "Longest duration of a phase of a run, in blocks.",
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
    Absent: value(vec(accountId, MAX_SEATS), {
      default: [],
      docs: "Operators whose gatekeeper kept silent in a run; they are left out until they register again.",
    }),
    Convicted: map(blake2_128Concat, accountId, u64, {
      docs: "Operators convicted by a complaint, and in which run.",
    }),
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
    Generations: map(twox64Concat, u64, Generation, {
      docs: "Root key, public shares and seats of each generation.",
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
    NotReplica: error(13, "The share is for a boot that is no replica of the cluster."),
    UnknownCluster: error(14, "The cluster does not exist."),
    TooManyReleases: error(15, "The request was answered often enough."),
    RepeatedOperator: error(16, "An operator holds at most one seat."),
  },
});

export type GatekeepersContext = ContextOf<typeof declaration>;
