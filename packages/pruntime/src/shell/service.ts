/**
 * pRuntime's shell: connects the core with pipe, platform, sealed store, engines and the monotonic clock.
 *
 * It decides nothing: every frame becomes an input, every output a frame, a file or an engine job. Log lines are the
 * core's event names with a block number and a public id, nothing else.
 *
 * **Bounds**: those of `PipeFlow`; requests of the host that are put off are at most its window.
 */
import type { Readable, Writable } from "node:stream";
import { randomBytes } from "@pha/crypto";
import { PhaError, toHex } from "@pha/scale";
import type { ChannelAnswered } from "../channels/index.ts";
import { type Input, type Output, type PRuntime, startPRuntime } from "../core/index.ts";
import type { EvidenceProvider } from "../providers/index.ts";
import {
  type ChipKeyName,
  createPipeFlow,
  type FlowError,
  FromPRuntime,
  fromFrame,
  PIPE_VERSION,
  ToPRuntime,
  toFrame,
} from "../wire/index.ts";
import { createChannelDesk } from "./channel-desk.ts";
import type { Engines } from "./engines.ts";
import type { HostDesk } from "./host-desk.ts";
import { readFrames, writeFrames } from "./pipe-io.ts";
import type { SealedFile } from "./sealed-file.ts";

/** `major << 16 | minor << 8 | patch`. */
export const PRUNTIME_VERSION = (0 << 16) | (1 << 8) | 0;
const TICK_MS = 250;
/** Frames that may wait for the host's credit; a host that gives none for so long is of no use. */
const MAX_WAITING = 4_096;
const MAX_WAITING_BYTES = 64 << 20;
/** While so many wait, the host's requests do too: what they cause would wait behind them. */
const BUSY_FROM = 256;

export interface ServiceOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly provider: EvidenceProvider;
  /** What the provider asks the host; absent of one that asks nothing. */
  readonly chipKeys?: HostDesk<ChipKeyName>;
  readonly tdQuotes?: HostDesk<Uint8Array>;
  readonly sealed: SealedFile;
  readonly engines: (
    onResponse: (cluster: Uint8Array, response: EngineResponse) => void,
  ) => Engines;
  readonly log: (line: {
    readonly event: string;
    readonly block: number;
    readonly subject?: string;
  }) => void;
  /** Sees every input of the core; used by tests that replay a run. */
  readonly record?: (input: Input) => void;
}
/** What may wait; what a channel sends comes in its order, as the host sends one frame at a time. */
const PUT_OFF: ReadonlySet<ToPRuntime["type"]> = new Set([
  ...(["Batch", "Warp", "Query", "Challenge", "ChannelOpen", "ChannelBytes"] as const),
]);

type EngineResponse = Extract<Input, { readonly type: "engine" }>["response"];

