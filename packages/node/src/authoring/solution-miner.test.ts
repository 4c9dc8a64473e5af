import { createDevelopmentRuntime, ElectionProviderMultiPhase } from "@pha/runtime";
import { createOverlay } from "@pha/state";
import { expect, test } from "vitest";
import { type NodeLog, SILENT } from "../node-log.ts";
import { developmentChain } from "../preset-chain.ts";
import { openKeystore } from "../signer/secret-keys.ts";
import { aDevChain, FIRST_SLOT, SLOT_MS } from "../testing/dev-chain.ts";
import { mineOnBest, startSolutionMiner } from "./solution-miner.ts";

/** Elections every twelve slots, phases of three. */
const parameters = {
  slotDurationMs: 1_000n,
  epochLength: 12n,
  staking: { sessionsPerEra: 2, bondingDuration: 4, slashDeferDuration: 2, historyDepth: 84 },
} as const;
const development = developmentChain({ parameters });
const runtime = createDevelopmentRuntime(parameters);

/** A chain on the way to its first election. */
function aChain(log: NodeLog = SILENT) {
  const node = aDevChain({ development });
  const { chain } = node;
  const options = {
    ...node,
    runtime: development.runtime,
    log,
    slotDurationMs: SLOT_MS,
    onFailure: (error: unknown): never => {
      throw error;
    },
    clock: () => (FIRST_SLOT + chain.best.number) * SLOT_MS,
  };
  const election = () =>
    runtime.env(createOverlay(chain.stateOf(chain.best.header))).of(ElectionProviderMultiPhase)
      .storage;
  return {
    ...node,
    options,
    election,
    untilUnsigned: async () => {
      while (election().CurrentPhase.get().type !== "Unsigned") await node.author();
    },
  };
}

test("a validator's node mines the election's solution, and its next block carries it", async () => {
  const node = aChain();
  const miner = startSolutionMiner(node.options);
  await node.untilUnsigned();
  await new Promise((resolve) => setImmediate(resolve));
  expect(miner.submitted()).toBe(1);
  await node.author();
  miner.stop();
  expect(node.election().QueuedSolution.get()?.compute.type).toBe("Unsigned");
  expect(mineOnBest(node.options)).toBe(false);
  const alice = node.election().QueuedSolution.get()?.supports[0];
  while (node.election().CurrentPhase.get().type !== "Off") await node.author();
  expect(alice?.[0]).toEqual(node.keystore.babeKey);
  expect(node.election().Round.get()).toBe(2);
});

test("nobody mines out of the phase, for others, or on old blocks", async () => {
  const node = aChain();
  await node.author();
  expect(mineOnBest(node.options)).toBe(false);
  await node.untilUnsigned();
  expect(mineOnBest({ ...node.options, keystore: openKeystore("//Bob") })).toBe(false);
  const later = () => (FIRST_SLOT + 1_000) * SLOT_MS;
  expect(mineOnBest({ ...node.options, clock: later })).toBe(false);
  expect(mineOnBest(node.options)).toBe(true);
});

test("a solution that the pool refuses is told, and nothing else happens", async () => {
  const told: object[] = [];
  const node = aChain({ ...SILENT, warn: (facts) => told.push(facts) });
  await node.untilUnsigned();
  expect(mineOnBest(node.options)).toBe(true);
  expect(mineOnBest(node.options)).toBe(false);
  expect(told).toMatchObject([{ code: "pool/already-imported" }]);
});

test("what fails while mining ends the node in order, not the process", async () => {
  const failures: unknown[] = [];
  const node = aChain();
  const broken = new Error("broken");
  const runtime = {
    ...development.runtime,
    runtimeApi: () => {
      throw broken;
    },
  };
  const onFailure = (error: unknown) => failures.push(error);
  const miner = startSolutionMiner({ ...node.options, runtime, onFailure });
  await node.author();
  await new Promise((resolve) => setImmediate(resolve));
  miner.stop();
  expect(failures).toEqual([broken]);
});

test("a mined solution waits in the pool until the node's turn to author comes", async () => {
  const slow = developmentChain({ parameters: { ...parameters, epochLength: 48n } });
  const leader = aDevChain({ development: slow });
  const node = aDevChain({ development: slow, follows: true });
  const options = {
    ...node,
    runtime: slow.runtime,
    log: SILENT,
    slotDurationMs: SLOT_MS,
    clock: () => (FIRST_SLOT + node.chain.best.number) * SLOT_MS,
  };
  let minedAt: number | undefined;
  while (minedAt === undefined || node.chain.best.number < minedAt + 10) {
    await leader.author();
    const { header, hash } = leader.chain.best;
    const context = { nowSlot: 100_000n, inherentData: new Map() };
    expect(node.chain.importBlock(header, leader.chain.body(hash) ?? [], context).ok).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    if (minedAt === undefined && mineOnBest(options)) minedAt = node.chain.best.number;
  }
  expect(node.pool.size.readyCount).toBe(1);
});
