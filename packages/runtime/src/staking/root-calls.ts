/** What root decides about staking. */
import { accountId, type CallBuilder, ensure, linearWeight, root } from "@pha/frame";
import { compact, u32, u128, vec } from "@pha/scale";
import { endBond } from "./bonds.ts";
import { MAX_INVULNERABLES, type StakingConfig, type StakingContext } from "./declaration.ts";
import { MAX_SLASHES, Perbill } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

export function rootCalls(call: CallBuilder<StakingContext, StakingConfig>) {
  return {
    set_validator_count: call(
      9,
      {
        docs: "Sets the seats of the next election.",
        origin: root,
        args: { new: compact(u32) },
        weight: WEIGHTS.set_validator_count,
      },
      (ctx, args) => {
        ensure(args.new > 0, ctx.errors.BoundNotMet);
        ctx.storage.ValidatorCount.put(args.new);
      },
    ),
    force_no_eras: call(
      12,
      {
        docs: "Plans no new era until told otherwise.",
        origin: root,
        args: {},
        weight: WEIGHTS.force_eras,
      },
      (ctx) => force(ctx, "ForceNone"),
    ),
    force_new_era: call(
      13,
      {
        docs: "Plans a new era with the next session, once.",
        origin: root,
        args: {},
        weight: WEIGHTS.force_eras,
      },
      (ctx) => force(ctx, "ForceNew"),
    ),
    set_invulnerables: call(
      14,
      {
        docs: "Names the validators that are never slashed.",
        origin: root,
        args: { invulnerables: vec(accountId, MAX_INVULNERABLES) },
        weight: ({ invulnerables }) =>
          linearWeight(
            WEIGHTS.set_invulnerables,
            WEIGHTS.set_invulnerables_per_account,
            invulnerables.length,
          ),
      },
      (ctx, { invulnerables }) => ctx.storage.Invulnerables.put(invulnerables),
    ),
    force_unstake: call(
      15,
      {
        docs: "Frees the whole bond of `stash` at once.",
        origin: root,
        args: { stash: accountId, numSlashingSpans: u32 },
        weight: WEIGHTS.force_unstake,
      },
      (ctx, { stash, numSlashingSpans }) => endBond(ctx, stash, numSlashingSpans),
    ),
    force_new_era_always: call(
      16,
      {
        docs: "Plans a new era with every session.",
        origin: root,
        args: {},
        weight: WEIGHTS.force_eras,
      },
      (ctx) => force(ctx, "ForceAlways"),
    ),
    cancel_deferred_slash: call(
      17,
      {
        docs: "Cancels slashes that wait for the beginning of `era`, by their places, in order.",
        origin: root,
        args: { era: u32, slashIndices: vec(u32, MAX_SLASHES) },
        weight: ({ slashIndices }) =>
          linearWeight(
            WEIGHTS.cancel_deferred_slash,
            WEIGHTS.cancel_deferred_slash_per_slash,
            slashIndices.length,
          ),
      },
      (ctx, { era, slashIndices }) => cancel(ctx, era, slashIndices),
    ),
    set_min_commission: call(
      25,
      {
        docs: "Sets the least commission of a validator.",
        origin: root,
        args: { new: Perbill },
        weight: WEIGHTS.set_min_commission,
      },
      (ctx, args) => ctx.storage.MinCommission.put(args.new),
    ),
    set_era_payout: call(
      100,
      {
        docs: "Sets what the mining pot pays to the stakers of an era, in plancks.",
        origin: root,
        args: { amount: compact(u128) },
        weight: WEIGHTS.set_era_payout,
      },
      (ctx, { amount }) => ctx.storage.EraPayout.put(amount),
    ),
    set_slash_reward: call(
      101,
      {
        docs: "Sets the part of a slash that its reporters get.",
        origin: root,
        args: { fraction: Perbill },
        weight: WEIGHTS.set_slash_reward,
      },
      (ctx, { fraction }) => ctx.storage.SlashRewardFraction.put(fraction),
    ),
    set_bonds: call(
      102,
      {
        docs: "Sets the least bonds of nominators and validators, in plancks.",
        origin: root,
        args: { nominator: compact(u128), validator: compact(u128) },
        weight: WEIGHTS.set_bonds,
      },
      (ctx, { nominator, validator }) => {
        ctx.storage.MinNominatorBond.put(nominator);
        ctx.storage.MinValidatorBond.put(validator);
      },
    ),
  };
}

function force(ctx: StakingContext, type: "ForceNone" | "ForceNew" | "ForceAlways"): void {
  const mode = { type, value: undefined };
  ctx.storage.ForceEra.put(mode);
  ctx.emit.ForceEra({ mode });
}

function cancel(ctx: StakingContext, era: number, indexes: readonly number[]): void {
  ensure(indexes.length > 0, ctx.errors.EmptyTargets);
  const isSorted = indexes.every((index, i) => i === 0 || index > (indexes[i - 1] ?? index));
  ensure(isSorted, ctx.errors.DuplicateIndex);
  const waiting = ctx.storage.UnappliedSlashes.get(era);
  ensure((indexes.at(-1) ?? 0) < waiting.length, ctx.errors.InvalidSlashIndex);
  for (const index of indexes) {
    const slash = waiting[index];
    if (slash) ctx.emit.SlashCancelled({ slashEra: era, validator: slash.validator });
  }
  ctx.storage.UnappliedSlashes.put(
    era,
    waiting.filter((_, index) => !indexes.includes(index)),
  );
}
