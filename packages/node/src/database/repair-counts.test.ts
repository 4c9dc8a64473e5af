/** Check and repair of a pruned database: counts, changes of states, and what a rollback leaves of them. */
import { developmentPreset } from "@pha/runtime";
import { encode, u32 } from "@pha/scale";
import { expect, test } from "vitest";
import { aDevChain } from "../testing/dev-chain.ts";
import { seededNumbers } from "../testing/random-extrinsics.ts";
import { createSigner, testPair } from "../testing/signer.ts";
import { StateWorld } from "../testing/state-world.ts";
import { checkDatabase } from "./check-database.ts";
import {
  bodyKey,
  COUNT_PREFIX,
  countKey,
  META_KEYS,
  NODE_PREFIX,
  nodeKey,
  STATE_CHANGES_PREFIX,
} from "./columns.ts";
import { openJournaledStore } from "./journaled-store.ts";
import { createMemoryStore } from "./memory-store.ts";
import { repairDatabase } from "./repair-database.ts";
import { StateChanges } from "./state-window.ts";

const KEEP = 4;

function fail(error: unknown): never {
  throw error;
}

/** A pruned database with a fork above the final block. */
function aWorld(): StateWorld {
  const store = openJournaledStore({ backing: createMemoryStore(), onFailure: fail });
  const world = new StateWorld(store, KEEP, seededNumbers(5));
  for (let i = 0; i < 9; i++) {
    world.author("best");
    world.finalize("best");
  }
  for (let i = 0; i < 4; i++) world.author("any");
  expect(checkDatabase(store).faults).toEqual([]);
  return world;
}

type Damage = readonly [key: Uint8Array, value: Uint8Array | undefined];
const first = (world: StateWorld, prefix: Uint8Array): Uint8Array => {
  const [key] = world.store.keys(prefix);
  if (!key) throw new Error("there is one");
  return key;
};
const STRAY = new Uint8Array(32).fill(9);

test.each<readonly [name: string, damage: (world: StateWorld) => Damage, code: string]>([
  [
    "a node that is counted once is counted thrice",
    (world) => {
      const key = world.store
        .keys(NODE_PREFIX)
        .find((node) => world.store.get(countKey(node.subarray(1))) === undefined);
      return [countKey(key?.subarray(1) ?? STRAY), encode(u32, 3)];
    },
    "database/wrong-count",
  ],
  ["a count is gone", (world) => [first(world, COUNT_PREFIX), undefined], "database/wrong-count"],
  [
    "a count is junk",
    (world) => [first(world, COUNT_PREFIX), Uint8Array.of(1)],
    "database/wrong-count",
  ],
  ["a node that no state has", () => [nodeKey(STRAY), STRAY], "database/wrong-count"],
  ["a count of no node", () => [countKey(STRAY), encode(u32, 2)], "database/wrong-count"],
  [
    "the change of a state is gone",
    (world) => [first(world, STATE_CHANGES_PREFIX), undefined],
    "database/damaged-change",
  ],
  [
    "the change of a state is another",
    (world) => [
      first(world, STATE_CHANGES_PREFIX),
      encode(StateChanges, { inserted: [STRAY], removed: [] }),
    ],
    "database/damaged-change",
  ],
  [
    "the change of a state that is not kept",
    () => [Uint8Array.of(...STATE_CHANGES_PREFIX, 0, 0, 0, 1, ...STRAY), STRAY],
    "database/damaged-change",
  ],
  [
    "the oldest state is not noted",
    () => [META_KEYS.oldestState, undefined],
    "database/damaged-entry",
  ],
])("%s: found by its code and counted anew, without a rollback", (_name, damage, code) => {
  const world = aWorld();
  const [key, value] = damage(world);
  const { finalized } = world;
  world.store.batch([{ key, value }]);
  expect(checkDatabase(world.store).faults[0]).toMatchObject({ code });
  expect(repairDatabase(world.store)).toEqual({
    from: finalized,
    to: finalized,
    dropped: 0,
    repaired: true,
  });
  expect(checkDatabase(world.store).faults).toEqual([]);
  world.reopen(world.store);
  expect(world.database.oldestState()).toBe(finalized - KEEP + 1);
  for (let i = 0; i < 6; i++) {
    const { stored, reachable } = world.nodes();
    expect(stored).toEqual(reachable);
    world.author("best");
    world.finalize("best");
  }
});

test("a repair that was cut goes on at the next start", async () => {
  const world = aWorld();
  world.store.batch([{ key: nodeKey(STRAY), value: STRAY }]);
  let writes = 0;
  const dying = {
    ...world.store,
    batch: (batch: Parameters<typeof world.store.batch>[0]) => {
      if (writes++ === 3) throw new Error("killed");
      world.store.batch(batch);
    },
  };
  expect(() => repairDatabase(dying)).toThrow("killed");
  expect(world.store.get(META_KEYS.uncounted)).toBeDefined();
  world.reopen(world.store);
  await world.database.settle(() => world.store.ready());
  expect(checkDatabase(world.store).faults).toEqual([]);
  expect(world.store.get(nodeKey(STRAY))).toBeUndefined();
});

test("what a pruned database keeps must be readable: it is found, and not guessed", () => {
  const world = aWorld();
  world.store.batch([{ key: META_KEYS.pruning, value: Uint8Array.of(1) }]);
  expect(checkDatabase(world.store).faults).toMatchObject([
    { code: "database/damaged-entry", what: "mode of pruning" },
  ]);
  expect(() => repairDatabase(world.store)).toThrow(
    expect.objectContaining({ code: "database/not-repairable" }),
  );
});

test("a rollback leaves the states below counted, and the node goes on", async () => {
  const node = aDevChain({ pruning: KEEP });
  const alice = createSigner(developmentPreset().runtime, node.chain.genesisHash, "//Alice");
  for (let i = 0; i < 8; i++) {
    node.pool.submit(alice.transfer(testPair(`//New//${i}`).publicKey, 10_000_000_000n, i));
    await node.author();
  }
  const blocks = node.blocks();
  const hash = node.chain.hashAt(8);
  if (!hash) throw new Error("there is the block");
  node.store.batch([{ key: bodyKey(hash), value: undefined }]);
  expect(repairDatabase(node.store)).toMatchObject({ from: 8, to: 7, repaired: true });
  expect(checkDatabase(node.store).faults).toEqual([]);
  const again = aDevChain({ store: node.store });
  expect(again.database.oldestState()).toBe(5);
  for (const { header, body } of blocks.slice(7))
    expect(
      again.chain.importBlock(header, body, { nowSlot: 10_000n, inherentData: new Map() }).ok,
    ).toBe(true);
  await again.author();
  expect(again.chain.finalized.number).toBe(9);
  expect(checkDatabase(again.store).faults).toEqual([]);
});
