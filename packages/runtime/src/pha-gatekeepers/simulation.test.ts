/**
 * Committees in which up to n − t seats are malicious, silent, crashing or censored: the next generation is made all the
 * same, honest seats agree on it, none of them is ever convicted, and what can be proven is.
 *
 * Each fault alone here; every mix of two in a committee of five with PHA_LONG.
 */
import { equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import {
  type CommitteeWorld,
  createCommitteeWorld,
  FAULTS,
  type Fault,
  PROVABLE,
} from "../testing/committee-world.ts";
import { PhaGatekeepers } from "./index.ts";

const isLong = process.env["PHA_LONG"] === "1";
/** Runs fail at most three times for each faulty seat, and take four phases at most. */
const MOST_STEPS = 150;

/** Numbers in [0, 1) by a linear congruence. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function runTo(world: CommitteeWorld, generation: bigint, steps = MOST_STEPS): void {
  let before = world.generation();
  for (let i = 0; i < steps && world.generation() < generation; i++) {
    world.step();
    expect(world.generation()).toBeGreaterThanOrEqual(before);
    before = world.generation();
  }
}

function expectMade(faults: readonly (Fault | undefined)[], seed: number, minSeats = 1): void {
  const world = createCommitteeWorld(faults, seeded(seed), minSeats);
  runTo(world, 1n);
  expect(world.generation()).toBe(1n);
  const { chain, actors } = world;
  expect(chain.sudo(chain.runtime.tx.PhaGatekeepers.new_generation()).error).toBeUndefined();
  runTo(world, 2n);
  expect(world.generation()).toBe(2n);
  // A key of at least so many seats, whoever is there.
  const { seats = [], threshold } =
    world.chain.runtime.env(world.chain.overlay).of(PhaGatekeepers).storage.Generations.get(2n) ??
    {};
  expect(seats.length).toBeGreaterThanOrEqual(minSeats);
  expect(threshold).toBe(Math.floor(seats.length / 2) + 1);
  world.step();
  const { storage } = chain.runtime.env(chain.overlay).of(PhaGatekeepers);
  const record = storage.Generations.get(2n);
  for (const { fault, seat } of actors) {
    if (fault !== undefined) continue;
    // Honest and live: it has a share of the very root that the chain has.
    expect(seat.state.status).toBe("active");
    if (seat.state.status !== "active" || record === undefined) continue;
    expect(equalBytes(seat.state.result.rootPublicKey, record.root)).toBe(true);
  }
  const convicted = world.convicted();
  for (const { uri, fault } of actors)
    expect(convicted.includes(uri)).toBe(fault !== undefined && PROVABLE.includes(fault));
}

describe("of three gatekeepers one", () => {
  test.each(FAULTS.map((fault, i) => [fault, i] as const))("%s", (fault, i) => {
    const faults: (Fault | undefined)[] = [undefined, undefined, undefined];
    faults[i % 3] = fault;
    expectMade(faults, 1 + i);
  });
});

test("of three gatekeepers two silent: no generation, and the old one stays", () => {
  const world = createCommitteeWorld([undefined, "silent", "stops-after-key"], seeded(99));
  runTo(world, 1n);
  const { chain } = world;
  const { storage } = chain.runtime.env(chain.overlay).of(PhaGatekeepers);
  const first = storage.Generations.get(1n);
  chain.sudo(chain.runtime.tx.PhaGatekeepers.new_generation());
  // A committee of one would be made of who is left, where the preset allows that.
  runTo(world, 2n, 6);
  expect(world.generation()).toBe(1n);
  expect(storage.Generations.get(1n)).toEqual(first);
});

/** Seven seats, as on public chains, three of them with these faults at places that the seed draws. */
function ofSeven(three: readonly Fault[], seed: number): void {
  const random = seeded(seed);
  const faults: (Fault | undefined)[] = Array.from({ length: 7 }, () => undefined);
  for (const fault of three) {
    const free = faults.flatMap((one, i) => (one === undefined ? [i] : []));
    faults[free[Math.floor(random() * free.length)]!] = fault;
  }
  expectMade(faults, seed, 7);
}

describe("of seven gatekeepers three, where seven seats are demanded", () => {
  test.each([
    [["silent", "clones", "equivocates"]],
    [["wrong-share", "censored", "stops-after-key"]],
  ] as const)("%s", (three) => ofSeven(three, 41));
});

describe.runIf(isLong)("of seven gatekeepers any three, where seven seats are demanded", () => {
  const random = seeded(20_261_129);
  const pick = () => FAULTS[Math.floor(random() * FAULTS.length)]!;
  const mixes = Array.from({ length: 60 }, (_, i) => [[pick(), pick(), pick()], i] as const);
  test.each(mixes)("%s, %i", (three, i) => ofSeven(three, 1_000 + i));
});

describe.runIf(isLong)("of five gatekeepers two", () => {
  const mixes = FAULTS.flatMap((a, i) => FAULTS.slice(i).map((b) => [a, b] as const));
  test.each(mixes)("%s and %s", (a, b) => {
    for (let seed = 1; seed <= 3; seed++) {
      const random = seeded(seed * 1_000 + a.length * 31 + b.length);
      const faults: (Fault | undefined)[] = Array.from({ length: 5 }, () => undefined);
      const first = Math.floor(random() * 5);
      faults[first] = a;
      faults[(first + 1 + Math.floor(random() * 4)) % 5] = b;
      expectMade(faults, seed);
    }
  });
});
