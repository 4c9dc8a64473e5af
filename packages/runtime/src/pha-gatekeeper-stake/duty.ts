/**
 * Duty of a term and its reward.
 *
 * Points: one for each sample of leases that finds an operator's gatekeeper there, `POINTS_OF_GENERATION` for each
 * generation that it took part in making. At the end of a term a governed amount is set aside from the mining pot and
 * shared by points among those who were there often enough; each share is claimed for the operator and its nominators.
 * Nothing is minted; what is not claimed in `HISTORY_TERMS` goes back to the mining pot.
 */
import { type AccountId, ensure, linearWeight, type Weight } from "@pha/frame";
import { assert, equalBytes } from "@pha/scale";
import type { StakeContext } from "./declaration.ts";
import { chill } from "./roles.ts";
import { HISTORY_TERMS, type Service, type Term } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

export const POINTS_OF_GENERATION = 20;
const PERCENT = 100n;

function termOf(ctx: StakeContext): Term {
  const known = ctx.storage.Terms.get(ctx.storage.CurrentTerm.get());
  if (known) return known;
  const { number } = ctx.block;
  return { since: number, samples: 0, services: [], points: 0, reward: undefined, left: 0n };
}

function putTerm(ctx: StakeContext, term: Term): void {
  ctx.storage.Terms.put(ctx.storage.CurrentTerm.get(), term);
}

function withService(
  services: Term["services"],
  operator: AccountId,
  add: Pick<Service, "points" | "online">,
): Term["services"] {
  const known = services.find((one) => equalBytes(one.operator, operator));
  const { points, online } = known ?? { points: 0, online: 0 };
  const next = { operator, points: points + add.points, online: online + add.online };
  return known ? services.map((one) => (one === known ? next : one)) : [...services, next];
}

/** Looks whose lease runs, every `sampleBlocks`. */
export function sample(ctx: StakeContext): Weight {
  const { seatDirectory, workers, now, sampleBlocks } = ctx.config;
  if (ctx.storage.Seats.get() === 0 || ctx.block.number % sampleBlocks !== 0) return WEIGHTS.block;
  const operators = seatDirectory.operators(ctx);
  if (operators.length === 0) return WEIGHTS.block;
  const term = termOf(ctx);
  let { services } = term;
  for (const operator of operators) {
    const seat = seatDirectory.memberOf(ctx, operator);
    const until = seat && workers.leasedUntil(ctx, seat.boot);
    const isThere = until !== undefined && until >= now(ctx);
    if (isThere) services = withService(services, operator, { points: 1, online: 1 });
  }
  putTerm(ctx, { ...term, samples: term.samples + 1, services });
  return linearWeight(WEIGHTS.block, WEIGHTS.sample, operators.length);
}

export function madeGeneration(ctx: StakeContext, operator: AccountId): void {
  if (ctx.storage.Seats.get() === 0) return;
  const term = termOf(ctx);
  const add = { points: POINTS_OF_GENERATION, online: 0 };
  putTerm(ctx, { ...term, services: withService(term.services, operator, add) });
}

/** Sets the term's reward aside, and begins the next one. */
export function endTerm(ctx: StakeContext): Weight {
  const { storage } = ctx;
  const index = storage.CurrentTerm.get();
  const term = termOf(ctx);
  const services = term.services.filter((one) => wasThere(ctx, index, term, one));
  for (const operator of ctx.config.seatDirectory.operators(ctx))
    if (!term.services.some((one) => equalBytes(one.operator, operator)))
      wasThere(ctx, index, term, { operator, points: 0, online: 0 });
  const points = services.reduce((sum, one) => sum + one.points, 0);
  const reward = points === 0 ? 0n : setAside(ctx);
  putTerm(ctx, { ...term, services, points, reward, left: reward });
  ctx.emit.TermEnded({ term: index, reward });
  storage.CurrentTerm.put(index + 1);
  if (index + 1 >= HISTORY_TERMS) forget(ctx, index + 1 - HISTORY_TERMS);
  return WEIGHTS.end_term;
}

/** Who was missed too often stands no longer. */
function wasThere(
  ctx: StakeContext,
  term: number,
  { samples }: Term,
  { operator, online }: Service,
): boolean {
  if (online * 100 >= samples * ctx.storage.MinOnline.get()) return true;
  ctx.emit.Missed({ term, operator, online, samples });
  chill(ctx, operator);
  return false;
}

function setAside(ctx: StakeContext): bigint {
  const { currency, miningPot, rewardPot } = ctx.config;
  const wanted = ctx.storage.TermReward.get();
  const available = currency.reducible(ctx, miningPot, "keep-alive");
  const amount = wanted < available ? wanted : available;
  // The pot's account needs its existential deposit, which is nobody's reward.
  const deposit = currency.existentialDeposit(ctx);
  const isNew = currency.total(ctx, rewardPot) === 0n;
  if (amount === 0n || (isNew && amount + deposit > available)) return 0n;
  currency.transfer(ctx, miningPot, rewardPot, amount + (isNew ? deposit : 0n), "keep-alive");
  return amount;
}

function forget(ctx: StakeContext, index: number): void {
  const { Terms, Exposures } = ctx.storage;
  const term = Terms.get(index);
  if (term === undefined) return;
  Exposures.clearPrefix(index);
  Terms.remove(index);
  if (term.left === 0n) return;
  const { currency, rewardPot, miningPot } = ctx.config;
  currency.transfer(ctx, rewardPot, miningPot, term.left, "keep-alive");
}

/** Pays an operator's share of a term, to itself and to those behind it. */
export function payout(ctx: StakeContext, operator: AccountId, index: number): void {
  const { storage, errors } = ctx;
  const term = storage.Terms.get(index);
  const service = term?.services.find((one) => equalBytes(one.operator, operator));
  const exposure = storage.Exposures.get(index, operator);
  ensure(term?.reward !== undefined && service && exposure, errors.NoReward);
  const share = (term.reward * BigInt(service.points)) / BigInt(Math.max(1, term.points));
  const total = exposure.others.reduce((sum, { value }) => sum + value, exposure.own);
  const kept = (share * BigInt(exposure.commission)) / PERCENT;
  const partOf = (value: bigint) => (total === 0n ? 0n : ((share - kept) * value) / total);
  let paid = pay(ctx, index, operator, kept + partOf(exposure.own));
  for (const { who, value } of exposure.others) paid += pay(ctx, index, who, partOf(value));
  assert(paid <= term.left, "shares are parts of the reward");
  const services = term.services.filter((one) => one !== service);
  storage.Terms.put(index, { ...term, services, left: term.left - paid });
}

function pay(ctx: StakeContext, term: number, who: AccountId, amount: bigint): bigint {
  const { currency, rewardPot } = ctx.config;
  const isTooSmall = currency.total(ctx, who) === 0n && amount < currency.existentialDeposit(ctx);
  if (amount === 0n || isTooSmall) return 0n;
  currency.transfer(ctx, rewardPot, who, amount, "keep-alive");
  ctx.emit.Rewarded({ term, who, amount });
  return amount;
}

/** Invariant: the pot holds what may still be claimed. */
export function assertCovered(ctx: StakeContext): void {
  const { currency, rewardPot } = ctx.config;
  let left = 0n;
  for (const [, term] of ctx.storage.Terms.entries()) left += term.left;
  assert(left === 0n || currency.free(ctx, rewardPot) >= left, "unclaimed rewards are there");
}
