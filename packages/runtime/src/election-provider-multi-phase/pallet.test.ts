import { expect, test } from "vitest";
import { nativeToken } from "../balances/index.ts";
import { PHA, TREASURY } from "../parameters.ts";
import { validators } from "../session/index.ts";
import { System } from "../system/index.ts";
import { type ElectionWorld, startElectionChain } from "../testing/election-world.ts";
import { checkFeasibility } from "./feasibility.ts";
import { DEPOSIT_HOLD } from "./signed.ts";
import type { RawSolution } from "./types.ts";
import type { UnsignedSolution } from "./unsigned.ts";

const ALL = ["//Alice", "//Bob", "//Charlie", "//Dave"];

/** A chain in the unsigned phase, and the solution that is mined there. */
function inUnsignedPhase(): { world: ElectionWorld; mined: UnsignedSolution } {
  const world = startElectionChain();
  world.nominators(6, (i) => [ALL[i % 4] ?? "//Alice", ALL[(i + 1) % 4] ?? "//Bob"]);
  world.until("Unsigned");
  const mined = world.mined();
  if (!mined) throw new Error("a solution is mined");
  return { world, mined };
}

const withRaw = (mined: UnsignedSolution, change: Partial<RawSolution>): UnsignedSolution => ({
  ...mined,
  rawSolution: { ...mined.rawSolution, ...change },
});

/** Events of the last block, by name. */
function events(world: ElectionWorld): readonly string[] {
  const { runtime, overlay } = world.chain;
  const stored = overlay.get(runtime.env(overlay).of(System).storage.Events.key);
  const records = runtime.decodeEvents(stored ?? new Uint8Array());
  if (!records.ok) throw new Error("events decode");
  return records.value.map(({ event }) => `${event.pallet}.${event.name}`);
}

test("phases follow each other, and a round ends with its election", () => {
  const world = startElectionChain();
  const { election, next } = world;
  const seen: string[] = [];
  const rounds: number[] = [];
  for (let i = 0; i < 100; i++) {
    next();
    const phase = world.phase();
    if (seen.at(-1) !== phase) {
      seen.push(phase);
      rounds.push(election().storage.Round.get());
    }
    expect(election().storage.Snapshot.exists()).toBe(phase === "Signed" || phase === "Unsigned");
    world.chain.runtime.tryState(world.chain.overlay);
  }
  expect(seen.slice(0, 7)).toEqual([
    "Off",
    "Signed",
    "Unsigned",
    "Off",
    "Signed",
    "Unsigned",
    "Off",
  ]);
  expect(rounds.slice(0, 7)).toEqual([1, 1, 1, 2, 2, 2, 3]);
});

test("the snapshot stays, whatever stakers do in the round", () => {
  const world = startElectionChain();
  world.until("Signed");
  const before = world.election().storage.Snapshot.get();
  expect(before?.targets.length).toBe(4);
  world.did("//Alice", world.tx.Staking.chill());
  world.until("Unsigned");
  expect(world.election().storage.Snapshot.get()).toEqual(before);
});

test("without a solution the chain elects itself", () => {
  const world = startElectionChain();
  world.until("Unsigned");
  world.until("Off");
  expect(events(world)).toContain("ElectionProviderMultiPhase.ElectionFinalized");
  expect(world.staking().storage.CurrentEra.get()).toBe(1);
  expect(world.staking().storage.ErasStakersOverview.entriesOf(1)).toBeDefined();
});

test("a mined solution is taken in a block, and its winners validate", () => {
  const { world, mined } = inUnsignedPhase();
  expect(world.verdict(mined)).toMatchObject({ ok: true, value: { propagate: false } });
  const { outcomes } = world.next([world.unsigned(mined)]);
  expect(outcomes[0]).toMatchObject({ ok: true, value: { error: undefined } });
  const queued = world.election().storage.QueuedSolution.get();
  expect(queued?.score).toEqual(mined.rawSolution.score);
  const winners = queued?.supports.map(([who]) => who);
  world.until("Off");
  for (let i = 0; i < 40; i++) world.next();
  const env = world.chain.runtime.env(world.chain.overlay);
  expect(validators({ env })).toEqual(winners);
  world.chain.runtime.tryState(world.chain.overlay);
});

