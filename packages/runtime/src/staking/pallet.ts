/** Staking: bonds, nominations, eras, rewards, slashes. */
import {
  type AccountId,
  accountId,
  accountOf,
  CANNOT_LOOKUP,
  ensure,
  linearWeight,
  MultiAddress,
  refuse,
  signed,
} from "@pha/frame";
import { assert, compact, toHex, u32, u128, vec } from "@pha/scale";
import { bond, bondExtra, reap, rebond, unbond, withdraw } from "./bonds.ts";
import { declaration, type Elected } from "./declaration.ts";
import { putExposures } from "./exposures.ts";
import { chill, ledgerOf, STAKING_HOLD } from "./ledger.ts";
import { nextPage, payPage } from "./payouts.ts";
import { kick, nominate, validate } from "./roles.ts";
import { rootCalls } from "./root-calls.ts";
import { MAX_NOMINATIONS, PAGE_SIZE, RewardDestination, ValidatorPrefs } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

export interface StakingGenesis {
  readonly validatorCount: number;
  /** Validators of era 0, and others that want to validate, with their bonds. */
  readonly stakers: readonly (readonly [AccountId, bigint])[];
  /** How many of the stakers, from the first, validate in era 0. */
  readonly validating: number;
  readonly eraPayout: bigint;
  readonly slashReward: bigint;
  readonly minNominatorBond: bigint;
  readonly minValidatorBond: bigint;
  readonly maxValidators: number;
  readonly maxNominators: number;
}

const VALUE = { value: "BalanceOf<T>" } as const;
const MAX_KICKED = 128;
const PAYOUT = linearWeight(
  WEIGHTS.payout_stakers,
  WEIGHTS.payout_stakers_per_nominator,
  PAGE_SIZE,
);

