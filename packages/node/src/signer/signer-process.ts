/**
 * The signer's process seen from the node: started first, restarted when it ends, killed past a deadline.
 *
 * ```
 * starting ──Open──► open ──ends, or is overdue──► waiting ──pause──► starting
 *     └── refuses to open, or fails `MAX_STARTS` times in a row: the node cannot go on
 * ```
 * What waits when it ends is answered with `signer/ended`: the slot is missed, votes are asked for again.
 *
 * **Bounds**: `MAX_WAITING` requests, a deadline for the oldest. **Trust**: it is our own program; an answer that does
 * not decode, or that nobody asked for, ends it.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { createFrameReader, fromFrame, toFrame } from "@pha/protocol/pipe";
import { PhaError } from "@pha/scale";
import type { NodeLog } from "../node-log.ts";
import type { StoredKey } from "./keystore.ts";
import {
  type AskSigner,
  errorOf,
  MAX_SIGNER_FRAME_BYTES,
  SignerAnswer,
  SignerRequest,
} from "./signer-messages.ts";

export const MAX_WAITING = 256;
const MAX_STARTS = 8;
const DEADLINE_MS = 30_000;
/** For the start of a process, and a folder that the signer of a killed node gives back. */
const START_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 10_000;
/** A run as long as this was good: the next pause is the first again. */
const GOOD_MS = 60_000;
const STOP_MS = 2_000;
/** A signature leaves little garbage. */
const NODE_FLAGS = ["--max-semi-space-size=1"] as const;

export interface SignerProcessOptions {
  /** Path of the bundled program. */
  readonly program: string;
  /** Folder of the keys, absolute. */
  readonly folder: string | undefined;
  /** Secret of a development chain's authority. */
  readonly authority: string | undefined;
  readonly log: NodeLog;
  /** The signer cannot be started again; the node must stop. */
  readonly onFailure: (error: unknown) => void;
  /** For the oldest request. @default 30 s */
  readonly deadlineMs?: number;
  /** Before the second start. @default 100 ms */
  readonly firstPauseMs?: number;
  /** Starts that may fail in a row. @default 8 */
  readonly maxStarts?: number;
}

