import type { Call } from "@pha/frame";
import { toHex } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nativeToken } from "../balances/index.ts";
import { EXISTENTIAL_DEPOSIT, PHA, POTS, REWARD_POT, SUPPLY, TREASURY } from "../parameters.ts";
import { startStakingChain } from "../testing/staking-chain.ts";
import { exposureIn } from "./exposures.ts";
import { punish } from "./index.ts";

const USERS = ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie", "//Operator"];
const user = fc.constantFrom(...USERS);
const amount = fc.bigInt({ min: 0n, max: 60_000n }).map((pha) => pha * PHA);
const STAKED = { type: "Staked", value: undefined } as const;
const STASH = { type: "Stash", value: undefined } as const;

type Step =
  | { readonly do: "bond" | "bond-extra" | "unbond" | "rebond"; who: string; amount: bigint }
  | { readonly do: "withdraw" | "chill" | "validate"; who: string }
  | { readonly do: "nominate"; who: string; targets: readonly string[] }
  | { readonly do: "offence"; who: string; percent: bigint }
  | { readonly do: "payout"; who: string }
  | { readonly do: "session" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom(
      "bond" as const,
      "bond-extra" as const,
      "unbond" as const,
      "rebond" as const,
    ),
    who: user,
    amount,
  }),
  fc.record({
    do: fc.constantFrom("withdraw" as const, "chill" as const, "validate" as const),
    who: user,
  }),
  fc.record({
    do: fc.constant("nominate" as const),
    who: user,
    targets: fc.array(user, { minLength: 1, maxLength: 5 }),
  }),
  fc.record({ do: fc.constant("offence" as const), who: user, percent: fc.bigInt(0n, 100n) }),
  fc.record({ do: fc.constant("payout" as const), who: user }),
  fc.record({ do: fc.constant("session" as const) }),
  fc.record({ do: fc.constant("session" as const) }),
);

