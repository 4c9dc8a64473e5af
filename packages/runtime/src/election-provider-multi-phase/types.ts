/** Values that ElectionProviderMultiPhase keeps: names, layouts and paths are Substrate's, so that tools decode them. */
import { type AccountId, accountId } from "@pha/frame";
import {
  bool,
  type Codec,
  compact,
  type EnumOf,
  option,
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
import {
  CompactSolution,
  type ElectionScore as ElectionScoreValue,
  MAX_TARGETS_PER_VOTE,
} from "../npos-elections/index.ts";

/** Voters of a snapshot. */
export const MAX_VOTERS = 1_000;
export const MAX_TARGETS = 1_000;
export const MAX_WINNERS = 1_000;
/** Signed solutions that wait for the end of their phase. */
export const MAX_SUBMISSIONS = 4;
/** Longest solution. */
export const MAX_SOLUTION_BYTES = 64 << 10;
const PALLET = "pallet_election_provider_multi_phase";

export const ElectionScore: Codec<ElectionScoreValue> = struct(
  { minimalStake: u128, sumStake: u128, sumStakeSquared: u128 },
  { path: ["sp_npos_elections", "ElectionScore"] },
);

const phases = {
  Off: variant(0, unit),
  Signed: variant(1, unit),
  /** Whether solutions are taken, and the block in which the phase began. */
  Unsigned: variant(2, tuple(bool, u32)),
  /** An election failed: root decides. */
  Emergency: variant(3, unit),
};
export type Phase = EnumOf<typeof phases>;
export const Phase: Codec<Phase> = variants(phases, {
  path: [PALLET, "Phase"],
  params: [{ name: "Bn", shape: u32.shape }],
});

const computes = {
  OnChain: variant(0, unit),
  Signed: variant(1, unit),
  Unsigned: variant(2, unit),
  Fallback: variant(3, unit),
  Emergency: variant(4, unit),
};
export type ElectionCompute = EnumOf<typeof computes>;
export const ElectionCompute: Codec<ElectionCompute> = variants(computes, {
  path: [PALLET, "ElectionCompute"],
});

/** Stake behind a winner, in votes. */
export interface AccountSupport {
  readonly total: bigint;
  readonly voters: readonly (readonly [who: AccountId, stake: bigint])[];
}
const AccountSupport: Codec<AccountSupport> = struct(
  { total: u128, voters: vec(tuple(accountId, u128), MAX_VOTERS) },
  {
    path: ["sp_npos_elections", "Support"],
    params: [{ name: "AccountId", shape: accountId.shape }],
  },
);
export type Supports = readonly (readonly [winner: AccountId, support: AccountSupport])[];
export const Supports: Codec<Supports> = vec(tuple(accountId, AccountSupport), MAX_WINNERS);

/** A solution that was checked. */
export interface ReadySolution {
  readonly supports: Supports;
  readonly score: ElectionScoreValue;
  readonly compute: ElectionCompute;
}
export const ReadySolution: Codec<ReadySolution> = struct(
  { supports: Supports, score: ElectionScore, compute: ElectionCompute },
  { path: [PALLET, "ReadySolution"] },
);

/** A voter: stake in votes, and the accounts it votes for. */
type SnapshotVoter = readonly [who: AccountId, votes: bigint, targets: readonly AccountId[]];
const SnapshotVoter: Codec<SnapshotVoter> = tuple(
  accountId,
  u64,
  vec(accountId, MAX_TARGETS_PER_VOTE),
);

export interface RoundSnapshot {
  readonly voters: readonly SnapshotVoter[];
  readonly targets: readonly AccountId[];
}
export const RoundSnapshot: Codec<RoundSnapshot> = struct(
  { voters: vec(SnapshotVoter, MAX_VOTERS), targets: vec(accountId, MAX_TARGETS) },
  {
    path: [PALLET, "RoundSnapshot"],
    params: [
      { name: "AccountId", shape: accountId.shape },
      { name: "VoterType", shape: SnapshotVoter.shape },
    ],
  },
);

/** Numbers of a snapshot, which a solution must name. */
export interface SnapshotSize {
  readonly voters: number;
  readonly targets: number;
}
export const SnapshotSize: Codec<SnapshotSize> = struct(
  { voters: compact(u32), targets: compact(u32) },
  { path: [PALLET, "SolutionOrSnapshotSize"] },
);

/** What somebody says the result is, and how good. */
export interface RawSolution {
  readonly solution: CompactSolution;
  readonly score: ElectionScoreValue;
  readonly round: number;
}
export const RawSolution: Codec<RawSolution> = struct(
  { solution: CompactSolution, score: ElectionScore, round: u32 },
  { path: [PALLET, "RawSolution"], params: [{ name: "S", shape: CompactSolution.shape }] },
);

export interface SignedSubmission {
  readonly who: AccountId;
  readonly deposit: bigint;
  readonly rawSolution: RawSolution;
  /** Given back with the reward. */
  readonly callFee: bigint;
}
export const SignedSubmission: Codec<SignedSubmission> = struct(
  { who: accountId, deposit: u128, rawSolution: RawSolution, callFee: u128 },
  { path: [PALLET, "signed", "SignedSubmission"] },
);

/** Score, block and index of each waiting submission; the worst first. */
export const SubmissionIndices = vec(tuple(ElectionScore, u32, u32), MAX_SUBMISSIONS);

/** What a solution is computed from, beside the chain. */
export interface ElectionTask {
  readonly round: number;
  readonly snapshot: RoundSnapshot;
  readonly witness: SnapshotSize;
  /** Winners, exactly. */
  readonly seats: number;
  /** Of the solution that is queued: another must be better. */
  readonly queued: ElectionScoreValue | undefined;
}
export const ElectionTask: Codec<ElectionTask> = struct(
  {
    round: u32,
    snapshot: RoundSnapshot,
    witness: SnapshotSize,
    seats: u32,
    queued: option(ElectionScore),
  },
  { path: [PALLET, "ElectionTask"] },
);
