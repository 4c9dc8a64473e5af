/** Who stands, who nominates, and whom governance approved. */
import { type AccountId, ensure } from "@pha/frame";
import { assert, equalBytes } from "@pha/scale";
import { bondOf } from "./bonds.ts";
import type { StakeContext } from "./declaration.ts";
import { type Approval, MAX_CANDIDATES, MAX_NOMINATORS } from "./types.ts";

/** Stands for election from the next term on. */
export function stand(ctx: StakeContext, who: AccountId, commission: number): void {
  const { storage, config, errors } = ctx;
  ensure(commission <= 100, errors.BadCommission);
  ensure(!storage.Barred.has(who), errors.Convicted);
  ensure(!config.needsApproval || storage.Approvals.has(who), errors.NotApproved);
  ensure(!storage.Nominations.has(who), errors.IsNominator);
  ensure(bondOf(ctx, who).active >= config.minCandidateBond, errors.BondTooSmall);
  const known = storage.Candidates.get(who);
  if (known === undefined) {
    const count = storage.CandidateCount.get();
    ensure(count < MAX_CANDIDATES, errors.TooManyCandidates);
    storage.CandidateCount.put(count + 1);
  }
  storage.Candidates.put(who, { commission, since: known?.since ?? ctx.block.number });
  ctx.emit.Stands({ who, commission });
}

export function nominate(ctx: StakeContext, who: AccountId, targets: readonly AccountId[]): void {
  const { storage, config, errors } = ctx;
  const areDistinct = targets.every(
    (one, i) => targets.findIndex((other) => equalBytes(other, one)) === i,
  );
  ensure(targets.length > 0 && areDistinct, errors.NoTargets);
  ensure(!storage.Candidates.has(who), errors.IsCandidate);
  ensure(
    targets.every((one) => storage.Candidates.has(one)),
    errors.NotCandidate,
  );
  ensure(bondOf(ctx, who).active >= config.minNominatorBond, errors.BondTooSmall);
  ensure(bondOf(ctx, who).active > 0n, errors.NoBond);
  if (!storage.Nominations.has(who)) {
    const count = storage.NominatorCount.get();
    ensure(count < MAX_NOMINATORS, errors.TooManyNominators);
    storage.NominatorCount.put(count + 1);
  }
  storage.Nominations.put(who, [...targets]);
  ctx.emit.Nominated({ who, targets: [...targets] });
}

/** Neither stands nor nominates any more; a seat is kept to the end of its term. Tells whether anything ended. */
export function chill(ctx: StakeContext, who: AccountId): boolean {
  const { Candidates, CandidateCount, Nominations, NominatorCount } = ctx.storage;
  const stood = Candidates.has(who);
  const nominated = Nominations.has(who);
  if (stood) {
    Candidates.remove(who);
    CandidateCount.put(CandidateCount.get() - 1);
  }
  if (nominated) {
    Nominations.remove(who);
    NominatorCount.put(NominatorCount.get() - 1);
  }
  if (stood) ctx.config.seatDirectory.forget(ctx, who);
  if (stood || nominated) ctx.emit.Chilled({ who });
  return stood || nominated;
}

export function approve(ctx: StakeContext, who: AccountId, approval: Approval): void {
  const labels = [approval.entity, approval.provider, approval.vendor, approval.line];
  ensure(
    labels.every((label) => label.length > 0),
    ctx.errors.EmptyLabel,
  );
  ctx.storage.Barred.remove(who);
  ctx.storage.Approvals.put(who, approval);
  ctx.emit.Approved({ who, approval });
}

/** The account stands no longer and loses its seat. */
export function revoke(ctx: StakeContext, who: AccountId): void {
  ensure(ctx.storage.Approvals.has(who), ctx.errors.NotApproved);
  ctx.storage.Approvals.remove(who);
  ctx.emit.Revoked({ who });
  chill(ctx, who);
  if (ctx.storage.Seats.get() > 0) ctx.config.seatDirectory.remove(ctx, who);
}

/** Labels that must not be on too many seats; an account without approval is a group of its own. */
export function groupsOf(ctx: StakeContext, who: AccountId): readonly string[] {
  const approval = ctx.storage.Approvals.get(who);
  if (approval === undefined) return [];
  const { entity, provider, vendor, line } = approval;
  return [`entity ${entity}`, `provider ${provider}`, `vendor ${vendor}`, `line ${line}`];
}

/** Invariants: counts count, and nobody is both. */
export function assertRoles(ctx: StakeContext): void {
  const { Candidates, CandidateCount, Nominations, NominatorCount } = ctx.storage;
  const standing = [...Candidates.keys()];
  assert(standing.length === CandidateCount.get(), "candidates are counted");
  assert([...Nominations.keys()].length === NominatorCount.get(), "nominators are counted");
  for (const who of standing) assert(!Nominations.has(who), "a candidate does not nominate");
}