test("whatever is called, funds add up, nothing is minted, nobody is paid early or slashed beyond its stake", () => {
  const seen = { withdrawn: 0, paid: 0, slashed: 0, nominated: 0 };
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
      const world = startStakingChain();
      const { chain, tx, account } = world;
      const ctx = () => world.staking();
      /** Account → era and amount of what it may not have before. */
      const locked: { who: string; era: number; amount: bigint }[] = [];
      const callOf = (one: Step): Call | undefined => {
        switch (one.do) {
          case "bond":
            return tx.Staking.bond({
              value: one.amount,
              payee: one.amount % 2n === 0n ? STAKED : STASH,
            });
          case "bond-extra":
            return tx.Staking.bond_extra({ maxAdditional: one.amount });
          case "unbond":
            return tx.Staking.unbond({ value: one.amount });
          case "rebond":
            return tx.Staking.rebond({ value: one.amount });
          case "withdraw":
            return tx.Staking.withdraw_unbonded({ numSlashingSpans: 100 });
          case "chill":
            return tx.Staking.chill();
          case "validate":
            return tx.Staking.validate({ prefs: { commission: 100_000_000n, blocked: false } });
          case "nominate":
            return tx.Staking.nominate({ targets: one.targets.map(world.address) });
          case "payout": {
            const era = (ctx().storage.ActiveEra.get()?.index ?? 1) - 1;
            return era < 0
              ? undefined
              : tx.Staking.payout_stakers({ validatorStash: account(one.who), era });
          }
          default:
            return undefined;
        }
      };
      for (const one of steps) {
        const era = ctx().storage.CurrentEra.get() ?? 0;
        const beforeFree = "who" in one ? nativeToken.free(ctx(), account(one.who)) : 0n;
        const call = callOf(one);
        if (one.do === "session") world.nextSession();
        else if (one.do === "offence") {
          const validator = account(one.who);
          const active = ctx().storage.ActiveEra.get()?.index ?? 0;
          const exposure = exposureIn(ctx(), active, validator);
          const session = ctx().storage.ErasStartSessionIndex.get(active) ?? 0;
          const fraction = one.percent * 10_000_000n;
          punish(ctx(), session, [{ validator, reporters: [account("//Ferdie")] }], fraction);
          const slashes = [...ctx().storage.UnappliedSlashes.entries()].flatMap(([, all]) => all);
          seen.slashed += slashes.length;
          for (const slash of slashes) {
            if (toHex(slash.validator) !== toHex(validator) || !exposure) continue;
            expect(slash.own).toBeLessThanOrEqual(exposure.own);
            for (const [who, taken] of slash.others) {
              const value = exposure.others
                .filter((other) => toHex(other.who) === toHex(who))
                .reduce((sum, other) => sum + other.value, 0n);
              if (value > 0n) expect(taken).toBeLessThanOrEqual(value);
            }
          }
        } else if (call && "who" in one) {
          const failed = world.as(one.who, call) !== undefined;
          const ledger = ctx().storage.Ledger.get(account(one.who));
          if (!failed && one.do === "unbond") {
            const chunk = ledger?.unlocking.at(-1);
            const sum = chunk?.value ?? 0n;
            if (chunk) locked.push({ who: one.who, era: chunk.era, amount: sum });
          }
          const freed = nativeToken.free(ctx(), account(one.who)) - beforeFree;
          if (one.do === "withdraw" && freed > 0n) {
            const due = locked.filter((lock) => lock.who === one.who && lock.era <= era);
            const most = due.reduce((sum, lock) => sum + lock.amount, 0n);
            // A bond that ends gives back the little that was still at stake.
            expect(freed).toBeLessThanOrEqual(most + EXISTENTIAL_DEPOSIT);
            seen.withdrawn++;
          }
          if (!failed && one.do === "payout") seen.paid++;
          if (!failed && one.do === "nominate") seen.nominated++;
        }
        chain.runtime.tryState(chain.overlay);
        expect(world.balances().storage.TotalIssuance.get()).toBe(SUPPLY);
        const set = ctx().storage.ErasValidatorReward;
        for (const [paid, reward] of set.entries())
          expect(reward, `era ${paid}`).toBeLessThanOrEqual(ctx().storage.EraPayout.get());
      }
    }),
    { numRuns: 12, seed: 20_261_128 },
  );
  // The calls did what they are here for.
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
});

test("an era pays what governance set, from the mining pot, and payouts never exceed it", () => {
  const world = startStakingChain();
  const ctx = () => world.staking();
  const mining = () => nativeToken.free(ctx(), POTS.mining.account);
  const start = mining();
  for (let i = 0; i < 30; i++) world.chain.block([], 1_001n + BigInt(i), i % 4);
  const era = ctx().storage.ActiveEra.get()?.index ?? 0;
  expect(era).toBe(1);
  const reward = ctx().storage.ErasValidatorReward.get(0) ?? 0n;
  expect(reward).toBe(ctx().storage.EraPayout.get());
  expect(start - mining()).toBe(reward);
  const before = nativeToken.free(ctx(), REWARD_POT);
  for (const uri of ["//Alice", "//Bob", "//Charlie", "//Dave"]) {
    const call = world.tx.Staking.payout_stakers({ validatorStash: world.account(uri), era: 0 });
    expect(world.as("//Eve", call)).toBeUndefined();
    expect(world.as("//Eve", call)).toMatchObject({ type: "Module" });
  }
  const paid = before - nativeToken.free(ctx(), REWARD_POT);
  expect(paid).toBeGreaterThan(0n);
  expect(paid).toBeLessThanOrEqual(reward);
  world.chain.runtime.tryState(world.chain.overlay);
});

test("what the pot keeps is used before the mining pot is asked again", () => {
  const world = startStakingChain();
  const ctx = () => world.staking();
  for (let era = 0; era < 9; era++) world.nextEra();
  const before = nativeToken.free(ctx(), POTS.mining.account);
  world.nextEra();
  // Nobody authored in these eras: the rewards of those that are forgotten are spare.
  expect(nativeToken.free(ctx(), POTS.mining.account)).toBe(before);
  expect(nativeToken.free(ctx(), TREASURY)).toBeGreaterThan(0n);
});
