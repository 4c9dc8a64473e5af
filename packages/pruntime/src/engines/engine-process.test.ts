import { readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CLUSTER_ITSELF } from "@pha/protocol";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { EngineRequest, EngineResponse } from "../core/index.ts";
import { createEngineProcess, type EnginePort, MAX_WAITING_QUERIES } from "./engine-process.ts";
import { createInProcessEngine } from "./in-process-engine.ts";
import { artefactOf } from "./testing/artefact.ts";
import { probeCode } from "./testing/probe.ts";
import { createScratchFolder } from "./testing/scratch.ts";

const folder = createScratchFolder("engine-process");
const program = join(folder, "engine.mjs");
const cacheDir = join(folder, "cache");
const ID = new Uint8Array(32).fill(1);
const open: EnginePort[] = [];

beforeAll(() =>
  build({
    entryPoints: [join(import.meta.dirname, "javascript", "main.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  }),
);
afterEach(() => {
  for (const port of open.splice(0)) port.stop();
});
afterAll(() => rmSync(folder, { recursive: true }));

function call(kind: "command" | "query" = "command", fuelLimit = 100_000_000n) {
  return {
    contract: ID,
    kind,
    selector: new Uint8Array(4),
    args: new Uint8Array(0),
    caller: ID,
    fuelLimit,
    seed: ID,
  } as const;
}

function load(body: string): EngineRequest {
  return {
    type: "load-contract",
    contract: ID,
    code: artefactOf(probeCode(body)),
    owner: ID,
    pseudonymKey: ID,
  };
}

const BLOCK = { number: 1, timestampMs: 1n };
const RUN: EngineRequest = {
  type: "run",
  job: 1,
  block: BLOCK,
  calls: [call(), call()],
  softWriteBytes: 1000,
};

function started(options: { readonly deadlineMs?: number } = {}) {
  const responses: EngineResponse[] = [];
  let wake = () => {};
  const port = createEngineProcess({
    program,
    cacheDir,
    onResponse(response) {
      responses.push(response);
      wake();
    },
    ...options,
  });
  open.push(port);
  const next = async (count: number) => {
    while (responses.length < count)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return responses;
  };
  return { port, next };
}

/** Processes that this test started from the engine program. */
function enginePids(): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(program);
    } catch {
      // The process ended while we looked.
      return false;
    }
  });
}

