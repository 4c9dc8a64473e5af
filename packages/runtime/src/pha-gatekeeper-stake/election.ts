/**
 * Elections of a term: sequential Phragmén over those who are there, within the caps of groups (protocol §2).
 *
 * First all that can be elected are put in the order of their election; the seats go to the first of them among whom no
 * group is too large; then stake is shared among the seats' holders alone.
 *
 * **Bounds**: `MAX_CANDIDATES`, `MAX_NOMINATORS` with `MAX_NOMINATIONS` each, so that it fits a block.
 */
import type { AccountId, Weight } from "@pha/frame";
import { fromHex, toHex } from "@pha/scale";
import { electOnChain } from "../election-provider-multi-phase/index.ts";
import type { Elected } from "../staking/index.ts";
import { bondOf } from "./bonds.ts";
import { withinCaps } from "./caps.ts";
import type { StakeContext } from "./declaration.ts";
import { groupsOf } from "./roles.ts";
import type { Exposure, Taker } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Confidence of simulated platforms: their evidence names no vendor's product. */
const SIMULATED = 128;

export function elect(ctx: StakeContext): {
  readonly operators: readonly AccountId[] | undefined;
  readonly weight: Weight;
} {
  const { storage, config } = ctx;
  const seated = config.seatDirectory.operators(ctx);
  // A young chain on which nobody stands yet.
  if (seated.length === 0 && storage.CandidateCount.get() === 0)
    return { operators: undefined, weight: WEIGHTS.block };
  const electable = [...storage.Candidates.keys()].filter((who) => isElectable(ctx, who));
  const ordered = electionAmong(ctx, electable, electable.length).map(([who]) => who);
  const groups = (who: AccountId) => groupsOf(ctx, who);
  const chosen = withinCaps(ordered, groups, storage.Seats.get(), config.threshold);
  const least = Math.max(1, config.minSeats);
  const isEnough = chosen.length >= least;
  if (!isEnough)
    ctx.emit.ElectionFailed({ electable: electable.length, fitting: chosen.length, least });
  // Without a new list the old one goes on, with what stands behind it now.
  const holders = isEnough ? chosen : seated;
  expose(ctx, holders);
  return { operators: isEnough ? chosen : undefined, weight: WEIGHTS.election };
}

/** Of those that are there the ones that may sit together. */
export function fitting(ctx: StakeContext, takers: readonly Taker[]): readonly Taker[] {
  if (ctx.storage.Seats.get() === 0) return takers;
  const groups = ({ operator }: Taker) => groupsOf(ctx, operator);
  const { threshold, minSeats } = ctx.config;
  // Seats that nobody takes stay empty and count.
  const ofAll = (seats: number) => threshold(Math.max(seats, minSeats));
  return withinCaps(takers, groups, takers.length, ofAll);
}

/** Bonded, approved where that is demanded, and with a gatekeeper whose lease runs and whose evidence counts. */
export function isElectable(ctx: StakeContext, who: AccountId): boolean {
  const { storage, config } = ctx;
  const { workers, seatDirectory } = config;
  if (storage.Barred.has(who) || bondOf(ctx, who).active < config.minCandidateBond) return false;
  const approval = storage.Approvals.get(who);
  if (approval === undefined && config.needsApproval) return false;
  const seat = seatDirectory.memberOf(ctx, who);
  if (seat === undefined || workers.isSuspended(ctx, seat.identity)) return false;
  const now = config.now(ctx);
  const leasedUntil = workers.leasedUntil(ctx, seat.boot);
  const grade = workers.gradeOf(ctx, seat.identity);
  if (leasedUntil === undefined || leasedUntil < now || grade === undefined) return false;
  if (grade.validUntilMs !== undefined && grade.validUntilMs < now) return false;
  // What was approved is what the evidence shows; simulated evidence shows nothing.
  if (approval === undefined || grade.confidence === SIMULATED) return true;
  const vendor = workers.vendorOf(ctx, seat.identity);
  return approval.line === grade.line && approval.vendor === vendor;
}

/** Winners in the order of their election, each with the stake behind it. */
function electionAmong(
  ctx: StakeContext,
  among: readonly AccountId[],
  seats: number,
): readonly Elected[] {
  const targets = among.map(toHex);
  const standing = new Set(targets);
  const voters = among.map((who) => ({
    who: toHex(who),
    stake: bondOf(ctx, who).active,
    targets: [toHex(who)],
  }));
  for (const [who, named] of ctx.storage.Nominations.entries()) {
    const behind = named.map(toHex).filter((target) => standing.has(target));
    const stake = bondOf(ctx, who).active;
    if (behind.length > 0 && stake > 0n) voters.push({ who: toHex(who), stake, targets: behind });
  }
  return electOnChain({ targets, voters }, seats, ctx.config.issuance(ctx));
}

/** Records what stands behind each holder in the present term. */
function expose(ctx: StakeContext, holders: readonly AccountId[]): void {
  const { CurrentTerm, Terms, Exposures, Candidates } = ctx.storage;
  const term = CurrentTerm.get();
  Exposures.clearPrefix(term);
  // Before the first generation a term is elected for again and again; duty counts from the last time.
  Terms.remove(term);
  for (const [who, support] of electionAmong(ctx, holders, holders.length)) {
    const id = toHex(who);
    const own = support.voters.find(([voter]) => voter === id)?.[1] ?? 0n;
    const others = support.voters
      .filter(([voter]) => voter !== id)
      .map(([voter, value]) => ({ who: fromHex(voter), value }));
    const commission = Candidates.get(who)?.commission ?? 0;
    const exposure: Exposure = { own, others, commission };
    Exposures.put(term, who, exposure);
    ctx.emit.Elected({ term, who, own, total: support.total });
  }
}
