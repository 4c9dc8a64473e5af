/** Nominated proof of stake, composed: sessions, stake, authorship, and who tells whom. */
import { at, type HasEnv } from "@pha/frame";
import { Authorship } from "./authorship/index.ts";
import { authorOf, Babe, slotOf, slotsToEpochEnd } from "./babe/index.ts";
import { Balances, nativeToken } from "./balances/index.ts";
import {
  ElectionProviderMultiPhase,
  electInPhases,
  electOnChain,
  plancksPerVote,
} from "./election-provider-multi-phase/index.ts";
import { WEIGHTS as ELECTION_WEIGHTS } from "./election-provider-multi-phase/weights.ts";
import { grandpaSessions } from "./grandpa/index.ts";
import { Historical, historicalSessions, isRemembered } from "./historical/index.ts";
import { BILLION } from "./npos-elections/index.ts";
import {
  equivocations,
  noteAuthor,
  Offences,
  offenceSessions,
  punishAbsent,
} from "./offences/index.ts";
import { type ChainParameters, FEE_RATES, PHA, POTS, REWARD_POT, TREASURY } from "./parameters.ts";
import {
  disableValidator,
  isDisabled,
  rotateSession,
  Session,
  type SessionManager,
  validators,
} from "./session/index.ts";
import {
  eraOfSession,
  isCandidate,
  punish,
  rewardAuthor,
  Staking,
  type StakingParameters,
  sessionsToElection,
  stakeSnapshot,
  stakingSessions,
} from "./staking/index.ts";
import { accounts } from "./system/index.ts";
import { now } from "./timestamp/index.ts";
import { feeOf } from "./transaction-payment/index.ts";

/** Eras of twenty minutes; an offence is slashed two eras later. */
export const DEVELOPMENT_STAKING: StakingParameters = {
  sessionsPerEra: 6,
  bondingDuration: 4,
  slashDeferDuration: 2,
  historyDepth: 84,
};
/** Sessions are half an hour: eras of six hours, a week to unbond, half of it to cancel a slash. */
export const PUBLIC_STAKING: StakingParameters = {
  sessionsPerEra: 12,
  bondingDuration: 28,
  slashDeferDuration: 14,
  historyDepth: 84,
};

/** Sessions whose offences can be proven: as long as one can be punished, and the eras at both ends. */
function keptSessionsOf({ bondingDuration, sessionsPerEra }: StakingParameters): number {
  return (bondingDuration + 2) * sessionsPerEra;
}

/** In the order of hooks and genesis: bonds come before sessions, which count on them. */
export function nposPallets(
  parameters: StakingParameters,
  { epochLength }: Pick<ChainParameters, "epochLength">,
) {
  const keptSessions = keptSessionsOf(parameters);
  return [
    at(51, Staking, {
      ...parameters,
      currency: nativeToken,
      miningPot: POTS.mining.account,
      rewardPot: REWARD_POT,
      slashTo: TREASURY,
      now,
      // Who was chilled after the snapshot does not validate.
      elect: (ctx: HasEnv, seats: number) =>
        electInPhases(ctx, seats)?.filter(([account]) => isCandidate(ctx, account)),
      disable: disableValidator,
    }),
    at(57, ElectionProviderMultiPhase, {
      signedPhase: Number(epochLength) >> 2,
      unsignedPhase: Number(epochLength) >> 2,
      currency: nativeToken,
      rewardPot: TREASURY,
      rewardBase: PHA,
      depositBase: 10n * PHA,
      depositPerByte: PHA / 1_000n,
      betterSigned: 0n,
      betterUnsigned: BILLION / 2_000n,
      slotsToElection,
      votes: stakeSnapshot,
      desiredTargets: (ctx) => ctx.env.of(Staking).storage.ValidatorCount.get(),
      plancksPerVote: (ctx) => plancksPerVote(issuance(ctx)),
      electOnChain: (ctx, seats, maxVoters) =>
        electOnChain(stakeSnapshot(ctx, maxVoters), seats, issuance(ctx)),
      feeOf: (length) =>
        feeOf(FEE_RATES, length, {
          weight: ELECTION_WEIGHTS.submit,
          dispatchClass: "Normal",
          paysFee: true,
        }),
    }),
    at(53, Historical, { keptSessions, slot: slotOf }),
    at(54, Offences, {
      keptSessions,
      punish,
      // A session without a root cannot be proven, were its era ever so long.
      isPunishable: (ctx, session) =>
        isRemembered(ctx, session) && eraOfSession(ctx, session) !== undefined,
    }),
    at(52, Session, {
      accounts,
      manager,
      handlers: [grandpaSessions, historicalSessions, offenceSessions],
    }),
    at(50, Authorship, {
      author: authorOf,
      onAuthor: (ctx, author) => {
        rewardAuthor(ctx, author);
        noteAuthor(ctx, author);
      },
    }),
  ] as const;
}

function issuance(ctx: HasEnv): bigint {
  return ctx.env.of(Balances).storage.TotalIssuance.get();
}

/** Elections are at the ends of sessions, which are epochs. */
function slotsToElection(ctx: HasEnv): number | undefined {
  const sessions = sessionsToElection(ctx);
  return sessions === undefined
    ? undefined
    : slotsToEpochEnd(ctx) + sessions * Number(ctx.env.of(Babe).config.epochLength);
}

/** Before a session ends, who was away in it is punished. */
const manager: SessionManager = {
  ...stakingSessions,
  endSession(ctx, index) {
    punishAbsent(ctx, index, validators(ctx));
    stakingSessions.endSession(ctx, index);
  },
};

/** Reports of both engines end in Offences; a session sees one change of GRANDPA's set at most. */
export function grandpaReports(parameters: StakingParameters) {
  return { equivocations, keptSets: BigInt(keptSessionsOf(parameters) + 1) };
}

/** BABE's authorities follow the sessions. */
export const babeSessions = {
  equivocations,
  isDisabled,
  accountOfAuthority: (ctx: HasEnv, index: number) => validators(ctx)[index],
  nextAuthorities: (ctx: HasEnv) =>
    rotateSession(ctx).map(([, { babe }]) => ({ key: babe, weight: 1n })),
};