test("a process answers as the engine in place does, and keeps the instrumented engine", async () => {
  const requests: EngineRequest[] = [
    { type: "reset" },
    {
      type: "load-state",
      entries: [{ contract: ID, key: Uint8Array.of(1), value: Uint8Array.of(9) }],
    },
    load(
      "data[0] = 1; operation(1, 1, 0); data[1] = data[0] + 1; data[0] = 1; operation(2, 1, 1); answer(data[1])",
    ),
    RUN,
    { type: "finalize", job: 1 },
    { type: "query", query: 4, block: BLOCK, call: call("query") },
  ];
  const expected: EngineResponse[] = [];
  const inPlace = createInProcessEngine((response) => expected.push(response));
  const { port, next } = started();
  for (const request of requests) {
    inPlace.send(request);
    port.send(request);
  }
  expect(await next(2)).toEqual(expected);
  expect(readdirSync(cacheDir).filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
});

test("what a query answers does not wait for the job behind it", async () => {
  const { port, next } = started();
  const own = new Uint8Array(32).fill(77);
  port.send(load("for (;;);"));
  port.send({ ...load("answer(1)"), contract: own } as EngineRequest);
  port.send({ type: "query", query: 1, block: BLOCK, call: { ...call("query"), contract: own } });
  port.send({ ...RUN, calls: [call("command", 3_000_000_000n)] });
  // Held, it would have come in one piece with the job's answer.
  expect(await next(1)).toMatchObject([{ type: "queried", outcome: { status: "ok" } }]);
  expect(await next(2)).toMatchObject([{ type: "queried" }, { type: "ran" }]);
});

test("a process past its deadline is killed and replaced by an empty one", async () => {
  const { port, next } = started({ deadlineMs: 2_000 });
  port.send(load("answer(1)"));
  port.send(RUN);
  await next(1);
  for (const pid of enginePids()) process.kill(Number(pid), "SIGSTOP");
  port.send({ ...RUN, job: 2 });
  expect((await next(2))[1]).toEqual({ type: "restarted" });
  port.send({ ...RUN, job: 3 });
  port.send(load("answer(3)"));
  port.send({ ...RUN, job: 4 });
  const responses = await next(4);
  expect(responses[2]).toMatchObject({ outcomes: [{ status: "trapped" }, { status: "trapped" }] });
  expect(responses[3]).toMatchObject({ outcomes: [{ status: "ok" }, { status: "ok" }] });
});

test("a runaway call ends by its fuel, however long that takes, and not by the deadline", async () => {
  const { port, next } = started({ deadlineMs: 1 });
  port.send(load("for (;;);"));
  port.send({ ...RUN, calls: [call("command", 3_000_000_000n)] });
  expect(await next(1)).toEqual([
    {
      type: "ran",
      job: 1,
      outcomes: [{ status: "trapped", reason: "fuel", fuelUsed: 3_000_000_000n }],
    },
  ]);
});

test("queries beyond the bound are refused at once, and the others are answered", async () => {
  const { port, next } = started();
  port.send(load("answer(1)"));
  const count = MAX_WAITING_QUERIES + 5;
  for (let query = 0; query < count; query++)
    port.send({ type: "query", query, block: BLOCK, call: call("query") });
  const responses = await next(count);
  const refused = responses.filter((r) => r.type === "queried" && r.outcome.status === "failed");
  expect(refused).toHaveLength(5);
  expect(refused[0]).toMatchObject({ outcome: { code: "engine/overloaded" } });
});

test("a stopped process is gone and says nothing more", async () => {
  const { port } = started();
  port.send(load("answer(1)"));
  port.stop();
  port.send(RUN);
  await new Promise((resolve) => setTimeout(resolve, 300));
});

test("entries of the cluster itself, which hold keys, do not reach the process", async () => {
  const { port, next } = started();
  const code = artefactOf(probeCode("data[0] = 1; operation(1, 1, 0); answer(result() + 1)"));
  for (const contract of [ID, CLUSTER_ITSELF]) {
    const entry = { contract, key: Uint8Array.of(1), value: Uint8Array.of(9) };
    port.send({ type: "load-state", entries: [entry] });
    port.send({ type: "load-contract", contract, code, owner: ID, pseudonymKey: ID });
  }
  port.send({ ...RUN, calls: [call(), { ...call(), contract: CLUSTER_ITSELF }] });
  const lengths = (await next(1)).flatMap((response) =>
    response.type === "ran"
      ? response.outcomes.map((outcome) => (outcome.status === "ok" ? outcome.output[0] : outcome))
      : [],
  );
  // One byte where the state is the contract's own, none where it would be the cluster's.
  expect(lengths).toEqual([2, 0]);
});

test("the process has its pipe and nothing else: no environment, no file, no socket", async () => {
  const { port, next } = started();
  port.send(load("answer(1)"));
  port.send(RUN);
  await next(1);
  const [pid] = enginePids();
  if (pid === undefined) throw new Error("the engine process runs");
  expect(readFileSync(`/proc/${pid}/environ`, "utf8")).toBe("");
  const fds = readdirSync(`/proc/${pid}/fd`);
  const target = (fd: string) => readlinkSync(`/proc/${pid}/fd/${fd}`);
  expect(["0", "1"].map(target).every((path) => /^(pipe|socket):/.test(path))).toBe(true);
  const others = fds.filter((fd) => fd !== "0" && fd !== "1").map(target);
  // Node's own event loop: wake-up pipes, event descriptors; standard error goes nowhere.
  for (const path of others) expect(path).toMatch(/^(\/dev\/null|anon_inode:|pipe:)/);
});
