/** Declaration of ElectionProviderMultiPhase: names and indexes are Substrate's. */
import {
  type AccountId,
  accountId,
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
  Weight,
} from "@pha/frame";
import { bool, option, u32, u64, u128 } from "@pha/scale";
import type { Fungible } from "../balances/index.ts";
import { MAX_TARGETS_PER_VOTE } from "../npos-elections/index.ts";
import { type Elected, Perbill, type StakeSnapshot } from "../staking/index.ts";
import {
  ElectionCompute,
  ElectionScore,
  MAX_SOLUTION_BYTES,
  MAX_SUBMISSIONS,
  MAX_WINNERS,
  Phase,
  ReadySolution,
  RoundSnapshot,
  SignedSubmission,
  SnapshotSize,
  SubmissionIndices,
} from "./types.ts";
import { WEIGHTS } from "./weights.ts";

export interface ElectionParameters {
  /** Slots before the unsigned phase. */
  readonly signedPhase: number;
  /** Slots before the election. */
  readonly unsignedPhase: number;
}

export interface ElectionConfig extends ElectionParameters {
  readonly currency: Fungible;
  /** Pays rewards, never more than it has, and gets slashed deposits. */
  readonly rewardPot: AccountId;
  readonly rewardBase: bigint;
  readonly depositBase: bigint;
  readonly depositPerByte: bigint;
  /** Billionths by which a signed solution must be better to push another out of the full queue. */
  readonly betterSigned: bigint;
  /** Billionths by which an unsigned solution must be better than what is queued. */
  readonly betterUnsigned: bigint;
  /** Slots until validators of an era are elected; `undefined` when nobody is. */
  readonly slotsToElection: (ctx: HasEnv) => number | undefined;
  readonly votes: (ctx: HasEnv, maxVoters: number) => StakeSnapshot;
  readonly desiredTargets: (ctx: HasEnv) => number;
  /** Plancks of one vote. */
  readonly plancksPerVote: (ctx: HasEnv) => bigint;
  /** The election on chain, over the votes of now. */
  readonly electOnChain: (ctx: HasEnv, seats: number, maxVoters: number) => readonly Elected[];
  /** Fee of a signed submission of so many bytes. */
  readonly feeOf: (lengthBytes: number) => bigint;
}

/** Blocks after which a node that mines looks again. */
export const OFFCHAIN_REPEAT = 5;
/** Above all that is paid for. */
export const MINER_PRIORITY = 1n << 62n;
/** Submissions that were not looked at, whose fees are given back. */
export const MAX_REFUNDS = MAX_SUBMISSIONS / 4;