/** Runs until the pipe ends. */
export async function runPRuntime(options: ServiceOptions): Promise<void> {
  const { provider, sealed, log } = options;
  const pipe = writeFrames(options.output);
  const flow = createPipeFlow({
    write: pipe.send,
    maxWaiting: MAX_WAITING,
    maxWaitingBytes: MAX_WAITING_BYTES,
  });
  /** Requests that are put off while too much waits. */
  const putOff: { readonly requestId: number; readonly message: ToPRuntime }[] = [];
  /** Request whose answer is the next `ready`, `synced` or `batch-refused`. */
  let answering = 0;
  let runtime: PRuntime | undefined;
  let sealing: Promise<void> = Promise.resolve();
  let unsealed = 0;
  /** What goes to the chain while the sealed store is being written, in order. */
  let held: Output[] = [];
  let failed = false;
  /** A challenge is being answered. */
  let challenged = false;
  const engines = options.engines((cluster, response) =>
    feed({ type: "engine", cluster, response }),
  );
  /** Absent until it is ready, and of gatekeepers: they take no queries. */
  let servingBoot: Uint8Array | undefined;
  let servesQueries = false;
  const channels = createChannelDesk({
    provider,
    boot: () => servingBoot,
    ask: (id, query) => feed({ type: "query", id, sealed: query }),
    send: (id, message) => {
      if (!failed) send(id, message);
    },
  });
  options.chipKeys?.connect((id, name) => {
    if (!failed) send(id, { type: "ReadChipKey", value: name });
  });
  options.tdQuotes?.connect((id, localReport) => {
    if (!failed) send(id, { type: "ReadTdQuote", value: localReport });
  });
  let tickedAt = 0;
  const ticking = setInterval(tick, TICK_MS);

  function tick(): void {
    tickedAt = monotonicMs();
    feed({ type: "tick", monotonicMs: tickedAt });
  }

  function send(requestId: number, message: FromPRuntime): void {
    const sent = flow.send(message.type, toFrame(FromPRuntime, requestId, message));
    if (!sent.ok)
      throw new PhaError("pipe/full", "the host gives no credit", {
        facts: { waiting: flow.waiting },
        hint: "The host is stuck; start it again.",
      });
  }

  /** A fault of the core ends the program: what it would do next is worth nothing. */
  function feed(input: Exclude<Input, { readonly type: "start" }>): void {
    if (runtime === undefined || failed) return;
    options.record?.(input);
    try {
      for (const output of runtime.step(input)) perform(output);
    } catch (error) {
      fatal(error);
    }
  }

  /**
   * The identity that registers and the share that is confirmed are in the sealed store before the chain hears of them:
   * a program that is killed in between would come back without what the chain counts on.
   */
  function perform(output: Output): void {
    if (unsealed > 0 && (output.type === "message" || output.type === "registration"))
      held.push(output);
    else carryOut(output);
  }

  async function keep(content: Uint8Array): Promise<void> {
    await sealed.write(content);
    unsealed--;
    if (unsealed > 0 || failed) return;
    const outputs = held;
    held = [];
    for (const output of outputs) carryOut(output);
  }

  function carryOut(output: Output): void {
    switch (output.type) {
      case "ready": {
        const { identity, boot, bootEncryption, head } = output;
        const { name } = provider;
        if (servesQueries) servingBoot = boot;
        send(answering, {
          type: "Ready",
          value: {
            pipeVersion: PIPE_VERSION,
            identity,
            boot,
            bootEncryption,
            provider: name,
            head,
          },
        });
        return;
      }
      case "seal":
        unsealed++;
        sealing = sealing.then(() => keep(output.content));
        sealing.catch(fatal);
        return;
      case "evidence-request":
        provider
          .evidence(output.reportData)
          .then((evidence) => feed({ type: "evidence", evidence }))
          .catch(fatal);
        return;
      case "challenge-evidence":
        answerChallenge(output.id, output.reportData);
        return;
      case "registration":
        send(0, {
          type: "Registration",
          value: { registration: output.registration, evidence: output.evidence },
        });
        return;
      case "message":
        send(0, { type: "Message", value: output.message });
        return;
      case "read":
        send(output.id, { type: "Read", value: { block: output.block, keys: output.keys } });
        return;
      case "read-steps":
        send(output.id, {
          type: "ReadSteps",
          value: { cluster: output.cluster, fromIndex: output.fromIndex },
        });
        return;
      case "read-history":
        send(output.id, { type: "ReadHistory", value: { from: output.from, to: output.to } });
        return;
      case "blob": {
        const { digest, content } = output;
        const kind = { type: output.kind, value: undefined };
        send(0, { type: "Blob", value: { kind, digest, content } });
        return;
      }
      case "read-blob":
        send(output.id, { type: "ReadBlob", value: { blob: output.blob, source: output.source } });
        return;
      case "engine":
        engines.send(output.cluster, output.request);
        return;
      case "answer": {
        const { id, sealed, proofOf } = output;
        answer(id, { type: "Answer", value: { sealed, proofOf } });
        return;
      }
      case "query-refused":
        answer(output.id, { type: "QueryRefused", value: output.code });
        return;
      case "reply":
        send(0, { type: "Reply", value: output.reply });
        return;
      case "synced":
        send(answering, { type: "Synced", value: output.status });
        return;
      case "batch-refused":
        send(answering, { type: "BatchRefused", value: output.code });
        return;
      case "log":
        log({
          event: output.event,
          block: output.block,
          ...(output.subject && { subject: toHex(output.subject) }),
        });
        return;
    }
  }

  /** To whoever asked: over a channel, or the host. */
  function answer(id: number, answered: ChannelAnswered): void {
    if (!channels.answered(id, answered)) send(id, answered);
  }

  /**
   * One at a time: a platform takes its time, and who asks is not known. A platform that cannot now says so to who asked;
   * the boot goes on.
   */
  function answerChallenge(id: number, reportData: Uint8Array): void {
    if (challenged) {
      send(id, { type: "ChallengeRefused", value: "worker/challenge-busy" });
      return;
    }
    challenged = true;
    provider
      .evidence(reportData)
      .then(
        (evidence): FromPRuntime => ({ type: "Challenged", value: evidence }),
        (): FromPRuntime => ({ type: "ChallengeRefused", value: "worker/evidence-failed" }),
      )
      .then((answer) => {
        challenged = false;
        if (!failed) send(id, answer);
      })
      .catch(fatal);
  }

  function fatal(error: unknown): void {
    if (failed) return;
    failed = true;
    const code = error instanceof PhaError ? error.code : "pruntime/internal";
    if (process.env["PHA_DEBUG_STACK"])
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    send(0, { type: "Failed", value: code });
    log({ event: code, block: 0 });
    process.exitCode = 1;
    options.input.destroy();
  }

  async function start(
    hello: Extract<ToPRuntime, { readonly type: "Hello" }>["value"],
  ): Promise<void> {
    if (hello.pipeVersion !== PIPE_VERSION)
      throw new PhaError("pipe/other-version", "the host speaks another version of the pipe", {
        facts: { host: hello.pipeVersion, own: PIPE_VERSION },
        hint: "Host and pRuntime must be of the same release.",
      });
    const { role, operator, genesisHeader, genesisProof } = hello;
    servesQueries = role.type === "Worker";
    const input: Input = {
      type: "start",
      role,
      operator,
      genesisHeader,
      genesisProof,
      sealed: await sealed.read(),
      entropy: randomBytes(32),
      version: PRUNTIME_VERSION,
    };
    options.record?.(input);
    const started = startPRuntime(input);
    if (!started.ok)
      throw new PhaError(started.error.code, "pRuntime cannot start on this network", {
        hint:
          started.error.code === "start/newer-sealed-store"
            ? "Run the newer pRuntime again; its sealed store is untouched. To go back, move the store away and start with a new identity."
            : "Check the genesis that the host gives and the sealed store's network.",
      });
    runtime = started.value.runtime;
    for (const output of started.value.outputs) perform(output);
    tick();
  }

  /** Frames that came before the start was done, in order. */
  let early: Promise<void> | undefined;
  function take(requestId: number, message: ToPRuntime): void {
    // A process that stood still learns how late it is before it believes anything that it is shown.
    if (runtime !== undefined && monotonicMs() - tickedAt >= 2 * TICK_MS) tick();
    switch (message.type) {
      case "Hello":
        if (early !== undefined) {
          fatal(unkept({ code: "pipe/unasked" }));
          return;
        }
        answering = requestId;
        early = start(message.value);
        early.catch(fatal);
        return;
      case "Batch":
        answering = requestId;
        feed({ type: "batch", batch: message.value });
        return;
      case "Warp":
        answering = requestId;
        feed({ type: "warp", warp: message.value });
        return;
      case "Register":
        feed({ type: "register" });
        return;
      case "Query":
        feed({ type: "query", id: requestId, sealed: message.value });
        return;
      case "Challenge":
        feed({ type: "challenge", id: requestId, nonce: message.value });
        return;
      case "Proof":
        feed({ type: "proof", id: requestId, proof: message.value });
        return;
      case "Steps":
        feed({ type: "steps", id: requestId, steps: message.value });
        return;
      case "History":
        feed({ type: "history", id: requestId, batch: message.value });
        return;
      case "BlobRead":
        feed({ type: "blob", id: requestId, content: message.value });
        return;
      case "BlobsKept":
        feed({ type: "blobs-kept", digests: message.value });
        return;
      case "ChipKey":
        options.chipKeys?.answered(requestId, message.value);
        return;
      case "TdQuote":
        options.tdQuotes?.answered(requestId, message.value);
        return;
      case "ChannelOpen":
        channels.open(requestId);
        return;
      case "ChannelBytes":
        if (!channels.bytes(requestId, message.value)) fatal(unkept({ code: "pipe/no-credit" }));
        return;
      case "ChannelTaken":
        channels.taken(requestId, message.value);
        return;
      case "ChannelEnd":
        channels.end(requestId);
        return;
      case "Credit":
        return;
    }
  }

  /** Answers and credits are taken at once, or nothing would ever stop waiting. */
  function takeOrPutOff(requestId: number, message: ToPRuntime): void {
    const { type } = message;
    if (PUT_OFF.has(type) && (putOff.length > 0 || flow.waiting >= BUSY_FROM))
      putOff.push({ requestId, message });
    else take(requestId, message);
    while (flow.waiting < BUSY_FROM) {
      const next = putOff.shift();
      if (next === undefined) return;
      take(next.requestId, next.message);
    }
  }

  function payCredit(): void {
    const owed = flow.takeOwedCredit();
    if (owed > 0) send(0, { type: "Credit", value: owed });
  }

  try {
    await readFrames(
      options.input,
      (frame) => {
        const message = fromFrame(ToPRuntime, frame);
        if (!message.ok) {
          fatal(
            new PhaError("pipe/malformed", "a message of the pipe does not decode", {
              hint: "Host and pRuntime must be of the same release.",
            }),
          );
          return;
        }
        const { value } = message;
        const credit = value.type === "Credit" ? value.value : undefined;
        const counted = flow.receive(value.type, credit);
        if (!counted.ok) {
          fatal(unkept(counted.error));
          return;
        }
        if (early === undefined || runtime !== undefined) takeOrPutOff(frame.requestId, value);
        else {
          early = early.then(() => takeOrPutOff(frame.requestId, value));
          early.catch(fatal);
        }
        payCredit();
      },
      pipe.flushed,
    );
  } catch (error) {
    fatal(error);
  } finally {
    clearInterval(ticking);
    channels.stop();
    engines.stop();
    await sealing.catch(() => undefined);
  }
}

function unkept({ code }: FlowError): PhaError {
  const hint = "Host and pRuntime must be of the same release.";
  return code === "pipe/no-credit"
    ? new PhaError("pipe/no-credit", "the host sent more than it had credit for", { hint })
    : new PhaError("pipe/unasked", "the host answered what it was not asked", { hint });
}

function monotonicMs(): number {
  return Math.floor(performance.now());
}
