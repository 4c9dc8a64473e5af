/**
 * A cluster's engine process seen from pRuntime: started on demand, restarted when it ends, killed past a deadline.
 *
 * A restarted process is empty; `restarted` tells the core, which loads it again. **Bounds**: `MAX_WAITING_QUERIES`
 * beyond which a query is refused at once; jobs are bounded by the core. **Trust**: answers are decoded strictly and
 * counted against what was asked; anything else ends the process.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { CLUSTER_ITSELF } from "@pha/protocol";
import { decode, equalBytes } from "@pha/scale";
import type { EngineCall, EngineRequest, EngineResponse } from "../core/index.ts";
import { createFrameBatch } from "../wire/frame-batch.ts";
import {
  createFrameSplitter,
  type EngineAnswer,
  EngineAnswerCodec,
  EngineRequestCodec,
  frameOf,
} from "./engine-frames.ts";

export const MAX_WAITING_QUERIES = 64;
/** For whatever a request takes beside its fuel. */
const DEADLINE_MS = 60_000;
/**
 * Slowest machine that still serves, some forty times slower than the one measured: a deadline that a replica meets
 * and another does not would decide calls.
 */
const LEAST_FUEL_PER_MS = 200_000n;
/** Between the end of a process and the next start, growing while starts fail. */
const RESTART_MS = 100;
const MAX_RESTART_MS = 10_000;

/** Calls leave little garbage: a small nursery halves the process's memory and costs no time. */
const NODE_FLAGS = [
  "--max-semi-space-size=1",
  // The optimizing compiler takes 600 ms of processor time for the interpreter's loop, and by default begins with the
  // prelude, just when a new network needs the processors. The baseline code takes twice as long for a call: what the
  // compiler takes comes back after tens of thousands of calls. So it begins as late as a budget can say; measured over
  // budgets from 1.8 million on, the calls at the end are equally fast.
  "--wasm-tiering-budget=2000000000",
] as const;

export interface EnginePort {
  send(request: EngineRequest): void;
  stop(): void;
}

export interface EngineProcessOptions {
  /** Path of the bundled engine program. */
  readonly program: string;
  /** Where processes share the instrumented engine. */
  readonly cacheDir?: string;
  readonly onResponse: (response: EngineResponse) => void;
  readonly log?: (event: "engine-started" | "engine-ended" | "engine-overdue") => void;
  /** Longest time for the oldest waiting request beside its fuel; for tests. */
  readonly deadlineMs?: number;
}

interface Waiting {
  readonly key: string;
  /** How long it may take once it is the oldest. */
  readonly allowedMs: number;
}

/** The first request starts the process. */
export function createEngineProcess(options: EngineProcessOptions): EnginePort {
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  let child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  let waiting: Waiting[] = [];
  /** When the oldest waiting request became the oldest. */
  let oldestSinceMs = 0;
  let stopped = false;
  let restartMs = RESTART_MS;
  let restarting: NodeJS.Timeout | undefined;
  const batch = createFrameBatch();
  let scheduled = false;
  const watching = setInterval(watch, Math.min(1_000, deadlineMs));
  watching.unref();

  function start(): ChildProcessByStdio<Writable, Readable, null> {
    const args = [...NODE_FLAGS, options.program];
    if (options.cacheDir !== undefined) args.push(options.cacheDir);
    const started = spawn(process.execPath, args, {
      stdio: ["pipe", "pipe", "ignore"],
      env: {},
      windowsHide: true,
    });
    const frames = createFrameSplitter();
    started.stdout.on("data", (chunk: Buffer) => {
      if (child !== started) return;
      const bodies = frames.push(chunk);
      if (!bodies.ok) {
        started.kill("SIGKILL");
        return;
      }
      for (const body of bodies.value) {
        const answer = decode(EngineAnswerCodec, body);
        if (!answer.ok || !expected(answer.value)) {
          started.kill("SIGKILL");
          return;
        }
        restartMs = RESTART_MS;
        options.onResponse(answer.value);
      }
    });
    // A pipe that breaks is a process that ended: `close` says so.
    started.stdin.on("error", () => undefined);
    started.on("error", () => ended(started));
    started.on("close", () => ended(started));
    options.log?.("engine-started");
    return started;
  }

  /** Requests of one turn leave together. */
  function flush(): void {
    scheduled = false;
    for (const bytes of batch.take()) child?.stdin.write(bytes);
  }

  /** Answers come in the order of requests. */
  function expected(answer: EngineAnswer): boolean {
    const first = waiting.shift();
    oldestSinceMs = performance.now();
    return first?.key === (answer.type === "ran" ? runKey(answer.job) : queryKey(answer.query));
  }

  function ended(which: ChildProcessByStdio<Writable, Readable, null>): void {
    if (child !== which) return;
    child = undefined;
    waiting = [];
    // What it was still to get, the core sends anew.
    batch.take();
    options.log?.("engine-ended");
    if (stopped) return;
    restarting = setTimeout(() => {
      restarting = undefined;
      child = start();
      options.onResponse({ type: "restarted" });
    }, restartMs);
    restartMs = Math.min(restartMs * 2, MAX_RESTART_MS);
  }

  function watch(): void {
    const oldest = waiting[0];
    if (oldest === undefined || performance.now() - oldestSinceMs < oldest.allowedMs) return;
    options.log?.("engine-overdue");
    child?.kill("SIGKILL");
  }

  return {
    send(request) {
      // While a restart is under way the core learns of it and sends everything anew.
      if (stopped || restarting !== undefined) return;
      child ??= start();
      if (request.type === "query" && waiting.length >= MAX_WAITING_QUERIES) {
        const { query } = request;
        options.onResponse({
          type: "queried",
          query,
          outcome: { status: "failed", code: "engine/overloaded", fuelUsed: 0n },
          opened: [],
        });
        return;
      }
      if (request.type === "run") wait(runKey(request.job), request.calls);
      if (request.type === "query") wait(queryKey(request.query), [request.call]);
      batch.add(frameOf(EngineRequestCodec, withoutKeys(request)));
      if (scheduled) return;
      scheduled = true;
      process.nextTick(flush);
    },
    stop() {
      stopped = true;
      clearInterval(watching);
      clearTimeout(restarting);
      child?.kill("SIGKILL");
    },
  };

  function wait(key: string, calls: readonly EngineCall[]): void {
    if (waiting.length === 0) oldestSinceMs = performance.now();
    const fuel = calls.reduce((sum, call) => sum + call.fuelLimit, 0n);
    waiting.push({ key, allowedMs: deadlineMs + Number(fuel / LEAST_FUEL_PER_MS) });
  }
}

/** The cluster's own entries hold keys, and no contract reads them: they stay here. */
function withoutKeys(request: EngineRequest): EngineRequest {
  if (request.type !== "load-state") return request;
  const entries = request.entries.filter(({ contract }) => !equalBytes(contract, CLUSTER_ITSELF));
  return { type: "load-state", entries };
}

function runKey(job: number): string {
  return `run ${job}`;
}

function queryKey(query: number): string {
  return `query ${query}`;
}
