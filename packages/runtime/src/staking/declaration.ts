/** Declaration of Staking: names and indexes are Substrate's. */
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
  nMap,
  twox64Concat,
  value,
} from "@pha/frame";
import { tuple, u32, u128, vec } from "@pha/scale";
import type { Fungible } from "../balances/index.ts";
import type { Support } from "../npos-elections/index.ts";
import {
  ActiveEraInfo,
  EraRewardPoints,
  ExposureOverview,
  ExposurePage,
  Forcing,
  MAX_NOMINATIONS,
  MAX_SLASHES,
  MAX_UNLOCKING,
  Nominations,
  PAGE_SIZE,
  Perbill,
  RewardDestination,
  SlashingSpans,
  SpanRecord,
  StakingLedger,
  UnappliedSlash,
  ValidatorPrefs,
} from "./types.ts";

/** An elected validator and who stands behind it, itself among them. */
export type Elected = readonly [validator: AccountId, support: Support<string>];

export interface StakingParameters {
  readonly sessionsPerEra: number;
  /** Eras from unbonding to withdrawal. */
  readonly bondingDuration: number;
  /** Eras from an offence to its slash, in which it can be cancelled. Less than the bonding duration. */
  readonly slashDeferDuration: number;
  /** Eras in which rewards can be claimed. */
  readonly historyDepth: number;
}

export interface StakingConfig extends StakingParameters {
  readonly currency: Fungible;
  /** Pays the rewards of each era, never more than it has. */
  readonly miningPot: AccountId;
  /** Keeps rewards until they are claimed. */
  readonly rewardPot: AccountId;
  /** Gets what is slashed, less what reporters get. */
  readonly slashTo: AccountId;
  readonly now: (ctx: HasEnv) => bigint;
  /** Validators of the next era, best first; `undefined` when there is no good result. */
  readonly elect: (ctx: HasEnv, seats: number) => readonly Elected[] | undefined;
  readonly disable: (ctx: HasEnv, validator: AccountId) => void;
}

export const MAX_INVULNERABLES = 100;

