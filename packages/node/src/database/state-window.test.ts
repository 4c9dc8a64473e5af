/**
 * What a pruned database holds, against a mark-and-sweep of the states that it keeps: over random forks, reorganisations,
 * equal values, deletions, pins and restarts, and with a disk that dies at every single write.
 */
import { env } from "node:process";
import { equalBytes, toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { FaultDisk } from "../testing/fault-disk.ts";
import { seededNumbers } from "../testing/random-extrinsics.ts";
import { StateWorld } from "../testing/state-world.ts";
import { checkDatabase } from "./check-database.ts";
import { STATE_CHANGES_PREFIX } from "./columns.ts";
import { type JournaledStore, openJournaledStore } from "./journaled-store.ts";
import { createMemoryStore } from "./memory-store.ts";
import { STEPS } from "./state-window.ts";

/** `npm run test:long` draws more. */
const isLong = env["PHA_LONG"] === "1";
const SEEDS = isLong ? 500 : 4;
const TIMEOUT_MS = isLong ? 1_800_000 : 60_000;

function expectExact(world: StateWorld, pinned: readonly Uint8Array[] = []): void {
  const { stored, reachable } = world.nodes();
  expect(stored).toEqual(reachable);
  const kept = world.kept();
  for (const hash of [...world.needed(), ...pinned])
    expect(
      kept.some((block) => equalBytes(block.hash, hash)),
      toHex(hash),
    ).toBe(true);
}

/** Blocks one after another until nothing is behind: then nothing more is kept than must be. */
function expectDrained(world: StateWorld): void {
  for (let i = 0; i < world.keep + 40; i++) {
    world.author("best");
    world.finalize("best");
  }
  expectExact(world);
  expect(world.kept().map(({ hash }) => toHex(hash))).toEqual(world.needed().map(toHex));
  expect(checkDatabase(world.store).faults).toEqual([]);
}

/** Fails the test when one write lets more states go than a write may. */
function watched(store: JournaledStore): JournaledStore {
  return {
    ...store,
    batch(writes) {
      const gone = writes.filter(
        ({ key, value }) => key[0] === STATE_CHANGES_PREFIX[0] && value === undefined,
      );
      expect(gone.length).toBeLessThanOrEqual(STEPS);
      store.batch(writes);
    },
  };
}

describe("the nodes that are stored are those that the kept states have", () => {
  test.each([1, 2, 5])("%i states of final blocks", { timeout: TIMEOUT_MS }, (keep) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const below = seededNumbers(seed * 1_000 + keep);
      const fail = (error: unknown): never => {
        throw error;
      };
      const store = watched(openJournaledStore({ backing: createMemoryStore(), onFailure: fail }));
      const world = new StateWorld(store, keep, below);
      let pins: ReturnType<StateWorld["pinOne"]>[] = [];
      for (let step = 0; step < 40; step++) {
        const draw = below(100);
        if (draw < 60) world.author(below(3) === 0 ? "any" : "best");
        else if (draw < 80) world.finalize(below(3) === 0 ? "any" : "best");
        else if (draw < 88) pins.push(world.pinOne());
        else if (draw < 96) pins.splice(below(pins.length + 1), 1)[0]?.release();
        else {
          // Whoever pinned is gone with the process.
          world.reopen(store);
          pins = [];
        }
        expectExact(
          world,
          pins.map(({ hash }) => hash),
        );
      }
      expect(checkDatabase(store).faults).toEqual([]);
      for (const { release } of pins) {
        release();
        release();
      }
      expectDrained(world);
    }
  });
});

test.each([
  "process",
  "machine",
] as const)("a disk that dies at any write leaves exactly what is kept, and nothing leaks afterwards: the %s ended", async (died) => {
  const openOn = (disk: FaultDisk): JournaledStore =>
    openJournaledStore({ backing: disk.backing(), files: disk.journal(), onFailure: () => {} });
  const run = async (disk: FaultDisk): Promise<StateWorld> => {
    const store = openOn(disk);
    const world = new StateWorld(store, 2, seededNumbers(11));
    try {
      for (let i = 0; i < 14; i++) {
        world.author(i % 3 === 1 ? "any" : "best");
        if (i % 2 === 1) world.finalize(i % 4 === 1 ? "any" : "best");
        if (i % 5 === 4) await new Promise((resolve) => setImmediate(resolve));
      }
      await store.close();
    } catch {
      // Died: the next start shows what is left.
    }
    return world;
  };
  const whole = new FaultDisk();
  expect((await run(whole)).database.oldestState()).toBeGreaterThan(3);
  expect(whole.points).toBeGreaterThan(40);
  const oldest = new Set<number>();
  for (let dieAt = 5; dieAt <= whole.points; dieAt++) {
    const disk = new FaultDisk({ dieAt });
    const world = await run(disk);
    world.reopen(openOn(disk.survivor({ died, torn: (dieAt * 37) % 400 })));
    expectExact(world);
    expect(checkDatabase(world.store).faults).toEqual([]);
    oldest.add(world.database.oldestState());
    if (dieAt % 7 === 0) expectDrained(world);
  }
  expect(oldest.size).toBeGreaterThan(3);
});
