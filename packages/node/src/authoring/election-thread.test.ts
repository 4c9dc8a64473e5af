import { EventEmitter } from "node:events";
import type { MessagePort, Worker } from "node:worker_threads";
import { ElectionTask } from "@pha/runtime";
import { encode, fromHex } from "@pha/scale";
import { expect, test } from "vitest";
import { type NodeLog, SILENT } from "../node-log.ts";
import { developmentChain } from "../preset-chain.ts";
import { bundledRuntime } from "../testing/bundled-runtime.ts";
import { createElectionThread, type ElectionRequest, serveElections } from "./election-thread.ts";

const script = await bundledRuntime();
const [ann, ben, cid] = ["11", "22", "33"].map((byte) => fromHex(`0x${byte.repeat(32)}`));
if (!ann || !ben || !cid) throw new Error("three accounts");
/** Two of three are elected by two voters. */
const task: ElectionTask = {
  round: 7,
  snapshot: {
    voters: [
      [ann, 100n, [ben, cid]],
      [ben, 50n, [ann]],
    ],
    targets: [ann, ben, cid],
  },
  witness: { voters: 2, targets: 3 },
  seats: 2,
  queued: undefined,
};
const request: ElectionRequest = { script, task: encode(ElectionTask, task) };

/** A thread played by this one. */
class FakeThread extends EventEmitter {
  isTerminated = false;
  constructor(serve: (port: MessagePort) => void) {
    super();
    const port = Object.assign(new EventEmitter(), {
      postMessage: (answer: unknown) => setImmediate(() => this.emit("message", answer)),
    });
    serve(port as unknown as MessagePort);
    this.postMessage = (message) =>
      setImmediate(() => {
        try {
          port.emit("message", message);
        } catch (error) {
          this.emit("error", error);
        }
      });
  }
  postMessage: (message: unknown) => void;
  terminate(): Promise<number> {
    this.isTerminated = true;
    this.emit("exit", 1);
    return Promise.resolve(1);
  }
}

function aThread(serve: (port: MessagePort) => void = serveElections, limitMs = 60_000) {
  const spawned: FakeThread[] = [];
  const told: object[] = [];
  const log: NodeLog = { ...SILENT, warn: (facts) => told.push(facts) };
  const spawn = (): Worker => {
    const fake = new FakeThread(serve);
    spawned.push(fake);
    return fake as unknown as Worker;
  };
  return { thread: createElectionThread(spawn, log, limitMs), spawned, told };
}

test("the thread makes the extrinsic that the runtime makes, by the chain's transition alone, and ends", async () => {
  const { runtime, spec } = developmentChain({ transition: script });
  const { createOverlay } = await import("@pha/state");
  const state = new Map(spec.genesis.map(([key, value]) => [key.join(), value]));
  const overlay = createOverlay({ get: (key) => state.get(key.join()) });
  const own = runtime.runtimeApi(overlay, "ElectionMinerApi_mine", request.task);
  const { thread, spawned, told } = aThread();
  const answer = await thread.compute(request);
  expect(answer?.length).toBeGreaterThan(40);
  // Behind the option's byte and the length of the extrinsic.
  expect(own.ok && own.value.subarray(-(answer?.length ?? 0))).toEqual(answer);
  expect(told).toEqual([]);
  expect(spawned.map(({ isTerminated }) => isTerminated)).toEqual([true]);
});

test("no solution is none: one as good is queued", async () => {
  const queued = { minimalStake: 100n, sumStake: 150n, sumStakeSquared: 0n };
  const { thread, told } = aThread();
  const asGood = encode(ElectionTask, { ...task, queued });
  expect(await thread.compute({ script, task: asGood })).toBeUndefined();
  expect(told).toEqual([]);
});

test("one election at a time", async () => {
  const { thread, spawned } = aThread();
  const first = thread.compute(request);
  expect(await thread.compute(request)).toBeUndefined();
  expect(await first).toBeInstanceOf(Uint8Array);
  expect(await thread.compute(request)).toBeInstanceOf(Uint8Array);
  expect(spawned).toHaveLength(2);
});

test("a thread that fails, ends or never answers is told and leaves nothing behind", async () => {
  const broken = aThread();
  const cut = { script, task: request.task.subarray(0, 9) };
  expect(await broken.thread.compute(cut)).toBeUndefined();
  const notLoadable = { script: new TextEncoder().encode("throw 1"), task: request.task };
  expect(await broken.thread.compute(notLoadable)).toBeUndefined();
  const silent = aThread(() => undefined, 20);
  expect(await silent.thread.compute(request)).toBeUndefined();
  const stopped = aThread(() => undefined);
  const pending = stopped.thread.compute(request);
  await stopped.thread.stop();
  expect(await pending).toBeUndefined();
  const told = [...broken.told, ...silent.told, ...stopped.told];
  expect(told).toMatchObject([
    { code: "election/not-computed" },
    { code: "election/not-computed" },
    { code: "election/not-computed", reason: "no answer in time" },
    { code: "election/not-computed", reason: "the thread ended" },
  ]);
  for (const { isTerminated } of [...broken.spawned, ...silent.spawned, ...stopped.spawned])
    expect(isTerminated).toBe(true);
});
