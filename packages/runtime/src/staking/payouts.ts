/**
 * Rewards: an era moves a governed amount from the mining pot to the reward pot, stakers claim their parts of it.
 *
 * Nothing is minted. What is not claimed in `historyDepth` eras, or paid to nobody, stays in the reward pot and is
 * taken before the mining pot at the next payout.
 */
import { type AccountId, ensure, type HasEnv } from "@pha/frame";
import { compareBytes } from "@pha/scale";
import { floorPart } from "../npos-elections/index.ts";
import { type StakingContext, stakingOf } from "./declaration.ts";
import { putLedger } from "./ledger.ts";
import type { IndividualExposure, RewardDestination } from "./types.ts";

const POINTS_OF_BLOCK = 20;

/** The author of a block earns points for it. */
export function rewardAuthor(ctx: HasEnv, author: AccountId): void {
  const { storage } = stakingOf(ctx);
  const era = storage.ActiveEra.get()?.index;
  if (era === undefined) return;
  const { total, individual } = storage.ErasRewardPoints.get(era);
  const at = individual.findIndex(([who]) => compareBytes(who, author) >= 0);
  const known = individual[at];
  const isKnown = known !== undefined && compareBytes(known[0], author) === 0;
  const next = [...individual];
  if (isKnown) next[at] = [author, known[1] + POINTS_OF_BLOCK];
  else next.splice(at < 0 ? next.length : at, 0, [author, POINTS_OF_BLOCK]);
  storage.ErasRewardPoints.put(era, { total: total + POINTS_OF_BLOCK, individual: next });
}

/** Sets aside the rewards of an era that ends. */
export function payEra(ctx: StakingContext, era: number): void {
  const { storage, config } = ctx;
  const { currency, miningPot, rewardPot } = config;
  const wanted = storage.EraPayout.get();
  const spare = currency.free(ctx, rewardPot) - owedToStakers(ctx, era) - potReserve(ctx);
  const fromPot = spare > 0n ? (spare < wanted ? spare : wanted) : 0n;
  const available = currency.reducible(ctx, miningPot, "keep-alive");
  let fromMining = wanted - fromPot;
  if (fromMining > available) fromMining = available;
  // A new account needs its existential deposit: such a payout is too small to be made.
  const isTooSmall =
    currency.total(ctx, rewardPot) === 0n && fromMining < currency.existentialDeposit(ctx);
  if (isTooSmall) fromMining = 0n;
  if (fromMining > 0n) currency.transfer(ctx, miningPot, rewardPot, fromMining, "keep-alive");
  const validatorPayout = fromPot + fromMining;
  storage.ErasValidatorReward.put(era, validatorPayout);
  ctx.emit.EraPaid({ eraIndex: era, validatorPayout, remainder: 0n });
}

/** The pot's own existential deposit is nobody's reward. */
function potReserve(ctx: StakingContext): bigint {
  return ctx.config.currency.existentialDeposit(ctx);
}

/** Upper bound of what can still be claimed of earlier eras. */
function owedToStakers({ storage, config }: StakingContext, before: number): bigint {
  let owed = 0n;
  const first = Math.max(0, before - config.historyDepth);
  for (let era = first; era < before; era++) owed += storage.ErasValidatorReward.get(era) ?? 0n;
  return owed;
}

/** Pays one page of a validator in an era; page 0 pays the validator too. */
export function payPage(
  ctx: StakingContext,
  validator: AccountId,
  era: number,
  page: number,
): void {
  const { storage, config, errors } = ctx;
  const active = storage.ActiveEra.get()?.index ?? 0;
  ensure(era < active && era + config.historyDepth >= active, errors.InvalidEraToReward);
  const reward = storage.ErasValidatorReward.get(era);
  ensure(reward !== undefined, errors.InvalidEraToReward);
  const overview = storage.ErasStakersOverview.get(era, validator);
  ensure(overview !== undefined, errors.NotStash);
  ensure(page < Math.max(1, overview.pageCount), errors.InvalidPage);
  const claimed = storage.ClaimedRewards.get(era, validator);
  ensure(!claimed.includes(page), errors.AlreadyClaimed);
  storage.ClaimedRewards.put(era, validator, [...claimed, page]);
  const { total, individual } = storage.ErasRewardPoints.get(era);
  const points = individual.find(([who]) => compareBytes(who, validator) === 0)?.[1] ?? 0;
  if (points === 0 || overview.total === 0n) return;
  ctx.emit.PayoutStarted({ eraIndex: era, validatorStash: validator });
  const all = (reward * BigInt(points)) / BigInt(total);
  const commission = floorPart(storage.ErasValidatorPrefs.get(era, validator).commission, all);
  const shared = all - commission;
  const shareOf = (stake: bigint): bigint => (shared * stake) / overview.total;
  if (page === 0) payOne(ctx, validator, commission + shareOf(overview.own));
  const others: readonly IndividualExposure[] =
    storage.ErasStakersPaged.get([era, validator, page])?.others ?? [];
  for (const { who, value } of others) payOne(ctx, who, shareOf(value));
}

/** First page that was not paid. */
export function nextPage(ctx: StakingContext, validator: AccountId, era: number): number {
  const pages = Math.max(1, ctx.storage.ErasStakersOverview.get(era, validator)?.pageCount ?? 0);
  const claimed = ctx.storage.ClaimedRewards.get(era, validator);
  for (let page = 0; page < pages; page++) if (!claimed.includes(page)) return page;
  // All are paid: asking for the last again says so.
  return pages - 1;
}

function payOne(ctx: StakingContext, stash: AccountId, amount: bigint): void {
  const { storage, config } = ctx;
  const { currency, rewardPot } = config;
  const dest: RewardDestination = storage.Payee.get(stash) ?? { type: "None", value: undefined };
  if (amount === 0n || dest.type === "None") return;
  const to = dest.type === "Account" ? dest.value : stash;
  const isNew = currency.total(ctx, to) === 0n;
  // Below the existential deposit a new account cannot be made: the reward stays in the pot.
  if (isNew && amount < currency.existentialDeposit(ctx)) return;
  if (amount > currency.reducible(ctx, rewardPot, "keep-alive")) return;
  currency.transfer(ctx, rewardPot, to, amount, "keep-alive");
  const ledger = dest.type === "Staked" ? storage.Ledger.get(stash) : undefined;
  if (ledger)
    putLedger(ctx, { ...ledger, total: ledger.total + amount, active: ledger.active + amount });
  ctx.emit.Rewarded({ stash, dest, amount });
}