test("who is chilled after the snapshot is not elected", () => {
  const { world, mined } = inUnsignedPhase();
  world.next([world.unsigned(mined)]);
  const [winner, other] = world.election().storage.QueuedSolution.get()?.supports ?? [];
  const uri = ALL.find((one) => world.account(one).join() === winner?.[0].join());
  world.did(uri ?? "", world.tx.Staking.chill());
  world.until("Off");
  const elected = [...world.staking().storage.ErasStakersOverview.entriesOf(1)];
  expect(elected.map(([who]) => who)).toEqual([other?.[0]]);
});

test("a second solution must be better by the threshold", () => {
  const { world, mined } = inUnsignedPhase();
  world.next([world.unsigned(mined)]);
  expect(world.mined()).toBeUndefined();
  expect(world.verdict(mined)).toMatchObject({ ok: false, error: { value: { value: 2 } } });
});

test("the miner looks again every few blocks only", () => {
  const { world } = inUnsignedPhase();
  expect(world.mined()).toBeDefined();
  world.next();
  expect(world.mined()).toBeUndefined();
});

test("unsigned solutions come from the node itself or in blocks, in their phase, about the snapshot", () => {
  const { world, mined } = inUnsignedPhase();
  const custom = (value: number) => ({
    ok: false,
    error: { type: "Invalid", value: { type: "Custom", value } },
  });
  expect(world.verdict(mined, "External")).toMatchObject({
    ok: false,
    error: { type: "Invalid", value: { type: "Call" } },
  });
  const witness = { ...mined.witness, voters: mined.witness.voters + 1 };
  expect(world.verdict({ ...mined, witness })).toMatchObject(custom(5));
  expect(world.verdict(withRaw(mined, { round: 9 }))).toMatchObject(custom(14));
  world.until("Off");
  expect(world.verdict(mined)).toMatchObject(custom(0));
  const { outcomes } = world.next([world.unsigned(mined)]);
  expect(outcomes[0]).toMatchObject(custom(0));
  expect(world.errorOf(world.as("//Alice", submitUnsigned(world, mined)))).toBe("BadOrigin");
});

const submitUnsigned = (world: ElectionWorld, one: UnsignedSolution) =>
  world.tx.ElectionProviderMultiPhase.submit_unsigned(one);

test("a solution that is not one of the snapshot, or not so good as it says, is refused by its fault", () => {
  const { world, mined } = inUnsignedPhase();
  const { rawSolution } = mined;
  const { solution, score } = rawSolution;
  const [first, second] = solution;
  if (!first || !second) throw new Error("there are votes");
  const fault = (change: Partial<RawSolution>) => {
    const result = checkFeasibility(world.election(), { ...rawSolution, ...change }, "Unsigned");
    return result.ok ? undefined : result.error;
  };
  const winners = new Set(solution.flatMap(({ parts, last }) => [last, ...parts.map(([t]) => t)]));
  const loser = [0, 1, 2, 3].find((target) => !winners.has(target)) ?? 0;
  const winner = [...winners][0] ?? 0;
  expect(fault({})).toBeUndefined();
  expect(fault({ round: 2 })).toBe("PreDispatchDifferentRound");
  expect(fault({ solution: [] })).toBe("PreDispatchWrongWinnerCount");
  expect(fault({ solution: [...solution, { ...first, last: loser }] })).toBe(
    "PreDispatchWrongWinnerCount",
  );
  expect(fault({ solution: [{ ...first, voter: 99 }, ...solution.slice(1)] })).toBe("InvalidVoter");
  expect(fault({ solution: solution.map((vote, i) => (i === 1 ? first : vote)) })).toBe(
    "DuplicateVoter",
  );
  const twice = { ...first, parts: [[first.last, 1]] as const };
  expect(fault({ solution: [twice, ...solution.slice(1)] })).toBe("DuplicateTarget");
  for (const parts of [[[winner, 65_535]], [[winner, 0]]] as const)
    expect(fault({ solution: [{ ...first, parts }, ...solution.slice(1)] })).toBe("InvalidRatios");
  const seats = (count: number) => world.election().storage.DesiredTargets.put(count);
  seats(3);
  expect(fault({ solution: [{ ...first, last: 77 }, ...solution.slice(1)] })).toBe("InvalidWinner");
  // Validators vote for themselves alone.
  const own = solution.findIndex(({ voter }) => voter < 4);
  const foreign = solution.map((vote, i) => (i === own ? { ...vote, last: loser } : vote));
  expect(fault({ solution: foreign })).toBe("InvalidVote");
  seats(2);
  for (const name of ["minimalStake", "sumStake", "sumStakeSquared"] as const)
    expect(fault({ score: { ...score, [name]: score[name] + 1n } })).toBe("InvalidScore");
  const many = Array.from({ length: 1_000 }, () => first);
  expect(fault({ solution: many })).toBe("SignedTooMuchWeight");
  world.election().storage.MinimumUntrustedScore.put(score);
  expect(fault({})).toBe("UntrustedScoreTooLow");
  world.election().storage.MinimumUntrustedScore.kill();
  world.election().storage.SnapshotMetadata.kill();
  expect(fault({})).toBe("MissingSnapshotMetadata");
});

