import { equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { nativeToken } from "../balances/index.ts";
import { GATEKEEPER_POT, PHA, POTS, SUPPLY, TREASURY } from "../parameters.ts";
import { PUBLIC_PHA, thresholdOf } from "../pha-pallets.ts";
import { testnetPreset } from "../presets.ts";
import { dkgCall, runDkg, wordsOf } from "../testing/pha-cluster.ts";
import {
  NAMES,
  ownLabels,
  STAKE,
  type StakeWorld,
  startStakeWorld,
} from "../testing/stake-world.ts";
import { HOLD } from "./declaration.ts";
import { admission } from "./index.ts";
import { MAX_CANDIDATES, MAX_NOMINATORS, MAX_UNBONDING } from "./types.ts";

const held = (world: StakeWorld, uri: string) =>
  nativeToken.held(world.ctx(), world.account(uri), HOLD);
const free = (world: StakeWorld, account: Uint8Array) => nativeToken.free(world.ctx(), account);
const check = ({ chain, balances }: StakeWorld) => {
  chain.runtime.tryState(chain.overlay);
  expect(balances().storage.TotalIssuance.get()).toBe(SUPPLY);
};

describe("a bond", () => {
  test("is held, waits when it is taken out, and is free after the wait", () => {
    const world = startStakeWorld();
    const { tx, stake } = world;
    expect(world.as("//Bob", tx.bond({ amount: PHA - 1n }))).toBe("BondTooSmall");
    expect(world.as("//Bob", tx.unbond({ amount: 1n }))).toBe("NoBond");
    expect(world.as("//Bob", tx.withdraw())).toBe("NoBond");
    world.did("//Bob", tx.bond({ amount: 10n * PHA }));
    world.did("//Bob", tx.bond({ amount: 1n }));
    expect(held(world, "//Bob")).toBe(10n * PHA + 1n);
    expect(world.as("//Bob", tx.unbond({ amount: 10n * PHA }))).toBe("BondTooSmall");
    expect(world.as("//Bob", tx.unbond({ amount: 11n * PHA }))).toBe("BondTooSmall");
    world.did("//Bob", tx.unbond({ amount: 10n * PHA + 1n }));
    expect(world.as("//Bob", tx.withdraw())).toBe("NothingToWithdraw");
    world.blocks(STAKE.unbondingBlocks - 1);
    expect(world.as("//Bob", tx.withdraw())).toBe("NothingToWithdraw");
    world.blocks(1);
    world.did("//Bob", tx.withdraw());
    expect(held(world, "//Bob")).toBe(0n);
    expect(stake().storage.Bonds.has(world.account("//Bob"))).toBe(false);
    check(world);
  });

  test("has a bounded number of waiting parts", () => {
    const world = startStakeWorld();
    const { tx } = world;
    world.did("//Bob", tx.bond({ amount: 100n * PHA }));
    for (let i = 0; i < MAX_UNBONDING; i++) {
      world.did("//Bob", tx.unbond({ amount: PHA }));
      // A second one of the block joins the first.
      world.did("//Bob", tx.unbond({ amount: PHA }));
      world.blocks(1);
    }
    expect(world.as("//Bob", tx.unbond({ amount: PHA }))).toBe("TooManyUnbonding");
    world.blocks(STAKE.unbondingBlocks);
    world.did("//Bob", tx.withdraw());
    world.did("//Bob", tx.unbond({ amount: PHA }));
    check(world);
  });
});

describe("standing and nominating", () => {
  test("take a bond, and governance's approval of the seat", () => {
    const world = startStakeWorld();
    const { tx, stake } = world;
    expect(world.as("//Bob", tx.stand({ commission: 0 }))).toBe("NotApproved");
    world.approve("//Bob");
    expect(world.as("//Bob", tx.stand({ commission: 0 }))).toBe("BondTooSmall");
    expect(world.as("//Bob", tx.stand({ commission: 101 }))).toBe("BadCommission");
    world.did("//Bob", tx.bond({ amount: STAKE.minCandidateBond }));
    world.did("//Bob", tx.stand({ commission: 5 }));
    expect(world.as("//Bob", tx.unbond({ amount: 1n }))).toBe("BondTooSmall");
    expect(world.as("//Bob", tx.nominate({ targets: [world.account("//Bob")] }))).toBe(
      "IsCandidate",
    );
    const targets = [world.account("//Bob")];
    expect(world.as("//Eve", tx.nominate({ targets }))).toBe("BondTooSmall");
    world.did("//Eve", tx.bond({ amount: PHA }));
    expect(world.as("//Eve", tx.nominate({ targets: [] }))).toBe("NoTargets");
    expect(world.as("//Eve", tx.nominate({ targets: [...targets, ...targets] }))).toBe("NoTargets");
    expect(world.as("//Eve", tx.nominate({ targets: [world.account("//Dave")] }))).toBe(
      "NotCandidate",
    );
    world.did("//Eve", tx.nominate({ targets }));
    world.approve("//Eve");
    expect(world.as("//Eve", tx.stand({ commission: 0 }))).toBe("IsNominator");
    check(world);
    world.did("//Eve", tx.chill());
    expect(world.as("//Eve", tx.chill())).toBe("NothingToChill");
    world.did("//Bob", tx.chill());
    world.did("//Bob", tx.unbond({ amount: STAKE.minCandidateBond }));
    expect(stake().storage.CandidateCount.get()).toBe(0);
    check(world);
  });

  test("are bounded in number", () => {
    const world = startStakeWorld();
    const { tx, stake } = world;
    world.approve("//Bob");
    world.did("//Bob", tx.bond({ amount: STAKE.minCandidateBond }));
    stake().storage.CandidateCount.put(MAX_CANDIDATES);
    expect(world.as("//Bob", tx.stand({ commission: 0 }))).toBe("TooManyCandidates");
    stake().storage.CandidateCount.put(0);
    world.did("//Bob", tx.stand({ commission: 0 }));
    world.did("//Eve", tx.bond({ amount: PHA }));
    stake().storage.NominatorCount.put(MAX_NOMINATORS);
    const targets = [world.account("//Bob")];
    expect(world.as("//Eve", tx.nominate({ targets }))).toBe("TooManyNominators");
  });

  test("settings and approvals are governance's, and checked", () => {
    const world = startStakeWorld();
    const { tx, account } = world;
    const settings = { seats: 5, termReward: 1n, minOnline: 50 };
    expect(world.as("//Bob", tx.set_seats(settings))).toBe("BadOrigin");
    expect(world.asRoot(tx.set_seats({ ...settings, seats: 2 }))).toBe("BadSeats");
    expect(world.asRoot(tx.set_seats({ ...settings, seats: 32 }))).toBe("BadSeats");
    expect(world.asRoot(tx.set_seats({ ...settings, minOnline: 101 }))).toBe("BadPercent");
    expect(world.asRoot(tx.set_seats(settings))).toBeUndefined();
    const approval = { ...ownLabels("//Bob"), vendor: "" };
    expect(world.asRoot(tx.approve({ who: account("//Bob"), approval }))).toBe("EmptyLabel");
    expect(world.asRoot(tx.revoke({ who: account("//Bob") }))).toBe("NotApproved");
  });
});

/** As many candidates as names, with 100, 200 … PHA in the order given. */
function stood(world: StakeWorld, uris: readonly string[], labelsOf = ownLabels): void {
  for (const [i, uri] of uris.entries())
    world.candidate(uri, BigInt(i + 1) * 100n * PHA, labelsOf(uri));
}

describe("an election", () => {
  test("seats the most staked of those who are there, and begins the first generation with them", () => {
    const world = startStakeWorld();
    stood(world, NAMES.slice(0, 7));
    // Neither is there: one never came, the other's lease is over.
    world.approve(NAMES[7]!);
    world.did(NAMES[7]!, world.tx.bond({ amount: 10_000n * PHA }));
    world.did(NAMES[7]!, world.tx.stand({ commission: 0 }));
    world.firstElection();
    expect([...world.operators()].sort()).toEqual([...NAMES.slice(2, 7)].sort());
    expect(world.gatekeepers().storage.Run.get()).toMatchObject({ generation: 1n, threshold: 3 });
    const [elected] = world.chain.events("Elected");
    expect(elected?.fields["total"]).toBeGreaterThan(0n);
    check(world);
  });

  test("counts nominators' bonds", () => {
    const world = startStakeWorld();
    stood(world, NAMES.slice(0, 7));
    world.did(NAMES[8]!, world.tx.bond({ amount: 5_000n * PHA }));
    world.did(NAMES[8]!, world.tx.nominate({ targets: [world.account(NAMES[0]!)] }));
    world.firstElection();
    expect(world.operators()[0]).toBe(NAMES[0]);
    const exposure = world.stake().storage.Exposures.get(0, world.account(NAMES[0]!));
    expect(exposure).toMatchObject({ own: 100n * PHA, others: [{ value: 5_000n * PHA }] });
    check(world);
  });

  test.each([
    "entity",
    "provider",
    "vendor",
    "line",
  ] as const)("gives no %s as many seats as make a key, however much stake it has", (label) => {
    const world = startStakeWorld();
    // The five most staked ones are one group.
    const labelsOf = (uri: string) => ({
      ...ownLabels(uri),
      ...(NAMES.indexOf(uri) >= 4 && { [label]: "the same" }),
    });
    stood(world, NAMES, labelsOf);
    world.firstElection();
    const operators = world.operators();
    expect(operators).toHaveLength(5);
    const same = operators.filter((uri) => NAMES.indexOf(uri) >= 4);
    expect(same).toHaveLength(thresholdOf(5) - 1);
    check(world);
  });

  test("fails when too few are there or fit together: then everything stays as it is", () => {
    const world = startStakeWorld();
    stood(world, NAMES.slice(0, 2));
    world.firstElection();
    expect(world.chain.events("ElectionFailed")[0]?.fields).toMatchObject({ electable: 2 });
    expect(world.operators()).toEqual([]);
    const one = (uri: string) => ({ ...ownLabels(uri), provider: "one house" });
    const other = startStakeWorld();
    stood(other, NAMES, one);
    other.firstElection();
    expect(other.chain.events("ElectionFailed")[0]?.fields).toMatchObject({
      electable: 9,
      fitting: 0,
    });
  });

  test("of nobody, on a young chain, is none", () => {
    const world = startStakeWorld();
    world.firstElection();
    expect(world.chain.events("ElectionFailed")).toEqual([]);
    expect(world.operators()).toEqual([]);
  });

  test("is what names operators: root cannot, but takes an approval back, which ends the seat", () => {
    const world = startStakeWorld();
    stood(world, NAMES.slice(0, 6));
    world.firstElection();
    const { chain } = world;
    const { set_operators } = chain.runtime.tx.PhaGatekeepers;
    expect(chain.sudo(set_operators({ operators: [world.account("//Bob")] })).error).toBe(
      "ElectedHere",
    );
    const [first] = world.operators();
    expect(world.asRoot(world.tx.revoke({ who: world.account(first!) }))).toBeUndefined();
    expect(world.operators()).not.toContain(first);
    expect(world.operators()).toHaveLength(4);
    expect(world.as(first!, world.tx.stand({ commission: 0 }))).toBe("NotApproved");
    expect(world.gatekeepers().storage.Members.get(world.account(first!))).toBeUndefined();
  });

  test("has no part where root names the operators", () => {
    const world = startStakeWorld({ seats: 0, needsApproval: false });
    const operators = ["//Alice", "//Bob"].map(world.account);
    const call = world.chain.runtime.tx.PhaGatekeepers.set_operators({ operators });
    expect(world.chain.sudo(call).error).toBeUndefined();
    stood(world, ["//Charlie", "//Dave", "//Eve"]);
    world.firstElection();
    expect(world.operators()).toEqual(["//Alice", "//Bob"]);
  });
});

describe("seats of a run", () => {
  test("are fewer when a group of those that are there would be too large", () => {
    const world = startStakeWorld();
    const labelsOf = (uri: string) => ({
      ...ownLabels(uri),
      ...(NAMES.indexOf(uri) >= 3 && { vendor: "the same" }),
    });
    stood(world, NAMES.slice(0, 5), labelsOf);
    world.firstElection();
    expect(world.operators()).toHaveLength(5);
    const { storage } = world.gatekeepers();
    const takers = world
      .operators()
      .filter((uri) => uri !== NAMES[0])
      .map((uri) => ({
        operator: world.account(uri),
        seat: storage.Members.get(world.account(uri))!,
      }));
    // Of four, three make a key: both of the group may sit. Of three, two do: one of them may.
    expect(admission.fitting(world.ctx(), takers)).toHaveLength(4);
    const three = takers.filter(({ operator }) => !equalBytes(operator, world.account(NAMES[1]!)));
    const fit = admission.fitting(world.ctx(), three).map(({ operator }) => operator);
    expect(fit).toEqual([NAMES[4], NAMES[2]].map((uri) => world.account(uri!)));
  });
});

/** A chain whose first generation five elected operators made. */
function serving(commission = 0) {
  const world = startStakeWorld({}, { termBlocks: 30 });
  for (const [i, uri] of NAMES.slice(0, 6).entries())
    world.candidate(uri, BigInt(i + 1) * 100n * PHA, ownLabels(uri), commission);
  world.did(NAMES[8]!, world.tx.bond({ amount: 300n * PHA }));
  world.did(NAMES[8]!, world.tx.nominate({ targets: [world.account(NAMES[5]!)] }));
  world.firstElection();
  const seats = () => world.operators().map((uri) => world.seats.get(uri)!);
  runDkg(world.chain, seats());
  expect(world.gatekeepers().storage.CurrentGeneration.get()).toBe(1n);
  return { world, seats };
}

function endTerm(world: StakeWorld): void {
  const { CurrentTerm } = world.stake().storage;
  const before = CurrentTerm.get();
  for (let i = 0; i < 60 && CurrentTerm.get() === before; i++) world.chain.block();
  expect(CurrentTerm.get()).toBe(before + 1);
}

describe("the end of a term", () => {
  test("elects anew, sets a reward aside from the mining pot, and pays it to operators and nominators once", () => {
    const { world } = serving(10);
    const { tx, stake } = world;
    const reward = 1_000n * PHA;
    expect(
      world.asRoot(tx.set_seats({ seats: 5, termReward: reward, minOnline: 50 })),
    ).toBeUndefined();
    const mining = () => free(world, POTS.mining.account);
    const before = mining();
    const top = NAMES[5]!;
    endTerm(world);
    const deposit = nativeToken.existentialDeposit(world.ctx());
    expect(before - mining()).toBe(reward + deposit);
    expect(world.chain.events("TermEnded")[0]?.fields["reward"]).toBe(reward);
    expect(world.gatekeepers().storage.Run.get()).toMatchObject({ generation: 2n });
    const term = stake().storage.Terms.get(0)!;
    expect(term.services).toHaveLength(5);
    const freeBefore = [free(world, world.account(top)), free(world, world.account(NAMES[8]!))];
    world.did("//Dave", tx.payout({ operator: world.account(top), term: 0 }));
    expect(world.as("//Dave", tx.payout({ operator: world.account(top), term: 0 }))).toBe(
      "NoReward",
    );
    const share = reward / 5n;
    const rest = share - share / 10n;
    const got = [free(world, world.account(top)), free(world, world.account(NAMES[8]!))].map(
      (now, i) => now - freeBefore[i]!,
    );
    // Equal duty: a fifth each, a tenth of it for the operator alone, the rest by stake, 600 to 300.
    expect(got).toEqual([share / 10n + (rest * 2n) / 3n, rest / 3n]);
    expect(world.as("//Dave", tx.payout({ operator: world.account(top), term: 1 }))).toBe(
      "NoReward",
    );
    check(world);
  });

  test("gives nothing to who was not there, and ends its standing", () => {
    const { world, seats } = serving();
    expect(
      world.asRoot(world.tx.set_seats({ seats: 5, termReward: PHA, minOnline: 80 })),
    ).toBeUndefined();
    const gone = world.operators()[0]!;
    // Its lease is over early: the samples do not find it.
    const { boot } = seats()[0]!.boot;
    world.endLease(boot);
    endTerm(world);
    expect(world.chain.events("Missed")[0]?.fields["operator"]).toEqual(world.account(gone));
    expect(world.stake().storage.Candidates.has(world.account(gone))).toBe(false);
    expect(world.operators()).not.toContain(gone);
    expect(world.operators()).toHaveLength(5);
    expect(world.as("//Dave", world.tx.payout({ operator: world.account(gone), term: 0 }))).toBe(
      "NoReward",
    );
    check(world);
  });

  test("long ago is forgotten; what was not claimed goes back to the mining pot", () => {
    const { world } = serving();
    const { stake } = world;
    expect(
      world.asRoot(world.tx.set_seats({ seats: 5, termReward: PHA, minOnline: 0 })),
    ).toBeUndefined();
    endTerm(world);
    expect(free(world, GATEKEEPER_POT)).toBeGreaterThanOrEqual(PHA);
    for (let term = 0; term < 7; term++) admission.endTerm(world.ctx());
    expect(stake().storage.Terms.get(0)).toBeUndefined();
    expect(stake().storage.Exposures.get(0, world.account(NAMES[5]!))).toBeUndefined();
    const deposit = nativeToken.existentialDeposit(world.ctx());
    expect(free(world, GATEKEEPER_POT)).toBe(deposit);
    check(world);
  });
});

describe("a conviction", () => {
  test("slashes operator and nominators in the next block, bars the operator, and pays who showed it", () => {
    const { world } = serving();
    const { chain, stake, tx } = world;
    const [cheat, , reporter] = ["//Ferdie", "//Eve", "//Dave"] as const;
    expect(cheat).toBe(NAMES[5]);
    const treasury = free(world, TREASURY);
    const before = [
      held(world, cheat),
      held(world, NAMES[8]!),
      free(world, world.account(reporter)),
    ];
    // Waiting funds answer too.
    world.did(NAMES[8]!, tx.chill());
    world.did(NAMES[8]!, tx.unbond({ amount: 300n * PHA }));
    admission.convicted(world.ctx(), world.account(cheat), "WrongShare", world.account(reporter));
    admission.convicted(world.ctx(), world.account(cheat), "Equivocation", undefined);
    expect(stake().storage.PendingSlashes.get()).toHaveLength(1);
    expect(world.as(cheat, tx.stand({ commission: 0 }))).toBe("Convicted");
    chain.block();
    const after = [
      held(world, cheat),
      held(world, NAMES[8]!),
      free(world, world.account(reporter)),
    ];
    expect(before[0]! - after[0]!).toBe(120n * PHA);
    expect(before[1]! - after[1]!).toBe(60n * PHA);
    expect(after[2]! - before[2]!).toBe(18n * PHA);
    expect(free(world, TREASURY) - treasury).toBe(162n * PHA);
    expect(chain.events("Slashed")).toHaveLength(2);
    expect(chain.events("ReporterPaid")).toHaveLength(1);
    check(world);
    // Only a new approval lets it stand again.
    world.approve(cheat);
    world.did(cheat, tx.stand({ commission: 0 }));
  });

  test("by a run's own messages reaches the bond: two different ones in one phase", () => {
    const { world, seats } = serving();
    const { chain } = world;
    chain.sudo(chain.runtime.tx.PhaGatekeepers.new_generation());
    const all = seats();
    const cheat = world.operators()[0]!;
    const second = { type: "Key", value: new Uint8Array(48) } as const;
    const before = held(world, cheat);
    chain.sendAll([...wordsOf(chain, all), dkgCall(chain, all[0]!, second)]);
    expect(world.stake().storage.Barred.get(world.account(cheat))).toMatchObject({
      type: "Equivocation",
    });
    chain.block();
    expect(held(world, cheat)).toBe(before - (before * 20n) / 100n);
    expect(world.stake().storage.Approvals.has(world.account(cheat))).toBe(false);
    check(world);
  });

  test("of who has nothing at stake costs nothing", () => {
    const world = startStakeWorld({ seats: 0, needsApproval: false });
    admission.convicted(world.ctx(), world.account("//Bob"), "WrongShare", undefined);
    expect(world.stake().storage.PendingSlashes.get()).toEqual([]);
    expect(world.stake().storage.Barred.has(world.account("//Bob"))).toBe(false);
  });
});

describe("public chains", () => {
  test("elect at least seven seats, a majority of which makes a key, and approve each", () => {
    expect(PUBLIC_PHA.minSeats).toBeGreaterThanOrEqual(7);
    expect(PUBLIC_PHA.gatekeeperStake).toMatchObject({ needsApproval: true, seats: 7 });
    for (let n = PUBLIC_PHA.minSeats; n <= 31; n++)
      expect(thresholdOf(n)).toBe(Math.floor(n / 2) + 1);
    const validators = NAMES.slice(0, 4).map((uri) => {
      const world = startStakeWorld();
      const key = world.account(uri);
      return [key, { babe: key, grandpa: key }] as const;
    });
    const { genesis } = testnetPreset({ validators });
    expect(genesis.PhaGatekeepers.operators).toEqual([]);
  });

  test("make no generation of six", () => {
    const world = startStakeWorld({ seats: 7 }, { minSeats: PUBLIC_PHA.minSeats });
    stood(world, NAMES.slice(0, 6));
    world.firstElection();
    expect(world.operators()).toEqual([]);
    world.candidate(NAMES[6]!, 100n * PHA);
    world.firstElection();
    expect(world.operators()).toHaveLength(7);
    expect(world.gatekeepers().storage.Run.get()).toMatchObject({ threshold: 4 });
  });
});
