/**
 * Eras: sessions grouped, with one election, one set of exposures and one payout each.
 *
 *     newSession(s + 1) plans era e ──► startSession(first of e): e is active ──► endSession(last of e): e is paid
 *
 * **Bounds**: exposures, points and claims are kept for `historyDepth` eras, slashes for the bonding duration.
 */
import { type AccountId, type HasEnv, scaleWeight } from "@pha/frame";
import type { SessionManager } from "../session/index.ts";
import { type StakingContext, stakingOf } from "./declaration.ts";
import { putExposures } from "./exposures.ts";
import { payEra } from "./payouts.ts";
import { applySlashes, forgetSlashes } from "./slashing.ts";
import { WEIGHTS } from "./weights.ts";

export const stakingSessions: SessionManager = {
  newSession(ctx, index) {
    const staking = stakingOf(ctx);
    staking.storage.CurrentPlannedSession.put(index);
    return isEraDue(staking, index) ? planEra(staking, index) : undefined;
  },
  startSession(ctx, index) {
    const staking = stakingOf(ctx);
    const next = nextEra(staking);
    if (staking.storage.ErasStartSessionIndex.get(next) === index) startEra(staking, next, index);
  },
  endSession(ctx, index) {
    const staking = stakingOf(ctx);
    if (staking.storage.ErasStartSessionIndex.get(nextEra(staking)) === index + 1) endEra(staking);
  },
};

function nextEra({ storage }: StakingContext): number {
  return (storage.ActiveEra.get()?.index ?? -1) + 1;
}

function isEraDue({ storage, config }: StakingContext, session: number): boolean {
  const current = storage.CurrentEra.get();
  if (current === undefined) return true;
  const started = storage.ErasStartSessionIndex.get(current) ?? 0;
  const { type } = storage.ForceEra.get();
  if (type === "NotForcing") return session - started >= config.sessionsPerEra;
  return type !== "ForceNone";
}

/** Sessions after the present one that end before validators are elected; `undefined` when they never are. */
export function sessionsToElection(ctx: HasEnv): number | undefined {
  const { storage, config } = stakingOf(ctx);
  const current = storage.CurrentEra.get();
  if (current === undefined) return 0;
  const { type } = storage.ForceEra.get();
  if (type === "ForceNone") return undefined;
  if (type !== "NotForcing") return 0;
  const started = storage.ErasStartSessionIndex.get(current) ?? 0;
  // The next to be planned follows the one planned last.
  const next = storage.CurrentPlannedSession.get() + 1;
  return Math.max(0, started + config.sessionsPerEra - next);
}

/** Elects the validators of a new era that starts with `session`; without a good result there is none. */
function planEra(ctx: StakingContext, session: number): readonly AccountId[] | undefined {
  const { storage } = ctx;
  const voters = storage.CounterForValidators.get() + storage.CounterForNominators.get();
  ctx.env.useWeight(scaleWeight(WEIGHTS.plan_era_per_voter, BigInt(voters)), "Mandatory");
  const elected = ctx.config.elect(ctx, storage.ValidatorCount.get());
  if (elected === undefined || elected.length < storage.MinimumValidatorCount.get()) {
    ctx.emit.StakingElectionFailed();
    return undefined;
  }
  if (storage.ForceEra.get().type === "ForceNew") storage.ForceEra.kill();
  const era = (storage.CurrentEra.get() ?? -1) + 1;
  storage.CurrentEra.put(era);
  storage.ErasStartSessionIndex.put(era, session);
  forgetEra(ctx, era - ctx.config.historyDepth - 1);
  putExposures(ctx, era, elected);
  ctx.emit.StakersElected();
  return elected.map(([validator]) => validator);
}

function startEra(ctx: StakingContext, era: number, session: number): void {
  const { storage, config } = ctx;
  storage.ActiveEra.put({ index: era, start: config.now(ctx) });
  const oldest = era - config.bondingDuration;
  const bonded = storage.BondedEras.get();
  for (const [old] of bonded) if (old < oldest) forgetSlashes(ctx, old);
  storage.BondedEras.put([...bonded.filter(([one]) => one >= oldest), [era, session]]);
  applySlashes(ctx, era);
}

function endEra(ctx: StakingContext): void {
  const era = ctx.storage.ActiveEra.get()?.index;
  // A payout that fails must not keep the session, or the block.
  if (era !== undefined) ctx.env.transaction(() => payEra(ctx, era));
}

/** What nobody can claim any more goes back to the mining pot with the next payout, as it stays in the pot. */
function forgetEra({ storage }: StakingContext, era: number): void {
  if (era < 0) return;
  for (const [validator, { pageCount }] of storage.ErasStakersOverview.entriesOf(era))
    for (let page = 0; page < pageCount; page++)
      storage.ErasStakersPaged.remove([era, validator, page]);
  storage.ErasStakersOverview.clearPrefix(era);
  storage.ErasValidatorPrefs.clearPrefix(era);
  storage.ClaimedRewards.clearPrefix(era);
  storage.ErasValidatorReward.remove(era);
  storage.ErasRewardPoints.remove(era);
  storage.ErasTotalStake.remove(era);
  storage.ErasStartSessionIndex.remove(era);
}