export const declaration = definePallet("Staking", {
  docs: "Stake behind validators: bonds, nominations, eras, rewards and slashes.",
  config: configOf<StakingConfig>(),
  constants: {
    HistoryDepth: constant(
      u32,
      (c: StakingConfig) => c.historyDepth,
      "Eras in which rewards can be claimed.",
    ),
    SessionsPerEra: constant(u32, (c: StakingConfig) => c.sessionsPerEra, "Sessions of an era."),
    BondingDuration: constant(
      u32,
      (c: StakingConfig) => c.bondingDuration,
      "Eras from unbonding to withdrawal.",
    ),
    SlashDeferDuration: constant(
      u32,
      (c: StakingConfig) => c.slashDeferDuration,
      "Eras from an offence to its slash.",
    ),
    MaxExposurePageSize: constant(u32, (_: StakingConfig) => PAGE_SIZE, "Nominators of a page."),
    MaxUnlockingChunks: constant(
      u32,
      (_: StakingConfig) => MAX_UNLOCKING,
      "Parts of a bond that may be unlocking at once.",
    ),
    MaxNominations: constant(
      u32,
      (_: StakingConfig) => MAX_NOMINATIONS,
      "Validators that may be nominated at once.",
    ),
  },
  storage: {
    ValidatorCount: value(u32, { default: 0, docs: "Seats of the next election." }),
    MinimumValidatorCount: value(u32, {
      default: 1,
      docs: "An election with fewer winners changes nothing.",
    }),
    Invulnerables: value(vec(accountId, MAX_INVULNERABLES), {
      default: [],
      docs: "Validators that are never slashed.",
    }),
    Bonded: map(twox64Concat, accountId, accountId, {
      docs: "Controller of a stash: the stash itself.",
    }),
    MinNominatorBond: value(u128, { default: 0n, docs: "Least bond of a nominator, in plancks." }),
    MinValidatorBond: value(u128, { default: 0n, docs: "Least bond of a validator, in plancks." }),
    MinimumActiveStake: value(u128, {
      default: 0n,
      docs: "Least stake of a nominator in the last election.",
    }),
    MinCommission: value(Perbill, { default: 0n, docs: "Least commission of a validator." }),
    Ledger: map(blake2_128Concat, accountId, StakingLedger, { docs: "Bond of an account." }),
    Payee: map(twox64Concat, accountId, RewardDestination, { docs: "Where rewards go." }),
    Validators: map(twox64Concat, accountId, ValidatorPrefs, {
      default: { commission: 0n, blocked: false },
      docs: "Who wants to validate, and how.",
    }),
    CounterForValidators: value(u32, { default: 0, docs: "Number of entries in Validators." }),
    MaxValidatorsCount: value(u32, { docs: "Most entries in Validators; absent: no limit." }),
    Nominators: map(twox64Concat, accountId, Nominations, { docs: "Who nominates whom." }),
    CounterForNominators: value(u32, { default: 0, docs: "Number of entries in Nominators." }),
    MaxNominatorsCount: value(u32, { docs: "Most entries in Nominators; absent: no limit." }),
    CurrentEra: value(u32, { docs: "The newest era that is planned; may not have begun." }),
    ActiveEra: value(ActiveEraInfo, { docs: "The era that rewards are earned in." }),
    ErasStartSessionIndex: map(twox64Concat, u32, u32, { docs: "First session of an era." }),
    ErasStakersOverview: doubleMap(twox64Concat, u32, twox64Concat, accountId, ExposureOverview, {
      docs: "Stake behind a validator in an era, summed up.",
    }),
    ErasStakersPaged: nMap(
      [
        [twox64Concat, u32],
        [twox64Concat, accountId],
        [twox64Concat, u32],
      ],
      ExposurePage,
      { docs: "Nominators behind a validator in an era, by pages." },
    ),
    ClaimedRewards: doubleMap(twox64Concat, u32, twox64Concat, accountId, vec(u32, 1_000), {
      default: [],
      docs: "Pages of a validator in an era that were paid.",
    }),
    ErasValidatorPrefs: doubleMap(twox64Concat, u32, twox64Concat, accountId, ValidatorPrefs, {
      default: { commission: 0n, blocked: false },
      docs: "Preferences of a validator in an era.",
    }),
    ErasValidatorReward: map(twox64Concat, u32, u128, {
      docs: "What an era pays to all validators and nominators, in plancks.",
    }),
    ErasRewardPoints: map(twox64Concat, u32, EraRewardPoints, {
      default: { total: 0, individual: [] },
      docs: "Points that validators earned in an era.",
    }),
    ErasTotalStake: map(twox64Concat, u32, u128, {
      default: 0n,
      docs: "Stake behind all validators of an era, in plancks.",
    }),
    ForceEra: value(Forcing, {
      default: { type: "NotForcing", value: undefined },
      docs: "Whether eras follow their length.",
    }),
    SlashRewardFraction: value(Perbill, {
      default: 0n,
      docs: "Part of a slash that its reporters get.",
    }),
    UnappliedSlashes: map(twox64Concat, u32, vec(UnappliedSlash, MAX_SLASHES), {
      default: [],
      docs: "Slashes to be carried out at the beginning of an era.",
    }),
    BondedEras: value(vec(tuple(u32, u32), 1_000), {
      default: [],
      docs: "Eras whose offences can be slashed still, with their first sessions.",
    }),
    ValidatorSlashInEra: doubleMap(
      twox64Concat,
      u32,
      twox64Concat,
      accountId,
      tuple(Perbill, u128),
      { docs: "Largest slash of a validator in an era: its part, and its own stake's." },
    ),
    NominatorSlashInEra: doubleMap(twox64Concat, u32, twox64Concat, accountId, u128, {
      docs: "Largest slash of a nominator in an era, in plancks.",
    }),
    SlashingSpans: map(twox64Concat, accountId, SlashingSpans, {
      docs: "Spans of eras in which an account is slashed as much as for its worst offence.",
    }),
    SpanSlash: map(twox64Concat, tuple(accountId, u32), SpanRecord, {
      default: { slashed: 0n, paidOut: 0n },
      docs: "What was slashed in a span, and paid to reporters for it.",
    }),
    CurrentPlannedSession: value(u32, { default: 0, docs: "The newest session that is planned." }),
    EraPayout: value(u128, {
      default: 0n,
      docs: "What the mining pot pays to the stakers of an era, in plancks; set by root.",
    }),
  },
  events: {
    EraPaid: event(
      0,
      { eraIndex: u32, validatorPayout: u128, remainder: u128 },
      "An era ended; the mining pot paid its rewards.",
    ),
    Rewarded: event(
      1,
      { stash: accountId, dest: RewardDestination, amount: u128 },
      "A staker got its reward.",
    ),
    Slashed: event(2, { staker: accountId, amount: u128 }, "A staker was slashed."),
    SlashReported: event(
      3,
      { validator: accountId, fraction: Perbill, slashEra: u32 },
      "A validator is to be slashed for an offence in an era.",
    ),
    OldSlashingReportDiscarded: event(
      4,
      { sessionIndex: u32 },
      "An offence was too old to be slashed.",
    ),
    StakersElected: event(5, {}, "The validators of the next era were elected."),
    Bonded: event(6, { stash: accountId, amount: u128 }, "Funds were bonded."),
    Unbonded: event(7, { stash: accountId, amount: u128 }, "Funds began to unlock."),
    Withdrawn: event(8, { stash: accountId, amount: u128 }, "Unlocked funds were freed."),
    Kicked: event(
      9,
      { nominator: accountId, stash: accountId },
      "A nominator was removed from a validator.",
    ),
    StakingElectionFailed: event(10, {}, "The election had no good result; nothing changes."),
    Chilled: event(11, { stash: accountId }, "An account stopped to validate or nominate."),
    PayoutStarted: event(
      12,
      { eraIndex: u32, validatorStash: accountId },
      "A page of rewards is being paid.",
    ),
    ValidatorPrefsSet: event(
      13,
      { stash: accountId, prefs: ValidatorPrefs },
      "A validator set its preferences.",
    ),
    ForceEra: event(16, { mode: Forcing }, "Root decided about the next eras."),
    SlashCancelled: event(
      18,
      { slashEra: u32, validator: accountId },
      "Root cancelled a slash before it was carried out.",
    ),
  },
  errors: {
    NotController: error(0, "The account has no bond."),
    NotStash: error(1, "The account is no stash."),
    AlreadyBonded: error(2, "The account has a bond already; add to it by `bond_extra`."),
    AlreadyPaired: error(3, "The controller is the stash already."),
    EmptyTargets: error(4, "No validators are named."),
    DuplicateIndex: error(5, "An index is repeated, or not in order."),
    InvalidSlashIndex: error(6, "There is no slash with this index."),
    InsufficientBond: error(7, "The bond is smaller than the least one for this role."),
    NoMoreChunks: error(8, "Too many parts are unlocking; withdraw or rebond first."),
    NoUnlockChunk: error(9, "Nothing is unlocking."),
    FundedTarget: error(10, "The stash has funds; it cannot be reaped."),
    InvalidEraToReward: error(11, "The era is not over, or too long ago."),
    InvalidNumberOfNominations: error(12, "The number of nominations is not valid."),
    AlreadyClaimed: error(14, "The rewards were paid already."),
    InvalidPage: error(15, "The validator has no such page in this era."),
    IncorrectHistoryDepth: error(16, "The history is too short."),
    IncorrectSlashingSpans: error(17, "The number of slashing spans is too small."),
    BadState: error(18, "The state does not fit."),
    TooManyTargets: error(19, "Too many validators are named."),
    BadTarget: error(20, "A target does not validate, or takes no nominations."),
    CannotChillOther: error(21, "Somebody else's account cannot be chilled."),
    TooManyNominators: error(22, "There are as many nominators as may be."),
    TooManyValidators: error(23, "There are as many validators as may be."),
    CommissionTooLow: error(24, "The commission is below the least one."),
    BoundNotMet: error(25, "A limit is not kept."),
  },
});

export type StakingContext = ContextOf<typeof declaration>;

/** The pallet's context on the block that `ctx` leads to. */
export function stakingOf(ctx: HasEnv): StakingContext {
  return ctx.env.of(declaration);
}