export const declaration = definePallet("ElectionProviderMultiPhase", {
  docs: "Election of validators: solutions are submitted in phases, checked, and the best one is taken.",
  config: configOf<ElectionConfig>(),
  constants: {
    BetterSignedThreshold: constant(
      Perbill,
      (c: ElectionConfig) => c.betterSigned,
      "By how much a signed solution must be better to push another out of the full queue.",
    ),
    BetterUnsignedThreshold: constant(
      Perbill,
      (c: ElectionConfig) => c.betterUnsigned,
      "By how much an unsigned solution must be better than the queued one.",
    ),
    SignedPhase: constant(
      u32,
      (c: ElectionConfig) => c.signedPhase,
      "Slots in which signed solutions are taken.",
    ),
    UnsignedPhase: constant(
      u32,
      (c: ElectionConfig) => c.unsignedPhase,
      "Slots in which validators submit solutions.",
    ),
    OffchainRepeat: constant(
      u32,
      (_: ElectionConfig) => OFFCHAIN_REPEAT,
      "Blocks after which a node that mines looks again.",
    ),
    MinerTxPriority: constant(
      u64,
      (_: ElectionConfig) => MINER_PRIORITY,
      "Priority of unsigned solutions, before their score.",
    ),
    SignedMaxSubmissions: constant(
      u32,
      (_: ElectionConfig) => MAX_SUBMISSIONS,
      "Signed solutions that may wait.",
    ),
    SignedMaxWeight: constant(
      Weight,
      (_: ElectionConfig) => WEIGHTS.feasibility_check,
      "Weight of the check of a signed solution, at most.",
    ),
    SignedMaxRefunds: constant(
      u32,
      (_: ElectionConfig) => MAX_REFUNDS,
      "Solutions that were not looked at, whose fees are given back.",
    ),
    SignedRewardBase: constant(
      u128,
      (c: ElectionConfig) => c.rewardBase,
      "Reward of the signed solution that is taken, beside its fee.",
    ),
    SignedDepositBase: constant(
      u128,
      (c: ElectionConfig) => c.depositBase,
      "Deposit of a signed solution.",
    ),
    SignedDepositByte: constant(
      u128,
      (c: ElectionConfig) => c.depositPerByte,
      "Deposit for each byte of a signed solution.",
    ),
    MaxWinners: constant(u32, (_: ElectionConfig) => MAX_WINNERS, "Winners at most."),
    MinerMaxLength: constant(
      u32,
      (_: ElectionConfig) => MAX_SOLUTION_BYTES,
      "Longest solution in bytes.",
    ),
    MinerMaxVotesPerVoter: constant(
      u32,
      (_: ElectionConfig) => MAX_TARGETS_PER_VOTE,
      "Targets of a voter at most.",
    ),
    MinerMaxWinners: constant(u32, (_: ElectionConfig) => MAX_WINNERS, "Winners at most."),
  },
  storage: {
    Round: value(u32, {
      default: 1,
      docs: "Number of the round; the next one begins with an election.",
    }),
    CurrentPhase: value(Phase, {
      default: { type: "Off", value: undefined },
      docs: "Who may submit solutions now.",
    }),
    QueuedSolution: value(ReadySolution, { docs: "The best solution that was checked." }),
    Snapshot: value(RoundSnapshot, { docs: "Voters and targets of the round." }),
    DesiredTargets: value(u32, { docs: "Winners that a solution must have." }),
    SnapshotMetadata: value(SnapshotSize, {
      docs: "Numbers of voters and targets of the snapshot.",
    }),
    SignedSubmissionNextIndex: value(u32, {
      default: 0,
      docs: "Index of the next signed submission of the round.",
    }),
    SignedSubmissionIndices: value(SubmissionIndices, {
      default: [],
      docs: "Score, block and index of the signed submissions that wait; the worst first.",
    }),
    SignedSubmissionsMap: map(twox64Concat, u32, SignedSubmission, {
      docs: "Signed submissions that wait for the end of their phase, not checked yet.",
    }),
    MinimumUntrustedScore: value(ElectionScore, {
      docs: "Score that a submitted solution must be better than.",
    }),
  },
  events: {
    SolutionStored: event(
      0,
      { compute: ElectionCompute, origin: option(accountId), prevEjected: bool },
      "A solution was taken in; a signed one is not checked yet.",
    ),
    ElectionFinalized: event(
      1,
      { compute: ElectionCompute, score: ElectionScore },
      "The election is over, by such a solution.",
    ),
    ElectionFailed: event(2, {}, "The election had no result; root decides, or the next one."),
    Rewarded: event(
      3,
      { account: accountId, value: u128 },
      "The solution of an account was taken.",
    ),
    Slashed: event(
      4,
      { account: accountId, value: u128 },
      "A solution was no solution; its deposit is lost.",
    ),
    PhaseTransitioned: event(5, { from: Phase, to: Phase, round: u32 }, "Another phase began."),
  },
  errors: {
    PreDispatchEarlySubmission: error(0, "The phase of such solutions is not now."),
    PreDispatchWrongWinnerCount: error(1, "The solution has too many winners, or too few."),
    PreDispatchWeakSubmission: error(2, "The solution is not better than the queued one."),
    SignedQueueFull: error(3, "The queue is full of better solutions."),
    SignedCannotPayDeposit: error(4, "The deposit cannot be paid."),
    SignedInvalidWitness: error(5, "The named size is not the snapshot's."),
    SignedTooMuchWeight: error(6, "The solution is too large."),
    MissingSnapshotMetadata: error(8, "There is no snapshot."),
    CallNotAllowed: error(10, "This can be asked in an emergency only."),
    FallbackFailed: error(11, "The election on chain has no result."),
    PreDispatchDifferentRound: error(14, "The solution is of another round."),
    InvalidVoter: error(15, "The solution names a voter that is not in the snapshot."),
    DuplicateVoter: error(16, "The solution names a voter twice."),
    InvalidWinner: error(17, "The solution names a target that is not in the snapshot."),
    DuplicateTarget: error(18, "The solution names a target twice in one vote."),
    InvalidVote: error(19, "The solution gives a voter's stake to whom it did not vote for."),
    InvalidRatios: error(20, "The parts of a vote are nothing, or more than the whole."),
    InvalidScore: error(21, "The score is not that of the solution."),
    UntrustedScoreTooLow: error(
      22,
      "The score is not above the least one for submitted solutions.",
    ),
  },
});

export type ElectionContext = ContextOf<typeof declaration>;

/** The pallet's context on the block that `ctx` leads to. */
export function electionOf(ctx: HasEnv): ElectionContext {
  return ctx.env.of(declaration);
}
