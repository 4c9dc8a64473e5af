/** Validating and nominating: what an account does with its bond. */
import { type AccountId, ensure } from "@pha/frame";
import { equalBytes, toHex } from "@pha/scale";
import type { StakingContext } from "./declaration.ts";
import { chill, ledgerOf } from "./ledger.ts";
import type { ValidatorPrefs } from "./types.ts";

export function validate(ctx: StakingContext, stash: AccountId, prefs: ValidatorPrefs): void {
  const { storage, errors } = ctx;
  const ledger = ledgerOf(ctx, stash);
  ensure(ledger.active >= storage.MinValidatorBond.get(), errors.InsufficientBond);
  ensure(prefs.commission >= storage.MinCommission.get(), errors.CommissionTooLow);
  if (!storage.Validators.has(stash)) {
    const limit = storage.MaxValidatorsCount.get();
    const count = storage.CounterForValidators.get();
    ensure(limit === undefined || count < limit, errors.TooManyValidators);
    if (storage.Nominators.has(stash)) chill(ctx, stash);
    storage.CounterForValidators.put(count + 1);
  }
  storage.Validators.put(stash, prefs);
  ctx.emit.ValidatorPrefsSet({ stash, prefs });
}

/** Repeated targets count once. */
export function nominate(
  ctx: StakingContext,
  stash: AccountId,
  targets: readonly AccountId[],
): void {
  const { storage, errors } = ctx;
  const ledger = ledgerOf(ctx, stash);
  ensure(ledger.active >= storage.MinNominatorBond.get(), errors.InsufficientBond);
  ensure(targets.length > 0, errors.EmptyTargets);
  const before = storage.Nominators.get(stash)?.targets ?? [];
  const distinct = [...new Map(targets.map((target) => [toHex(target), target])).values()];
  for (const target of distinct) {
    const isKnown = before.some((one) => equalBytes(one, target));
    const isOpen = storage.Validators.has(target) && !storage.Validators.get(target).blocked;
    ensure(isKnown || isOpen, errors.BadTarget);
  }
  if (!storage.Nominators.has(stash)) {
    const limit = storage.MaxNominatorsCount.get();
    const count = storage.CounterForNominators.get();
    ensure(limit === undefined || count < limit, errors.TooManyNominators);
    if (storage.Validators.has(stash)) chill(ctx, stash);
    storage.CounterForNominators.put(count + 1);
  }
  const submittedIn = storage.CurrentEra.get() ?? 0;
  storage.Nominators.put(stash, { targets: distinct, submittedIn, suppressed: false });
}

/** Takes nominators off a validator; those left with no target stop to nominate. */
export function kick(
  ctx: StakingContext,
  validator: AccountId,
  nominators: readonly AccountId[],
): void {
  const { storage } = ctx;
  for (const nominator of nominators) {
    const nominations = storage.Nominators.get(nominator);
    if (!nominations?.targets.some((target) => equalBytes(target, validator))) continue;
    const targets = nominations.targets.filter((target) => !equalBytes(target, validator));
    if (targets.length > 0) storage.Nominators.put(nominator, { ...nominations, targets });
    else chill(ctx, nominator);
    ctx.emit.Kicked({ nominator, stash: validator });
  }
}

/** Least bond that the account's role demands. */
export function leastBond({ storage }: StakingContext, stash: AccountId): bigint {
  if (storage.Validators.has(stash)) return storage.MinValidatorBond.get();
  return storage.Nominators.has(stash) ? storage.MinNominatorBond.get() : 0n;
}
