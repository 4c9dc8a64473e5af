/** Declaration of PhaGatekeeperStake. */
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
  map,
  twox64Concat,
  value,
} from "@pha/frame";
import type { Seat } from "@pha/protocol";
import { u8, u32, u128, vec } from "@pha/scale";
import type { Fungible } from "../balances/index.ts";
import { Misdeed } from "../pha-gatekeepers/types.ts";
import type { WorkerDirectory } from "../phala-registry/index.ts";
import {
  Approval,
  Bond,
  Candidate,
  Exposure,
  MAX_NOMINATIONS,
  MAX_PENDING_SLASHES,
  PendingSlash,
  Term,
} from "./types.ts";

/** Gatekeepers as this pallet sees them. */
export interface SeatDirectory {
  operators(ctx: HasEnv): readonly AccountId[];
  /** Registered gatekeeper of an operator or candidate. */
  memberOf(ctx: HasEnv, account: AccountId): Seat | undefined;
  /** Keeps nothing of an account that holds no seat and stands no longer. */
  forget(ctx: HasEnv, account: AccountId): void;
  /** Takes the operator off the list; a next generation is made without it. */
  remove(ctx: HasEnv, operator: AccountId): void;
}

export interface StakeParameters {
  /** Least bond of a candidate, in plancks. */
  readonly minCandidateBond: bigint;
  /** Least bond of a nominator, in plancks. */
  readonly minNominatorBond: bigint;
  /** Blocks from unbonding to withdrawal: until then it can be slashed. */
  readonly unbondingBlocks: number;
  /** Blocks between two looks at leases. */
  readonly sampleBlocks: number;
  /** Whether governance approves each seat. */
  readonly needsApproval: boolean;
  /** Seats that are elected at genesis; 0: root names the operators. */
  readonly seats: number;
}

/** What a runtime must supply to include the pallet. */
export interface PhaGatekeeperStakeConfig extends StakeParameters {
  readonly currency: Fungible;
  readonly issuance: (ctx: HasEnv) => bigint;
  /** Rewards come out of it; nothing is minted. */
  readonly miningPot: AccountId;
  /** Rewards that are not claimed. */
  readonly rewardPot: AccountId;
  /** Receives what is slashed. */
  readonly slashTo: AccountId;
  readonly seatDirectory: SeatDirectory;
  readonly workers: WorkerDirectory;
  /** Chain time in milliseconds. */
  readonly now: (ctx: HasEnv) => bigint;
  readonly threshold: (seats: number) => number;
  /** Fewest seats of a run. */
  readonly minSeats: number;
}

export const HOLD = "pha/gate";

