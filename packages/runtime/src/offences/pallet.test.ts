import { encodeExtrinsic, NONE } from "@pha/frame";
import { encode, toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { Babe } from "../babe/index.ts";
import { nativeToken } from "../balances/index.ts";
import { Grandpa } from "../grandpa/index.ts";
import { PHA, SUPPLY, TREASURY } from "../parameters.ts";
import { Session, validators } from "../session/index.ts";
import {
  babeKey,
  babeReport,
  grandpaReport,
  ownerProof,
  sealed,
  twoBlocks,
} from "../testing/equivocations.ts";
import { errorName, startStakingChain } from "../testing/staking-chain.ts";
import { equivocationFraction, unresponsiveFraction } from "./index.ts";

describe("an equivocation", () => {
  test("of an author is slashed after the deferral; it is chilled, out of the next set, its reporter rewarded", () => {
    const world = startStakingChain();
    const { tx, account, staking } = world;
    const bob = account("//Bob");
    expect(
      world.as(
        "//Eve",
        tx.Staking.bond({ value: 4_000n * PHA, payee: { type: "Stash", value: undefined } }),
      ),
    ).toBeUndefined();
    expect(
      world.as("//Eve", tx.Staking.nominate({ targets: [world.address("//Bob")] })),
    ).toBeUndefined();
    // Era 1 has Eve behind Bob.
    world.nextEra();
    world.nextEra();
    world.chain.block([], 1_060n);
    const era = staking().storage.ActiveEra.get()?.index ?? 0;
    const eveBond = () => staking().storage.Ledger.get(account("//Eve"))?.total ?? 0n;
    const bobBond = () => staking().storage.Ledger.get(bob)?.total ?? 0n;
    const report = tx.Babe.report_equivocation(babeReport(world, "//Bob", 1_060n));
    const ferdie = () => nativeToken.free(staking(), account("//Ferdie"));
    const before = {
      eve: eveBond(),
      bob: bobBond(),
      ferdie: ferdie(),
      treasury: nativeToken.free(staking(), TREASURY),
    };
    expect(world.as("//Ferdie", report)).toBeUndefined();
    expect(
      errorName(
        world.as("//Ferdie", report),
        world.chain.runtime.env(world.chain.overlay).of(Babe).errors,
      ),
    ).toBe("DuplicateOffenceReport");
    // One of four: (3/4)² of the stake.
    const fraction = equivocationFraction(1, 4);
    expect(fraction).toBe(562_500_000n);
    expect(staking().storage.Validators.has(bob)).toBe(false);
    expect(bobBond()).toBe(before.bob);
    const waiting = staking().storage.UnappliedSlashes.get(era + 2);
    expect(waiting).toHaveLength(1);
    expect(waiting[0]?.own).toBe((before.bob * 5_625n) / 10_000n);
    expect(world.nextEra()).toBe(era + 1);
    expect(bobBond()).toBe(before.bob);
    expect(world.nextEra()).toBe(era + 2);
    expect(bobBond()).toBe(before.bob - (before.bob * 5_625n) / 10_000n);
    expect(eveBond()).toBe(before.eve - (before.eve * 5_625n) / 10_000n);
    const taken = before.bob - bobBond() + before.eve - eveBond();
    expect(ferdie() - before.ferdie).toBe(taken / 10n);
    expect(nativeToken.free(staking(), TREASURY) - before.treasury).toBe(taken - taken / 10n);
    const present = validators({ env: world.chain.runtime.env(world.chain.overlay) });
    expect(present.map(toHex)).not.toContain(toHex(bob));
    expect(present).toHaveLength(3);
    expect(world.balances().storage.TotalIssuance.get()).toBe(SUPPLY);
    world.chain.runtime.tryState(world.chain.overlay);
  });

  test("of a voter is slashed as well, and can be cancelled by root in time", () => {
    const world = startStakingChain();
    const { tx, staking } = world;
    const call = tx.Grandpa.report_equivocation(grandpaReport(world, "//Charlie"));
    expect(world.as("//Ferdie", call)).toBeUndefined();
    expect(staking().storage.UnappliedSlashes.get(2)).toHaveLength(1);
    const cancel = (slashIndices: number[]) =>
      world.asRoot(tx.Staking.cancel_deferred_slash({ era: 2, slashIndices }));
    expect(errorName(cancel([]), staking().errors)).toBe("EmptyTargets");
    expect(errorName(cancel([0, 0]), staking().errors)).toBe("DuplicateIndex");
    expect(errorName(cancel([1]), staking().errors)).toBe("InvalidSlashIndex");
    expect(cancel([0])).toBeUndefined();
    const bond = staking().storage.Ledger.get(world.account("//Charlie"))?.total;
    world.nextEra();
    world.nextEra();
    world.nextEra();
    expect(staking().storage.Ledger.get(world.account("//Charlie"))?.total).toBe(bond);
  });

  test("of several at one time costs all of them more", () => {
    const world = startStakingChain();
    const { tx, staking, account } = world;
    for (const uri of ["//Charlie", "//Dave"])
      expect(
        world.as("//Ferdie", tx.Grandpa.report_equivocation(grandpaReport(world, uri))),
      ).toBeUndefined();
    const [fraction] = staking().storage.ValidatorSlashInEra.get(0, account("//Charlie")) ?? [];
    expect(fraction).toBe(1_000_000_000n);
    world.nextEra();
    world.nextEra();
    expect(staking().storage.Ledger.has(account("//Charlie"))).toBe(false);
    expect(staking().storage.Ledger.has(account("//Dave"))).toBe(false);
    expect(world.balances().storage.TotalIssuance.get()).toBe(SUPPLY);
    world.chain.runtime.tryState(world.chain.overlay);
  });

  test("is not believed with a forged, equal, foreign or late proof", () => {
    const world = startStakingChain();
    const { tx } = world;
    world.nextSession();
    const env = world.chain.runtime.env(world.chain.overlay);
    const good = babeReport(world, "//Bob");
    const babe = (change: Partial<typeof good>) =>
      errorName(
        world.as("//Ferdie", tx.Babe.report_equivocation({ ...good, ...change })),
        env.of(Babe).errors,
      );
    const { equivocationProof, keyOwnerProof } = good;
    const equal = { ...equivocationProof, secondHeader: equivocationProof.firstHeader };
    expect(babe({ equivocationProof: equal })).toBe("InvalidEquivocationProof");
    const forged = { ...equivocationProof, secondHeader: sealed("//Eve", 1_003n, 1, 3) };
    expect(babe({ equivocationProof: forged })).toBe("InvalidEquivocationProof");
    const otherIndex = { ...equivocationProof, secondHeader: sealed("//Bob", 1_003n, 2, 3) };
    expect(babe({ equivocationProof: otherIndex })).toBe("InvalidEquivocationProof");
    const early = twoBlocks("//Bob", 900n);
    expect(babe({ equivocationProof: early })).toBe("InvalidEquivocationProof");
    const alices = ownerProof(world, "BabeApi", babeKey("//Alice").publicKey, 1_003n);
    expect(babe({ keyOwnerProof: alices })).toBe("InvalidKeyOwnershipProof");
    expect(babe({ keyOwnerProof: { ...keyOwnerProof, session: 7 } })).toBe(
      "InvalidKeyOwnershipProof",
    );
    const cut = { ...keyOwnerProof, trieNodes: keyOwnerProof.trieNodes.slice(0, -1) };
    expect(babe({ keyOwnerProof: cut })).toBe("InvalidKeyOwnershipProof");
    const more = { ...keyOwnerProof, validatorCount: 5 };
    expect(babe({ keyOwnerProof: more })).toBe("InvalidKeyOwnershipProof");
    const votes = grandpaReport(world, "//Bob");
    const grandpa = (report: typeof votes) =>
      errorName(
        world.as("//Ferdie", tx.Grandpa.report_equivocation(report)),
        env.of(Grandpa).errors,
      );
    const { value } = votes.equivocationProof.equivocation;
    const once = { ...value, second: value.first };
    const withVotes = (changed: typeof value, setId = 0n) => ({
      ...votes,
      equivocationProof: { setId, equivocation: { type: "Precommit" as const, value: changed } },
    });
    expect(grandpa(withVotes(once))).toBe("InvalidEquivocationProof");
    expect(grandpa(withVotes({ ...value, roundNumber: 5n }))).toBe("InvalidEquivocationProof");
    expect(grandpa(withVotes(value, 3n))).toBe("InvalidEquivocationProof");
    expect(grandpa({ ...votes, keyOwnerProof: { ...votes.keyOwnerProof, session: 9 } })).toBe(
      "InvalidKeyOwnershipProof",
    );
  });
});

describe("a report that nobody signed", () => {
  test("is taken from the node itself and in blocks, once, and only when it holds", () => {
    const world = startStakingChain();
    const { runtime, overlay, hash } = world.chain;
    const validity = (
      call: ReturnType<typeof world.tx.Babe.report_equivocation_unsigned>,
      source: "Local" | "External" | "InBlock",
    ) =>
      runtime.validateTransaction(
        overlay,
        source,
        encodeExtrinsic(encode(runtime.format.call, call)),
        hash(),
      );
    const report = world.tx.Grandpa.report_equivocation_unsigned(grandpaReport(world, "//Bob"));
    expect(validity(report, "External").ok).toBe(false);
    const local = validity(report, "Local");
    expect(local.ok && local.value.propagate).toBe(false);
    expect(local.ok && local.value.provides).toHaveLength(1);
    const { keyOwnerProof } = babeReport(world, "//Alice");
    const foreign = { ...grandpaReport(world, "//Bob"), keyOwnerProof };
    expect(validity(world.tx.Grandpa.report_equivocation_unsigned(foreign), "Local").ok).toBe(
      false,
    );
    const bytes = encodeExtrinsic(encode(runtime.format.call, report));
    const first = world.chain.block([bytes]);
    expect(first.outcomes[0]?.ok).toBe(true);
    expect(validity(report, "Local").ok).toBe(false);
    expect(world.chain.block([bytes]).outcomes[0]?.ok).toBe(false);
    // Whatever else comes without a signature is refused.
    const remark = world.tx.System.remark({ remark: new Uint8Array() });
    const plain = encodeExtrinsic(encode(runtime.format.call, remark));
    expect(runtime.validateTransaction(overlay, "Local", plain, hash())).toMatchObject({
      error: { type: "Unknown" },
    });
    expect(runtime.env(overlay).dispatch(report, NONE).ok).toBe(false);
  });
});

describe("validators that are away", () => {
  test("cost nothing when they are few, and a part of the stake when they are many", () => {
    expect(unresponsiveFraction(1, 4)).toBe(0n);
    expect(unresponsiveFraction(2, 4)).toBe(52_500_000n);
    expect(unresponsiveFraction(4, 4)).toBe(70_000_000n);
    expect(unresponsiveFraction(10, 100)).toBe(0n);
    expect(equivocationFraction(1, 100)).toBe(900_000n);
    expect(equivocationFraction(50, 100)).toBe(1_000_000_000n);
  });

  test("are noticed at the end of a session with enough blocks", () => {
    const world = startStakingChain({ epochLength: 50n });
    const { chain, staking, account } = world;
    // Charlie and Dave author nothing.
    for (let i = 1; i <= 50; i++) chain.block([], 1_000n + BigInt(i), i % 2);
    const session = chain.runtime.env(chain.overlay).of(Session);
    expect(session.storage.CurrentIndex.get()).toBe(1);
    const slashed = [...staking().storage.UnappliedSlashes.entries()].flatMap(([, all]) => all);
    expect(slashed.map(({ validator }) => toHex(validator)).sort()).toEqual(
      ["//Charlie", "//Dave"].map((uri) => toHex(account(uri))).sort(),
    );
    expect(staking().storage.Validators.has(account("//Dave"))).toBe(false);
    expect(staking().storage.Validators.has(account("//Bob"))).toBe(true);
  });
});