test("root sets the least score of what is submitted, and nobody else", () => {
  const { world, mined } = inUnsignedPhase();
  const set = (maybeNextScore?: RawSolution["score"]) =>
    world.tx.ElectionProviderMultiPhase.set_minimum_untrusted_score({ maybeNextScore });
  const { score } = mined.rawSolution;
  expect(world.errorOf(world.as("//Bob", set(score)))).toBe("BadOrigin");
  expect(world.asRoot(set(score))).toBeUndefined();
  expect(world.verdict(mined)).toMatchObject({ ok: false, error: { value: { value: 22 } } });
  expect(world.asRoot(set())).toBeUndefined();
  expect(world.verdict(mined).ok).toBe(true);
});

/** A chain in the signed phase, a good solution, and worse claims of it. */
function inSignedPhase() {
  const { mined } = inUnsignedPhase();
  const world = startElectionChain();
  world.nominators(6, (i) => [ALL[i % 4] ?? "//Alice", ALL[(i + 1) % 4] ?? "//Bob"]);
  world.until("Signed");
  const good = mined.rawSolution;
  const submit = (uri: string, change: Partial<RawSolution> = {}) =>
    world.as(
      uri,
      world.tx.ElectionProviderMultiPhase.submit({ rawSolution: { ...good, ...change } }),
    );
  const claims = (minimalStake: bigint) => ({ score: { ...good.score, minimalStake } });
  const held = (uri: string) =>
    nativeToken.held(world.election(), world.account(uri), DEPOSIT_HOLD);
  return { world, good, submit, claims, held };
}

test("a signed solution that holds is rewarded, false claims above it are slashed, others get their deposits back", () => {
  const { world, good, submit, claims, held } = inSignedPhase();
  const free = (uri: string) => nativeToken.free(world.election(), world.account(uri));
  const total = (uri: string) => nativeToken.total(world.election(), world.account(uri));
  world.asRoot(
    world.tx.Balances.force_set_balance({
      who: { type: "Id", value: TREASURY },
      newFree: 100n * PHA,
    }),
  );
  const before = { eve: total("//Eve"), ferdie: total("//Ferdie"), bob: total("//Bob") };
  expect(submit("//Eve")).toBeUndefined();
  expect(submit("//Bob", claims(good.score.minimalStake + 1n))).toBeUndefined();
  expect(submit("//Ferdie", claims(good.score.minimalStake - 1n))).toBeUndefined();
  const deposit = held("//Bob");
  expect(deposit).toBeGreaterThan(10n * PHA);
  const issuance = world.balances().storage.TotalIssuance.get();
  world.until("Unsigned");
  expect(world.election().storage.QueuedSolution.get()?.compute.type).toBe("Signed");
  expect(events(world)).toEqual(
    expect.arrayContaining([
      "ElectionProviderMultiPhase.Slashed",
      "ElectionProviderMultiPhase.Rewarded",
    ]),
  );
  expect(total("//Bob")).toBe(before.bob - deposit);
  expect(total("//Eve")).toBeGreaterThan(before.eve + PHA);
  expect(total("//Ferdie")).toBeGreaterThan(before.ferdie);
  for (const uri of ["//Eve", "//Bob", "//Ferdie"]) expect(held(uri)).toBe(0n);
  expect(free("//Bob")).toBeGreaterThan(0n);
  expect(world.balances().storage.TotalIssuance.get()).toBe(issuance);
  world.chain.runtime.tryState(world.chain.overlay);
});