export const declaration = definePallet("PhaGatekeeperStake", {
  docs: "Who holds the seats of gatekeepers: stake, elections, rewards for duty, slashes.",
  config: configOf<PhaGatekeeperStakeConfig>(),
  constants: {
    MinCandidateBond: constant(
      u128,
      (c: PhaGatekeeperStakeConfig) => c.minCandidateBond,
      "Least bond of a candidate, in plancks.",
    ),
    MinNominatorBond: constant(
      u128,
      (c: PhaGatekeeperStakeConfig) => c.minNominatorBond,
      "Least bond of a nominator, in plancks.",
    ),
    UnbondingBlocks: constant(
      u32,
      (c: PhaGatekeeperStakeConfig) => c.unbondingBlocks,
      "Blocks from unbonding to withdrawal.",
    ),
  },
  storage: {
    Bonds: map(blake2_128Concat, accountId, Bond, { docs: "Bond of each account." }),
    Candidates: map(blake2_128Concat, accountId, Candidate, {
      docs: "Accounts that stand for election.",
    }),
    CandidateCount: value(u32, { default: 0, docs: "How many stand for election." }),
    Nominations: map(blake2_128Concat, accountId, vec(accountId, MAX_NOMINATIONS), {
      docs: "Whom each nominator puts its bond behind.",
    }),
    NominatorCount: value(u32, { default: 0, docs: "How many nominate." }),
    Approvals: map(blake2_128Concat, accountId, Approval, {
      docs: "Accounts whose seat governance approved, and what it is approved for.",
    }),
    Barred: map(blake2_128Concat, accountId, Misdeed, {
      docs: "Operators that were convicted; only a new approval lets them stand again.",
    }),
    PendingSlashes: value(vec(PendingSlash, MAX_PENDING_SLASHES), {
      default: [],
      docs: "Slashes that the next blocks carry out, one each.",
    }),
    Seats: value(u8, {
      default: 0,
      docs: "Seats that are elected; 0: root names the operators.",
    }),
    TermReward: value(u128, {
      default: 0n,
      docs: "What the mining pot pays for the duty of a term, in plancks.",
    }),
    MinOnline: value(u8, {
      default: 0,
      docs: "Percent of the samples of a term that must find a gatekeeper's lease running.",
    }),
    CurrentTerm: value(u32, { default: 0, docs: "The term that goes on." }),
    Terms: map(twox64Concat, u32, Term, { docs: "Duty and reward of the last terms." }),
    Exposures: doubleMap(twox64Concat, u32, blake2_128Concat, accountId, Exposure, {
      docs: "What stood behind each seat of the last terms.",
    }),
  },
  events: {
    Bonded: event(0, { who: accountId, amount: u128 }, "Funds were put at stake."),
    Unbonded: event(
      1,
      { who: accountId, amount: u128, at: u32 },
      "Funds are no longer at stake; they can be withdrawn from a block on.",
    ),
    Withdrawn: event(2, { who: accountId, amount: u128 }, "Funds are free again."),
    Stands: event(3, { who: accountId, commission: u8 }, "An account stands for election."),
    Nominated: event(
      4,
      { who: accountId, targets: vec(accountId, MAX_NOMINATIONS) },
      "A nominator put its bond behind candidates.",
    ),
    Chilled: event(5, { who: accountId }, "An account neither stands nor nominates any more."),
    Approved: event(6, { who: accountId, approval: Approval }, "Governance approved a seat."),
    Revoked: event(7, { who: accountId }, "Governance took an approval back."),
    Elected: event(
      8,
      { term: u32, who: accountId, own: u128, total: u128 },
      "An operator holds a seat in a term, with this stake of its own and in total.",
    ),
    ElectionFailed: event(
      9,
      { electable: u32, fitting: u32, least: u32 },
      "Too few candidates are there, or too many of one group: the operators stay.",
    ),
    TermEnded: event(10, { term: u32, reward: u128 }, "A reward was set aside for a term's duty."),
    Missed: event(
      11,
      { term: u32, operator: accountId, online: u32, samples: u32 },
      "An operator's gatekeeper was not there often enough: it gets no reward and stands no longer.",
    ),
    Rewarded: event(12, { term: u32, who: accountId, amount: u128 }, "A reward was paid."),
    Slashed: event(
      13,
      { operator: accountId, misdeed: Misdeed, who: accountId, amount: u128 },
      "A bond paid for what an operator's gatekeeper did.",
    ),
    ReporterPaid: event(
      14,
      { operator: accountId, who: accountId, amount: u128 },
      "Who showed a misdeed got a part of the slash.",
    ),
    SettingsChanged: event(
      15,
      { seats: u8, termReward: u128, minOnline: u8 },
      "Governance set how many seats there are and what their duty is worth.",
    ),
  },
  errors: {
    NoBond: error(0, "The account has no bond."),
    BondTooSmall: error(1, "The bond is below the least one, or would be."),
    TooManyUnbonding: error(2, "Too many parts of the bond wait; withdraw what is free."),
    NothingToWithdraw: error(3, "Nothing can be withdrawn yet."),
    NotApproved: error(4, "Governance has not approved a seat for the account."),
    Convicted: error(5, "The account was convicted; only a new approval lets it stand again."),
    TooManyCandidates: error(6, "No more candidates can stand."),
    TooManyNominators: error(7, "No more nominators can be taken."),
    BadCommission: error(8, "A commission is at most 100 percent."),
    NoTargets: error(9, "At least one candidate must be named, each once."),
    NotCandidate: error(10, "A nominated account does not stand for election."),
    IsCandidate: error(11, "A candidate does not nominate others; chill first."),
    IsNominator: error(12, "A nominator does not stand; chill first."),
    NothingToChill: error(13, "The account neither stands nor nominates."),
    NoReward: error(14, "There is no unclaimed reward of the operator in this term."),
    BadSeats: error(15, "So many seats cannot be elected on this chain."),
    BadPercent: error(16, "A percentage is at most 100."),
    EmptyLabel: error(17, "A label must say something."),
  },
});

export type StakeContext = ContextOf<typeof declaration>;
