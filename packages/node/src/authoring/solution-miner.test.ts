import {
  createDevelopmentRuntime,
  ElectionProviderMultiPhase,
  ElectionTask,
  TRANSITION_KEY,
} from "@pha/runtime";
import { decode, equalBytes } from "@pha/scale";
import { createOverlay } from "@pha/state";
import { expect, test, vi } from "vitest";
import { type NodeLog, SILENT } from "../node-log.ts";
import { developmentChain } from "../preset-chain.ts";
import { openKeystore } from "../signer/secret-keys.ts";
import { aDevChain, FIRST_SLOT, SLOT_MS } from "../testing/dev-chain.ts";
import type { ElectionRequest, ElectionThread } from "./election-thread.ts";
import {
  mineOnBest,
  type SolutionMinerOptions,
  startSolutionMiner,
  submitMined,
} from "./solution-miner.ts";

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
  await vi.waitFor(() => expect(miner.submitted()).toBe(1), { timeout: 20_000 });
  await node.author();
  miner.stop();
  expect(node.election().QueuedSolution.get()?.compute.type).toBe("Unsigned");
  expect(await mineOnBest(node.options)).toBeUndefined();
  const alice = node.election().QueuedSolution.get()?.supports[0];
  while (node.election().CurrentPhase.get().type !== "Off") await node.author();
  expect(alice?.[0]).toEqual(node.keystore.babeKey);
  expect(node.election().Round.get()).toBe(2);
});

test("nobody mines out of the phase, for others, or on old blocks", async () => {
  const node = aChain();
  await node.author();
  expect(await mineOnBest(node.options)).toBeUndefined();
  await node.untilUnsigned();
  const ofBob = { ...node.options, keystore: openKeystore("//Bob") };
  expect(await mineOnBest(ofBob)).toBeUndefined();
  const later = () => (FIRST_SLOT + 1_000) * SLOT_MS;
  expect(await mineOnBest({ ...node.options, clock: later })).toBeUndefined();
  expect(await mineOnBest(node.options)).toBeInstanceOf(Uint8Array);
});

test("the thread is given the state's transition and the task; what comes after the node stopped is not submitted", async () => {
  const node = aChain();
  await node.untilUnsigned();
  const transition = Uint8Array.of(1, 2, 3);
  const chain: SolutionMinerOptions["chain"] = {
    get best() {
      return node.chain.best;
    },
    events: node.chain.events,
    stateOf: (header) => {
      const state = node.chain.stateOf(header);
      const get = (key: Uint8Array) =>
        equalBytes(key, TRANSITION_KEY) ? transition : state.get(key);
      return Object.create(state, { get: { value: get } });
    },
  };
  const asked: ElectionRequest[] = [];
  const answers: ((extrinsic: Uint8Array) => void)[] = [];
  const elections: ElectionThread = {
    compute: (request) => {
      asked.push(request);
      return new Promise((resolve) => answers.push(resolve));
    },
    stop: async () => {},
  };
  const own = await mineOnBest(node.options);
  const miner = startSolutionMiner({ ...node.options, chain, elections });
  // Five blocks later the chain asks again.
  while (asked.length === 0) await node.author();
  await node.author();
  expect(asked).toHaveLength(1);
  expect(asked[0]?.script).toEqual(transition);
  expect(decode(ElectionTask, asked[0]?.task ?? new Uint8Array()).ok).toBe(true);
  miner.stop();
  answers[0]?.(own ?? expect.unreachable("it is mined"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(miner.submitted()).toBe(0);
  expect(node.pool.size.readyCount).toBe(0);
});

test("a solution that the pool refuses is told, and nothing else happens", async () => {
  const told: object[] = [];
  const node = aChain({ ...SILENT, warn: (facts) => told.push(facts) });
  await node.untilUnsigned();
  const mined = (await mineOnBest(node.options)) ?? expect.unreachable("it is mined");
  expect(submitMined(node.options, mined)).toBe(true);
  expect(submitMined(node.options, mined)).toBe(false);
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
  await vi.waitFor(() => expect(failures).toEqual([broken]), { timeout: 20_000 });
  miner.stop();
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
    if (minedAt !== undefined) continue;
    const mined = await mineOnBest(options);
    if (mined && submitMined(options, mined)) minedAt = node.chain.best.number;
  }
  expect(node.pool.size.readyCount).toBe(1);
});
