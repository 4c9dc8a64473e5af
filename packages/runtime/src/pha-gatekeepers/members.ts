/**
 * Who may take a seat in the next run: named by root, not convicted, and there.
 *
 * A gatekeeper that is missed in a run, or restarts in it, is left out until it registers again, and for the whole
 * generation from the third time on: so runs that fail come to an end, however the missed ones alternate.
 *
 * **Bounds**: one record of each kind per named operator; names that are taken away take their records along.
 */
import type { AccountId } from "@pha/frame";
import type { Seat } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import type { GatekeepersContext } from "./declaration.ts";
import type { Absence, Misdeed } from "./types.ts";

/** Times that a gatekeeper may be missed while one generation is made. */
export const MAX_FAILURES = 3;

/** A named operator that a run would take, and its gatekeeper when there is one. */
export interface Candidate {
  readonly operator: AccountId;
  readonly seat: Seat | undefined;
}

export function candidates(ctx: GatekeepersContext): readonly Candidate[] {
  const { Operators, Members, Convicted, Absent } = ctx.storage;
  const absent = Absent.get();
  return Operators.get()
    .filter((one) => !Convicted.has(one) && !absenceOf(absent, one)?.out)
    .map((operator) => ({ operator, seat: Members.get(operator) }));
}

/** Keeps nothing of operators that are not named any more. */
export function nameOperators(ctx: GatekeepersContext, operators: readonly AccountId[]): void {
  const { Operators, Members, Convicted, Absent } = ctx.storage;
  const stays = (one: AccountId) => operators.some((other) => equalBytes(one, other));
  for (const former of Operators.get()) {
    if (stays(former)) continue;
    Convicted.remove(former);
    // One that stands for election again has its gatekeeper there.
    if (!ctx.config.admission.isCandidate(ctx, former)) Members.remove(former);
  }
  Absent.put(Absent.get().filter(({ operator }) => stays(operator)));
  Operators.put(operators);
}

/** It was missed in a run, or restarted in it. */
export function noteAbsent(ctx: GatekeepersContext, operator: AccountId, run: bigint): void {
  const all = ctx.storage.Absent.get();
  const failures = (absenceOf(all, operator)?.failures ?? 0) + 1;
  if (isNamed(ctx, operator))
    ctx.storage.Absent.put([...without(all, operator), { operator, failures, out: true }]);
  ctx.emit.OperatorAbsent({ operator, run, failures });
}

/** It registered: it takes part again, if it was not missed too often. */
export function noteReturned(ctx: GatekeepersContext, operator: AccountId): void {
  const all = ctx.storage.Absent.get();
  const known = absenceOf(all, operator);
  if (!known?.out || known.failures >= MAX_FAILURES) return;
  ctx.storage.Absent.put([...without(all, operator), { ...known, out: false }]);
}

export function convict(
  ctx: GatekeepersContext,
  operator: AccountId,
  run: bigint,
  misdeed: Misdeed["type"],
  reporter?: AccountId,
): void {
  if (ctx.storage.Convicted.has(operator)) return;
  const of: Misdeed = { type: misdeed, value: undefined };
  if (isNamed(ctx, operator))
    ctx.storage.Convicted.put(operator, { run, misdeed: of, block: ctx.block.number });
  ctx.emit.OperatorConvicted({ operator, run, misdeed: of });
  ctx.config.admission.convicted(ctx, operator, misdeed, reporter);
}

/** Seats whose gatekeeper still has its share: in memory it is gone with the boot. */
export function holdersOf(ctx: GatekeepersContext, seats: readonly Seat[]): number {
  const { Operators, Members, SealedShares } = ctx.storage;
  const sealed = SealedShares.get();
  const members = Operators.get().flatMap((operator) => Members.get(operator) ?? []);
  const holds = (seat: Seat) =>
    members.some(
      ({ identity, boot }) =>
        equalBytes(identity, seat.identity) && (sealed || equalBytes(boot, seat.boot)),
    );
  return seats.filter(holds).length;
}

/** Keeps nothing of an account that neither holds a seat nor stands for one. */
export function forgetMember(ctx: GatekeepersContext, account: AccountId): void {
  if (!isNamed(ctx, account)) ctx.storage.Members.remove(account);
}

/** It may have been taken off the list while its seat's run went on. */
export function isNamed(ctx: GatekeepersContext, operator: AccountId): boolean {
  return ctx.storage.Operators.get().some((one) => equalBytes(one, operator));
}

function absenceOf(all: readonly Absence[], operator: AccountId): Absence | undefined {
  return all.find((one) => equalBytes(one.operator, operator));
}

function without(all: readonly Absence[], operator: AccountId): readonly Absence[] {
  return all.filter((one) => !equalBytes(one.operator, operator));
}