export interface SignerProcess {
  readonly ask: AskSigner;
  /** Keys that were there at the start. */
  readonly keys: readonly StoredKey[];
  /** While it is open. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

interface Waiting {
  readonly id: number;
  readonly resolve: (answer: SignerAnswer) => void;
  readonly reject: (error: PhaError) => void;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** @throws PhaError of whatever the signer refuses to open, `signer/unavailable` */
export async function startSigner(options: SignerProcessOptions): Promise<SignerProcess> {
  const { program, folder, authority, log, deadlineMs = DEADLINE_MS } = options;
  const { firstPauseMs = FIRST_PAUSE_MS, maxStarts = MAX_STARTS } = options;
  let child: Child | undefined;
  let isOpen = false;
  let isStopped = false;
  const waiting: Waiting[] = [];
  let nextId = 0;
  let failedStarts = 0;
  let pauseMs = firstPauseMs;
  let startedAt = 0;
  let restarting: NodeJS.Timeout | undefined;
  let overdue: NodeJS.Timeout | undefined;

  const watchOldest = (): void => {
    clearTimeout(overdue);
    const watched = child;
    const allowedMs = isOpen ? deadlineMs : START_MS;
    overdue =
      waiting.length === 0
        ? undefined
        : setTimeout(() => {
            log.error({ afterMs: allowedMs }, "the signer does not answer and is ended");
            watched?.kill("SIGKILL");
          }, allowedMs);
    overdue?.unref();
  };

  const send = (to: Child, request: SignerRequest): Promise<SignerAnswer> =>
    new Promise((resolve, reject) => {
      const id = nextId;
      nextId = (nextId + 1) >>> 0;
      waiting.push({ id, resolve, reject });
      if (waiting.length === 1) watchOldest();
      to.stdin.write(toFrame(SignerRequest, id, request));
    });

  const receive = (from: Child, id: number, answer: SignerAnswer | undefined): void => {
    const oldest = waiting.shift();
    if (oldest === undefined || oldest.id !== id || answer === undefined) {
      if (oldest) waiting.unshift(oldest);
      log.error({ id }, "the signer answers what nobody asked, or not as it should, and is ended");
      from.kill("SIGKILL");
      return;
    }
    watchOldest();
    oldest.resolve(answer);
  };

  const start = (): Promise<readonly StoredKey[]> => {
    startedAt = performance.now();
    const started: Child = spawn(process.execPath, [...NODE_FLAGS, program], {
      stdio: ["pipe", "pipe", "ignore"],
      env: {},
      windowsHide: true,
    });
    child = started;
    const frames = createFrameReader(MAX_SIGNER_FRAME_BYTES);
    started.stdout.on("data", (chunk: Buffer) => {
      if (child !== started) return;
      const received = frames.push(chunk);
      if (!received.ok) started.kill("SIGKILL");
      for (const frame of received.ok ? received.value : []) {
        const answer = fromFrame(SignerAnswer, frame);
        receive(started, frame.requestId, answer.ok ? answer.value : undefined);
      }
    });
    // A pipe that breaks is a process that ended: `close` says so.
    started.stdin.on("error", () => undefined);
    started.on("error", () => ended(started));
    started.on("close", () => ended(started));
    return send(started, { type: "Open", value: { folder, authority } }).then((answer) => {
      if (answer.type === "Failed") throw errorOf(answer);
      if (answer.type !== "Keys") throw endedError();
      isOpen = true;
      failedStarts = 0;
      return answer.value;
    });
  };

  const ended = (which: Child): void => {
    if (child !== which) return;
    child = undefined;
    const wasOpen = isOpen;
    isOpen = false;
    for (const { reject } of waiting.splice(0)) reject(endedError());
    watchOldest();
    if (isStopped || !wasOpen) return;
    log.error({ pauseMs: restartPause() }, "the signer ended: nothing is signed until it is back");
    restartLater();
  };

  const restartPause = (): number =>
    performance.now() - startedAt >= GOOD_MS ? firstPauseMs : pauseMs;

  const restartLater = (): void => {
    const now = restartPause();
    pauseMs = Math.min(now * 2, MAX_PAUSE_MS);
    restarting = setTimeout(() => {
      if (isStopped) return;
      start().then(() => log.info({}, "the signer is back"), onStartFailed);
    }, now);
  };

  /** A refusal is final; a process that just ended is tried again. */
  const onStartFailed = (error: unknown): void => {
    const giveUp = options.onFailure;
    if (isStopped) return;
    if (!(error instanceof PhaError) || error.code !== "signer/ended") giveUp(error);
    else if (++failedStarts < maxStarts) restartLater();
    else giveUp(unavailable(program, failedStarts));
  };

  let keys: readonly StoredKey[];
  try {
    keys = await start();
  } catch (error) {
    isStopped = true;
    // The binding is changed by `start`.
    (child as Child | undefined)?.kill("SIGKILL");
    const isRefusal = error instanceof PhaError && error.code !== "signer/ended";
    throw isRefusal ? error : unavailable(program, 1);
  }
  return {
    keys,
    pid: () => (isOpen ? child?.pid : undefined),
    ask: (request) => {
      if (child === undefined || !isOpen) return Promise.reject(endedError());
      if (waiting.length >= MAX_WAITING)
        return Promise.reject(
          new PhaError("signer/busy", "too many requests wait for the signer", {
            facts: { waiting: waiting.length },
            hint: "ask again when it has answered some",
          }),
        );
      return send(child, request);
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(restarting);
      const last = child;
      if (last === undefined) return;
      const closed = new Promise((resolve) => last.once("close", resolve));
      const kill = setTimeout(() => last.kill("SIGKILL"), STOP_MS);
      last.stdin.end();
      await closed;
      clearTimeout(kill);
    },
  };
}

function unavailable(program: string, starts: number): PhaError {
  return new PhaError("signer/unavailable", "the process of the keys does not start", {
    facts: { starts, program },
    hint: "check memory and process limits of this machine, and that the program is whole; then start the node again",
  });
}

function endedError(): PhaError {
  return new PhaError("signer/ended", "the process of the keys has ended and is started again", {
    hint: "nothing to do: it is back soon; what was to be signed then is lost or asked for again",
  });
}