test("a reward is never more than the pot has", () => {
  const { world, submit, held } = inSignedPhase();
  const before = nativeToken.total(world.election(), world.account("//Eve"));
  const pot = nativeToken.reducible(world.election(), TREASURY, "keep-alive");
  expect(pot).toBe(0n);
  expect(submit("//Eve")).toBeUndefined();
  world.until("Unsigned");
  expect(world.election().storage.QueuedSolution.exists()).toBe(true);
  expect(held("//Eve")).toBe(0n);
  expect(nativeToken.total(world.election(), world.account("//Eve"))).toBe(before);
});

test("a full queue keeps the best claims", () => {
  const { world, good, submit, claims, held } = inSignedPhase();
  const { minimalStake } = good.score;
  for (let i = 0; i < 4; i++)
    expect(submit(`//Eve//voter-${i}`, claims(minimalStake + BigInt(i)))).toBeUndefined();
  expect(world.errorOf(submit("//Bob", claims(minimalStake)))).toBe("SignedQueueFull");
  const before = held("//Eve//voter-0");
  expect(submit("//Bob", claims(minimalStake + 9n))).toBeUndefined();
  expect(held("//Eve//voter-0")).toBeLessThan(before);
  const waiting = world.election().storage.SignedSubmissionIndices.get();
  expect(waiting.map(([score]) => score.minimalStake - minimalStake)).toEqual([1n, 2n, 3n, 9n]);
  world.chain.runtime.tryState(world.chain.overlay);
});

test("signed solutions are refused out of their phase, of another round, too large, or without a deposit", () => {
  const { world, good, submit } = inSignedPhase();
  expect(world.errorOf(submit("//Eve", { round: 7 }))).toBe("PreDispatchDifferentRound");
  const [vote] = good.solution;
  if (!vote) throw new Error("there are votes");
  const many = Array.from({ length: 100 }, () => vote);
  expect(world.errorOf(submit("//Eve", { solution: many }))).toBe("SignedTooMuchWeight");
  expect(world.errorOf(submit("//Nobody"))).toBe("SignedCannotPayDeposit");
  world.election().storage.SnapshotMetadata.kill();
  expect(world.errorOf(submit("//Eve"))).toBe("MissingSnapshotMetadata");
  world.election().storage.SnapshotMetadata.put({ voters: 10, targets: 4 });
  world.until("Unsigned");
  expect(world.errorOf(submit("//Eve"))).toBe("PreDispatchEarlySubmission");
});

test("when nobody can be elected root decides", () => {
  const world = startElectionChain();
  const { tx, election } = world;
  for (const uri of ALL) world.did(uri, tx.Staking.chill());
  world.until("Emergency");
  expect(world.staking().storage.CurrentEra.get()).toBe(0);
  const fallback = tx.ElectionProviderMultiPhase.governance_fallback({
    maybeMaxVoters: undefined,
    maybeMaxTargets: undefined,
  });
  expect(world.errorOf(world.asRoot(fallback))).toBe("FallbackFailed");
  world.did("//Bob", tx.Staking.validate({ prefs: { commission: 0n, blocked: false } }));
  expect(world.asRoot(fallback)).toBeUndefined();
  expect(election().storage.QueuedSolution.get()?.compute.type).toBe("Fallback");
  const stake = 5_000n;
  const supports = [
    [world.account("//Bob"), { total: stake, voters: [[world.account("//Bob"), stake]] }],
  ] as const;
  const emergency = tx.ElectionProviderMultiPhase.set_emergency_election_result({ supports });
  expect(world.errorOf(world.as("//Bob", emergency))).toBe("BadOrigin");
  expect(world.asRoot(emergency)).toBeUndefined();
  world.until("Off");
  expect(world.staking().storage.CurrentEra.get()).toBe(1);
  expect(world.errorOf(world.asRoot(emergency))).toBe("CallNotAllowed");
  expect(world.errorOf(world.asRoot(fallback))).toBe("CallNotAllowed");
});

test("an era that is forced ends the signed phase first", () => {
  const { world, submit, held } = inSignedPhase();
  expect(submit("//Eve")).toBeUndefined();
  world.asRoot(world.tx.Staking.force_new_era());
  world.nextSession();
  expect(held("//Eve")).toBe(0n);
  expect(world.staking().storage.CurrentEra.get()).toBe(1);
  world.chain.runtime.tryState(world.chain.overlay);
});
