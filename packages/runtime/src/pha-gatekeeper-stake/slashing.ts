/**
 * Slashes: without delay or appeal, as the chain itself saw the proof. The operator is barred at once, the block after
 * takes the money.
 *
 * An operator and those behind it in the newest term in which it held a seat lose the same part of what stood behind the
 * seat. What is taken goes to the treasury, and a part of it to the operator whose gatekeeper showed the misdeed. Nothing
 * is burned.
 */
import type { AccountId, Weight } from "@pha/frame";
import { equalBytes } from "@pha/scale";
import type { Misdeed } from "../pha-gatekeepers/types.ts";
import { bondOf, slashBond } from "./bonds.ts";
import type { StakeContext } from "./declaration.ts";
import { chill } from "./roles.ts";
import { HISTORY_TERMS, MAX_PENDING_SLASHES, type PendingSlash } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Percent of what stands behind a seat. A wrong share could have cost a generation, a false complaint a dealer. */
export const SLASH_PERCENT: Readonly<Record<Misdeed["type"], bigint>> = {
  WrongShare: 20n,
  FalseComplaint: 10n,
  Equivocation: 20n,
  WrongRelease: 20n,
};
/** Percent of a slash that goes to who showed the misdeed. */
export const REPORTER_PERCENT = 10n;

/** Bars the operator, once; the next block slashes. */
export function convicted(
  ctx: StakeContext,
  operator: AccountId,
  type: Misdeed["type"],
  reporter: AccountId | undefined,
): void {
  const { Barred, Bonds, Approvals, PendingSlashes } = ctx.storage;
  if (Barred.has(operator) || !Bonds.has(operator)) return;
  const misdeed: Misdeed = { type, value: undefined };
  Barred.put(operator, misdeed);
  Approvals.remove(operator);
  chill(ctx, operator);
  // What stands behind a seat from a later term on did not when the misdeed was done.
  const slash = { operator, misdeed, reporter, term: newestTermOf(ctx, operator) };
  const pending = PendingSlashes.get();
  if (pending.length < MAX_PENDING_SLASHES) PendingSlashes.put([...pending, slash]);
  else carryOut(ctx, slash);
}

/** Carries one slash out. */
export function slashNext(ctx: StakeContext): Weight {
  const [next, ...rest] = ctx.storage.PendingSlashes.get();
  if (next === undefined) return WEIGHTS.block;
  ctx.storage.PendingSlashes.put(rest);
  carryOut(ctx, next);
  return WEIGHTS.slash;
}

function carryOut(ctx: StakeContext, { operator, misdeed, reporter, term }: PendingSlash): void {
  const exposure = term === undefined ? undefined : ctx.storage.Exposures.get(term, operator);
  const { own, others } = exposure ?? { own: bondOf(ctx, operator).active, others: [] };
  const percent = SLASH_PERCENT[misdeed.type];
  let taken = 0n;
  for (const { who, value } of [{ who: operator, value: own }, ...others]) {
    const amount = slashBond(ctx, who, (value * percent + 99n) / 100n);
    if (amount > 0n) ctx.emit.Slashed({ operator, misdeed, who, amount });
    taken += amount;
  }
  if (reporter && !equalBytes(reporter, operator)) payReporter(ctx, operator, reporter, taken);
}

/** The newest term in which the operator held an elected seat. */
function newestTermOf(ctx: StakeContext, operator: AccountId): number | undefined {
  const { CurrentTerm, Exposures } = ctx.storage;
  const current = CurrentTerm.get();
  for (let term = current; term >= Math.max(0, current - HISTORY_TERMS); term--)
    if (Exposures.has(term, operator)) return term;
  return undefined;
}

function payReporter(ctx: StakeContext, operator: AccountId, who: AccountId, taken: bigint): void {
  const { currency, slashTo } = ctx.config;
  const amount = (taken * REPORTER_PERCENT) / 100n;
  const isTooSmall = currency.total(ctx, who) === 0n && amount < currency.existentialDeposit(ctx);
  if (amount === 0n || isTooSmall) return;
  currency.transfer(ctx, slashTo, who, amount, "keep-alive");
  ctx.emit.ReporterPaid({ operator, who, amount });
}
