/** Values that Staking keeps: names, layouts and paths are Substrate's, so that tools decode them. */
import { type AccountId, accountId } from "@pha/frame";
import {
  bool,
  type Codec,
  compact,
  type EnumOf,
  mapCodec,
  option,
  type Shape,
  struct,
  tuple,
  u32,
  u64,
  u128,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { BILLION, MAX_TARGETS_PER_VOTE } from "../npos-elections/index.ts";

export const MAX_UNLOCKING = 32;
export const MAX_NOMINATIONS = MAX_TARGETS_PER_VOTE;
/** Nominators of one page of an exposure. */
export const PAGE_SIZE = 64;
export const MAX_SLASHES = 1_000;
const MAX_SPANS = 1_000;
const MAX_REPORTERS = 16;
const MAX_ERAS = 1_000;

/** Billionths. */
export const Perbill: Codec<bigint> = mapCodec(
  {
    ...u32,
    shape: {
      kind: "composite",
      path: ["sp_arithmetic", "per_things", "Perbill"],
      fields: [{ shape: u32.shape, typeName: "u32" }],
    },
  },
  (parts) => BigInt(parts),
  (parts) => Number(parts),
);

/** Compact billionths: more than one is read as one, as Substrate does. */
const CompactPerbill: Codec<bigint> = mapCodec(
  { ...compact(u32), shape: { kind: "compact", inner: Perbill.shape } },
  (parts) => (BigInt(parts) > BILLION ? BILLION : BigInt(parts)),
  (parts) => Number(parts),
);

/** A `BTreeMap` in metadata; in order of its keys. */
function sortedMap<V>(
  valueCodec: Codec<V>,
  max: number,
): Codec<readonly (readonly [AccountId, V])[]> {
  const entries = vec(tuple(accountId, valueCodec), max);
  const shape: Shape = {
    kind: "composite",
    path: ["BTreeMap"],
    params: [
      { name: "K", shape: accountId.shape },
      { name: "V", shape: valueCodec.shape },
    ],
    fields: [{ shape: entries.shape }],
  };
  return { ...entries, shape };
}

const destinations = {
  /** Pays into the bond. */
  Staked: variant(0, unit),
  Stash: variant(1, unit),
  /** The same account today. */
  Controller: variant(2, unit),
  Account: variant(3, accountId),
  /** Rewards stay in the pot. */
  None: variant(4, unit),
};
export type RewardDestination = EnumOf<typeof destinations>;
export const RewardDestination: Codec<RewardDestination> = variants(destinations, {
  path: ["pallet_staking", "RewardDestination"],
  params: [{ name: "AccountId", shape: accountId.shape }],
});

export interface UnlockChunk {
  readonly value: bigint;
  /** From this era on it can be withdrawn. */
  readonly era: number;
}
const UnlockChunk: Codec<UnlockChunk> = struct(
  { value: compact(u128), era: compact(u32) },
  { path: ["pallet_staking", "UnlockChunk"] },
);

export interface StakingLedger {
  readonly stash: AccountId;
  /** What is held: active and unlocking. */
  readonly total: bigint;
  /** What is at stake in the next election. */
  readonly active: bigint;
  /** In order of eras. */
  readonly unlocking: readonly UnlockChunk[];
  /** Of an older layout; always empty. */
  readonly legacyClaimedRewards: readonly number[];
}
export const StakingLedger: Codec<StakingLedger> = struct(
  {
    stash: accountId,
    total: compact(u128),
    active: compact(u128),
    unlocking: vec(UnlockChunk, MAX_UNLOCKING),
    legacyClaimedRewards: vec(u32, MAX_ERAS),
  },
  { path: ["pallet_staking", "StakingLedger"] },
);

export interface ValidatorPrefs {
  /** Billionths of the rewards that the validator takes before they are shared. */
  readonly commission: bigint;
  /** Takes no new nominations. */
  readonly blocked: boolean;
}
export const ValidatorPrefs: Codec<ValidatorPrefs> = struct(
  { commission: CompactPerbill, blocked: bool },
  { path: ["pallet_staking", "ValidatorPrefs"], typeNames: { commission: "Perbill" } },
);

export interface Nominations {
  readonly targets: readonly AccountId[];
  readonly submittedIn: number;
  readonly suppressed: boolean;
}
export const Nominations: Codec<Nominations> = struct(
  { targets: vec(accountId, MAX_NOMINATIONS), submittedIn: u32, suppressed: bool },
  { path: ["pallet_staking", "Nominations"] },
);

export const ActiveEraInfo = struct(
  { index: u32, start: option(u64) },
  { path: ["pallet_staking", "ActiveEraInfo"] },
);

export interface IndividualExposure {
  readonly who: AccountId;
  readonly value: bigint;
}
const IndividualExposure: Codec<IndividualExposure> = struct(
  { who: accountId, value: compact(u128) },
  { path: ["sp_staking", "IndividualExposure"] },
);

export interface ExposureOverview {
  readonly total: bigint;
  readonly own: bigint;
  readonly nominatorCount: number;
  readonly pageCount: number;
}
export const ExposureOverview: Codec<ExposureOverview> = struct(
  { total: compact(u128), own: compact(u128), nominatorCount: u32, pageCount: u32 },
  { path: ["sp_staking", "PagedExposureMetadata"] },
);

export const ExposurePage = struct(
  { pageTotal: compact(u128), others: vec(IndividualExposure, PAGE_SIZE) },
  { path: ["sp_staking", "ExposurePage"] },
);

/** Stake behind a validator in an era. */
export interface Exposure {
  readonly total: bigint;
  readonly own: bigint;
  readonly others: readonly IndividualExposure[];
}

export interface EraRewardPoints {
  readonly total: number;
  readonly individual: readonly (readonly [AccountId, number])[];
}
export const EraRewardPoints: Codec<EraRewardPoints> = struct(
  { total: u32, individual: sortedMap(u32, 1_000) },
  { path: ["pallet_staking", "EraRewardPoints"] },
);

const forcings = {
  NotForcing: variant(0, unit),
  ForceNew: variant(1, unit),
  ForceNone: variant(2, unit),
  ForceAlways: variant(3, unit),
};
export const Forcing: Codec<EnumOf<typeof forcings>> = variants(forcings, {
  path: ["pallet_staking", "Forcing"],
});

/** A slash that is decided and not carried out yet. */
export interface UnappliedSlash {
  readonly validator: AccountId;
  readonly own: bigint;
  readonly others: readonly (readonly [AccountId, bigint])[];
  readonly reporters: readonly AccountId[];
  /** For the reporters together. */
  readonly payout: bigint;
}
export const UnappliedSlash: Codec<UnappliedSlash> = struct(
  {
    validator: accountId,
    own: u128,
    others: vec(tuple(accountId, u128), 12_500),
    reporters: vec(accountId, MAX_REPORTERS),
    payout: u128,
  },
  { path: ["pallet_staking", "UnappliedSlash"] },
);

export interface SlashingSpans {
  readonly spanIndex: number;
  /** First era of the present span. */
  readonly lastStart: number;
  readonly lastNonzeroSlash: number;
  /** Lengths of earlier spans, the latest first. */
  readonly prior: readonly number[];
}
export const SlashingSpans: Codec<SlashingSpans> = struct(
  { spanIndex: u32, lastStart: u32, lastNonzeroSlash: u32, prior: vec(u32, MAX_SPANS) },
  { path: ["pallet_staking", "slashing", "SlashingSpans"] },
);
export const SpanRecord = struct(
  { slashed: u128, paidOut: u128 },
  { path: ["pallet_staking", "slashing", "SpanRecord"] },
);