export const Staking = declaration.implement(({ call }) => ({
  calls: {
    bond: call(
      0,
      {
        docs: "Bonds up to `value` plancks of the caller; rewards go to `payee`.",
        origin: signed,
        args: { value: compact(u128), payee: RewardDestination },
        typeNames: { ...VALUE, payee: "RewardDestination<T::AccountId>" },
        weight: WEIGHTS.bond,
      },
      (ctx, { value, payee }) => bond(ctx, ctx.caller, value, payee),
    ),
    bond_extra: call(
      1,
      {
        docs: "Adds up to `maxAdditional` plancks to the caller's bond.",
        origin: signed,
        args: { maxAdditional: compact(u128) },
        typeNames: { maxAdditional: VALUE.value },
        weight: WEIGHTS.bond_extra,
      },
      (ctx, { maxAdditional }) => bondExtra(ctx, ctx.caller, maxAdditional),
    ),
    unbond: call(
      2,
      {
        docs: "Begins to unlock `value` plancks; they can be withdrawn when the bonding duration is over.",
        origin: signed,
        args: { value: compact(u128) },
        typeNames: VALUE,
        weight: WEIGHTS.unbond,
      },
      (ctx, { value }) => unbond(ctx, ctx.caller, value),
    ),
    withdraw_unbonded: call(
      3,
      {
        docs: "Frees what is unlocked; `numSlashingSpans` are removed when the bond ends with it.",
        origin: signed,
        args: { numSlashingSpans: u32 },
        weight: WEIGHTS.withdraw_unbonded,
      },
      (ctx, { numSlashingSpans }) => withdraw(ctx, ctx.caller, numSlashingSpans),
    ),
    validate: call(
      4,
      {
        docs: "Stands for election with these preferences.",
        origin: signed,
        args: { prefs: ValidatorPrefs },
        typeNames: { prefs: "ValidatorPrefs" },
        weight: WEIGHTS.validate,
      },
      (ctx, { prefs }) => validate(ctx, ctx.caller, prefs),
    ),
    nominate: call(
      5,
      {
        docs: "Puts the caller's bond behind these validators.",
        origin: signed,
        args: { targets: vec(MultiAddress, MAX_NOMINATIONS) },
        typeNames: { targets: "Vec<AccountIdLookupOf<T>>" },
        weight: ({ targets }) =>
          linearWeight(WEIGHTS.nominate, WEIGHTS.nominate_per_target, targets.length),
      },
      (ctx, { targets }) => nominate(ctx, ctx.caller, targets.map(lookup)),
    ),
    chill: call(
      6,
      {
        docs: "Ends validating and nominating from the next election on.",
        origin: signed,
        args: {},
        weight: WEIGHTS.chill,
      },
      (ctx) => {
        ledgerOf(ctx, ctx.caller);
        if (chill(ctx, ctx.caller)) ctx.emit.Chilled({ stash: ctx.caller });
      },
    ),
    set_payee: call(
      7,
      {
        docs: "Sends the caller's rewards to `payee` from now on.",
        origin: signed,
        args: { payee: RewardDestination },
        typeNames: { payee: "RewardDestination<T::AccountId>" },
        weight: WEIGHTS.set_payee,
      },
      (ctx, { payee }) => {
        ledgerOf(ctx, ctx.caller);
        ctx.storage.Payee.put(ctx.caller, payee);
      },
    ),
    set_controller: call(
      8,
      {
        docs: "Makes the stash its own controller, which it always is: refused.",
        origin: signed,
        args: {},
        weight: WEIGHTS.set_controller,
      },
      (ctx) => {
        ensure(ctx.storage.Bonded.has(ctx.caller), ctx.errors.NotStash);
        refuse(ctx.errors.AlreadyPaired);
      },
    ),
    payout_stakers: call(
      18,
      {
        docs: "Pays the next page of a validator and its nominators for an era; anybody may ask.",
        origin: signed,
        args: { validatorStash: accountId, era: u32 },
        typeNames: { validatorStash: "T::AccountId", era: "EraIndex" },
        weight: PAYOUT,
      },
      (ctx, { validatorStash, era }) =>
        payPage(ctx, validatorStash, era, nextPage(ctx, validatorStash, era)),
    ),
    rebond: call(
      19,
      {
        docs: "Puts up to `value` plancks that are unlocking back to stake.",
        origin: signed,
        args: { value: compact(u128) },
        typeNames: VALUE,
        weight: WEIGHTS.rebond,
      },
      (ctx, { value }) => rebond(ctx, ctx.caller, value),
    ),
    reap_stash: call(
      20,
      {
        docs: "Removes a bond that slashes left too small to be kept; anybody may ask.",
        origin: signed,
        args: { stash: accountId, numSlashingSpans: u32 },
        weight: WEIGHTS.reap_stash,
      },
      (ctx, { stash, numSlashingSpans }) => reap(ctx, stash, numSlashingSpans),
    ),
    kick: call(
      21,
      {
        docs: "Takes nominators off the caller, who validates.",
        origin: signed,
        args: { who: vec(MultiAddress, MAX_KICKED) },
        typeNames: { who: "Vec<AccountIdLookupOf<T>>" },
        weight: ({ who }) => linearWeight(WEIGHTS.kick, WEIGHTS.kick_per_nominator, who.length),
      },
      (ctx, { who }) => {
        ledgerOf(ctx, ctx.caller);
        kick(ctx, ctx.caller, who.map(lookup));
      },
    ),
    payout_stakers_by_page: call(
      26,
      {
        docs: "Pays one page of a validator and its nominators for an era; anybody may ask.",
        origin: signed,
        args: { validatorStash: accountId, era: u32, page: u32 },
        typeNames: { validatorStash: "T::AccountId", era: "EraIndex", page: "Page" },
        weight: PAYOUT,
      },
      (ctx, { validatorStash, era, page }) => payPage(ctx, validatorStash, era, page),
    ),
    ...rootCalls(call),
  },
  genesis: (ctx, genesis: StakingGenesis) => {
    const { storage } = ctx;
    storage.ValidatorCount.put(genesis.validatorCount);
    storage.EraPayout.put(genesis.eraPayout);
    storage.SlashRewardFraction.put(genesis.slashReward);
    storage.MinNominatorBond.put(genesis.minNominatorBond);
    storage.MinValidatorBond.put(genesis.minValidatorBond);
    storage.MaxValidatorsCount.put(genesis.maxValidators);
    storage.MaxNominatorsCount.put(genesis.maxNominators);
    storage.CurrentEra.put(0);
    storage.ActiveEra.put({ index: 0, start: undefined });
    storage.ErasStartSessionIndex.put(0, 0);
    storage.BondedEras.put([[0, 0]]);
    for (const [stash, amount] of genesis.stakers) {
      bond(ctx, stash, amount, { type: "Staked", value: undefined });
      validate(ctx, stash, { commission: 0n, blocked: false });
    }
    const elected = genesis.stakers
      .slice(0, genesis.validating)
      .map(
        ([stash, amount]): Elected => [stash, { total: amount, voters: [[toHex(stash), amount]] }],
      );
    putExposures(ctx, 0, elected);
    storage.CurrentPlannedSession.put(1);
  },
  hooks: {
    tryState: (ctx) => {
      const { storage, config } = ctx;
      for (const [stash, ledger] of storage.Ledger.entries()) {
        const unlocking = ledger.unlocking.reduce((sum, { value }) => sum + value, 0n);
        assert(ledger.active + unlocking === ledger.total, "the parts of a ledger add up");
        const held = config.currency.held(ctx, stash, STAKING_HOLD);
        assert(held === ledger.total, "what a ledger says is on hold");
        assert(storage.Bonded.has(stash) && storage.Payee.has(stash), "a ledger is bonded");
      }
      const validating = [...storage.Validators.keys()];
      assert(validating.length === storage.CounterForValidators.get(), "validators are counted");
      assert(
        [...storage.Nominators.keys()].length === storage.CounterForNominators.get(),
        "nominators are counted",
      );
      for (const stash of validating) {
        assert(storage.Ledger.has(stash), "a validator has a bond");
        assert(!storage.Nominators.has(stash), "an account has one role");
      }
    },
  },
}));

function lookup(address: MultiAddress): AccountId {
  const account = accountOf(address);
  ensure(account !== undefined, CANNOT_LOOKUP);
  return account;
}
