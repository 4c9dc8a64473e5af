/**
 * One pRuntime over all its starts: supervises the process, relays blocks to it, answers its reads, hands its messages
 * to the submitter and its answers to the gateway.
 *
 * **Bounds**: `maxQueries` queries wait for an answer, each until its deadline, of which the pipe's window is at pRuntime
 * and `maxWaitingBytes` here: more are refused with `worker/overloaded`. A pRuntime that does not read
 * `maxBufferedBytes`, does not answer a batch in time, sends beyond its credit or what is malformed, is killed and started
 * again.
 */
import { join } from "node:path";
import type { Duplex } from "node:stream";
import {
  AccountId,
  MAX_CERTIFICATE_BYTES,
  MAX_TD_QUOTE_BYTES,
  type WorkerRole,
} from "@pha/protocol";
import {
  createPipeFlow,
  encodeFrame,
  type FromPRuntime,
  Hello,
  KeptBlobs,
  PIPE_VERSION,
  type PipeFlow,
  type SendOptions,
  type Status,
} from "@pha/pruntime/wire";
import { boundedBytes, encode, equalBytes, option } from "@pha/scale";
import { type BlobCarrier, createBlobCarrier } from "../blobs/blob-carrier.ts";
import type { BlobSource } from "../blobs/blob-source.ts";
import { type ChannelLines, createChannelLines } from "../channels/channel-lines.ts";
import type { ChipKeys } from "../collateral/chip-keys.ts";
import type { TdQuotes } from "../collateral/td-quotes.ts";
import { reasonOf, type WorkerLog } from "../log.ts";
import type { WorkerMetrics } from "../metrics.ts";
import type { ChainHead } from "../node/header-json.ts";
import type { Genesis, NodeClient } from "../node/node-client.ts";
import type { BatchSource } from "../relay/batch-source.ts";
import { createReads, type Reads } from "../relay/reads.ts";
import { createRelayCore, type RelayCore, type RelayInput } from "../relay/relay-core.ts";
import type { Lane, Submitter } from "../submit/submitter.ts";
import { createBackoff } from "./backoff.ts";
import {
  type ChallengeOutcome,
  createPendingQueries,
  type QueryOutcome,
} from "./pending-queries.ts";
import type { OpenLink, PRuntimeCommand, PRuntimeLink } from "./pruntime-link.ts";

/** Boot that runs now, as pRuntime introduced itself. */
export interface RunningBoot extends Lane {
  readonly bootEncryption: Uint8Array;
  readonly provider: string;
}

export interface Worker {
  readonly name: string;
  readonly role: "worker" | "gatekeeper";
  readonly pid: number;
  /** Absent while pRuntime starts. */
  readonly boot: RunningBoot | undefined;
  readonly status: Status | undefined;
  readonly restarts: number;
  /** Why the process ended last time. */
  readonly lastEnd: string | undefined;
  /** Encoded registration ‖ evidence of the boot that runs. */
  readonly evidence: Uint8Array | undefined;
  readonly head: number;
  onHead(head: ChainHead): void;
  /** @param sealed encoded `SealedQuery` */
  query(sealed: Uint8Array): Promise<QueryOutcome>;
  /** Evidence made now. @param nonce 32 bytes */
  challenge(nonce: Uint8Array): Promise<ChallengeOutcome>;
  /**
   * Carries the bytes of a connection to pRuntime's end of an attested channel, and back.
   *
   * @param onEnd why it is over; empty when the other end left
   * @returns `false` when there is no room or no boot: the connection is then the caller's still
   */
  channel(connection: Duplex, onEnd: (why: string) => void): boolean;
  /** Open attested channels. */
  readonly channels: number;
  /** Starts pRuntime anew. */
  restart(reason: string): void;
  /** Ends pRuntime and goes on with another program. */
  replace(command: PRuntimeCommand): void;
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly name: string;
  readonly role: "worker" | "gatekeeper";
  readonly command: PRuntimeCommand;
  readonly openLink: OpenLink;
  readonly node: NodeClient;
  readonly batches: BatchSource;
  readonly blobs: BlobSource;
  readonly chipKeys: Pick<ChipKeys, "get">;
  readonly tdQuotes: Pick<TdQuotes, "get">;
  /** Folder of its own. */
  readonly dataDir: string;
  readonly submitter: Pick<Submitter, "open" | "register" | "message" | "close">;
  readonly genesis: Genesis;
  readonly operator: Uint8Array;
  readonly log: WorkerLog;
  readonly metrics: WorkerMetrics;
  readonly onReady: (worker: Worker) => void;
  readonly onSynced: (worker: Worker, status: Status) => void;
  /** Encoded `SignedReply`, and what it answers. */
  readonly onReply: (
    reply: { readonly commandId: Uint8Array; readonly contract: Uint8Array },
    encoded: Uint8Array,
  ) => void;
  readonly limits?: Partial<WorkerLimits>;
}

export interface WorkerLimits {
  readonly maxQueries: number;
  readonly queryDeadlineMs: number;
  readonly maxWaitingBytes: number;
  readonly maxBufferedBytes: number;
  readonly batchDeadlineMs: number;
  readonly readyDeadlineMs: number;
  readonly firstBackoffMs: number;
}

const LIMITS: WorkerLimits = {
  maxQueries: 1024,
  queryDeadlineMs: 15_000,
  maxWaitingBytes: 32 << 20,
  maxBufferedBytes: 64 << 20,
  batchDeadlineMs: 120_000,
  readyDeadlineMs: 30_000,
  firstBackoffMs: 200,
};

/** Kinds of frames to pRuntime. */
const KIND = {
  Hello: 0,
  Batch: 1,
  Register: 2,
  Query: 3,
  Proof: 4,
  Steps: 5,
  History: 6,
  Credit: 7,
  Warp: 8,
  BlobRead: 9,
  BlobsKept: 10,
  Challenge: 11,
  ChannelOpen: 12,
  ChannelBytes: 13,
  ChannelTaken: 14,
  ChannelEnd: 15,
  ChipKey: 16,
  TdQuote: 17,
} as const;
/** Challenges under way; pRuntime answers one at a time. */
const MAX_CHALLENGES = 16;
const EMPTY = new Uint8Array(0);
const ChipKeyAnswer = option(boundedBytes(MAX_CERTIFICATE_BYTES));
const TdQuoteAnswer = option(boundedBytes(MAX_TD_QUOTE_BYTES));
/** Length of what follows the block in `AnswerProof`: identity, boot, cluster. */
const PROOF_OF_BYTES = 3 * 32;

/** Everything that belongs to one start of the process. */
interface Run {
  readonly link: PRuntimeLink;
  readonly flow: PipeFlow;
  readonly relay: RelayCore;
  readonly reads: Reads;
  readonly carrier: BlobCarrier;
  readonly lines: ChannelLines;
  readonly startedAt: number;
  boot: RunningBoot | undefined;
  status: Status | undefined;
  evidence: Uint8Array | undefined;
  deadline: NodeJS.Timeout | undefined;
  pause: NodeJS.Timeout | undefined;
  /** Credit for this turn's notes goes out at its end. */
  crediting: boolean;
  ended: boolean;
}

export function startWorker(options: WorkerOptions): Worker {
  const { name, role, node, batches, submitter, log, metrics } = options;
  const limits = { ...LIMITS, ...options.limits };
  const backoff = createBackoff({ firstMs: limits.firstBackoffMs, maxMs: 10_000, goodMs: 20_000 });
  const queries = createPendingQueries(limits);
  const challenges = createPendingQueries<ChallengeOutcome>({
    maxQueries: MAX_CHALLENGES,
    queryDeadlineMs: limits.queryDeadlineMs,
  });
  let run: Run | undefined;
  let head: ChainHead | undefined;
  let headAt = 0;
  let restarts = 0;
  let lastEnd: string | undefined;
  let restarting: NodeJS.Timeout | undefined;
  let { command } = options;
  let stopped = false;
  let onStopped: (() => void) | undefined;

  function start(): void {
    const link = options.openLink(command, {
      onMessage: (id, message, body) => {
        if (!current.ended) onMessage(current, id, message, body);
      },
      onEnd: (reason) => onEnd(current, reason),
    });
    const current: Run = {
      link,
      flow: createPipeFlow({
        write: (frame) => link.send(frame),
        maxWaiting: limits.maxQueries,
        maxWaitingBytes: limits.maxWaitingBytes,
      }),
      // A gatekeeper reads every block.
      relay: createRelayCore({ mayWarp: role === "worker" }),
      reads: createReads({ node, blobs: options.blobs }, log),
      carrier: createBlobCarrier({
        directory: join(options.dataDir, "blobs"),
        node,
        kept: (digests) => send(current, "BlobsKept", 0, encode(KeptBlobs, digests)),
        log,
      }),
      // They wait behind what queries wait for, and answers before nothing.
      lines: createChannelLines((type, id, line) => send(current, type, id, line, {})),
      startedAt: performance.now(),
      boot: undefined,
      status: undefined,
      evidence: undefined,
      deadline: undefined,
      pause: undefined,
      crediting: false,
      ended: false,
    };
    run = current;
    expectWithin(current, limits.readyDeadlineMs, "worker/not-ready");
    const { genesis } = options;
    const hello = encode(Hello, {
      pipeVersion: PIPE_VERSION,
      role: roleOf(role),
      operator: encode(AccountId, options.operator),
      genesisHeader: genesis.header,
      genesisProof: [...genesis.proof],
    });
    send(current, "Hello", 0, hello);
    if (head !== undefined) relay(current, { type: "finalized", number: head.number });
  }

  /** False when too much waits for pRuntime's credit; only queries do. */
  function send(
    current: Run,
    type: keyof typeof KIND,
    requestId: number,
    body: Uint8Array,
    sending: SendOptions = { urgent: true },
  ): boolean {
    if (current.ended) return true;
    const frame = encodeFrame({ kind: KIND[type], requestId, body });
    const sent = current.flow.send(type, frame, sending);
    if (current.link.bufferedBytes > limits.maxBufferedBytes)
      current.link.kill("worker/does-not-read");
    return sent.ok;
  }

  function payCredit(current: Run): void {
    if (current.crediting) return;
    current.crediting = true;
    setImmediate(() => {
      current.crediting = false;
      const owed = current.flow.takeOwedCredit();
      if (owed > 0) send(current, "Credit", 0, Uint8Array.of(owed));
    });
  }

  function expectWithin(current: Run, ms: number, reason: string): void {
    clearTimeout(current.deadline);
    current.deadline = setTimeout(() => current.link.kill(reason), ms);
  }

  function onEnd(current: Run, reason: string): void {
    if (current.ended) return;
    current.ended = true;
    clearTimeout(current.deadline);
    clearTimeout(current.pause);
    current.reads.stop();
    void current.carrier.stop();
    current.lines.endAll("worker/restarted");
    if (current.boot !== undefined) submitter.close(current.boot);
    challenges.refuseAll("worker/restarted");
    queries.refuseAll("worker/restarted");
    if (stopped) {
      onStopped?.();
      return;
    }
    restarts += 1;
    lastEnd = reason;
    metrics.restarts.inc({ name });
    const pauseMs = backoff.next(performance.now() - current.startedAt);
    log.warn({ pruntime: name, reason, pauseMs }, "pRuntime ended; it is started again");
    restarting = setTimeout(start, pauseMs);
  }

  function relay(current: Run, input: RelayInput): void {
    for (const output of current.relay.step(input)) {
      switch (output.type) {
        case "fetch":
          void deliver(current, output.from);
          break;
        case "fetch-warp":
          void deliverWarp(current, output.from);
          break;
        case "forget":
          batches.forget(output.from);
          break;
        case "pause":
          clearTimeout(current.pause);
          current.pause = setTimeout(() => relay(current, { type: "again" }), output.ms);
          break;
        case "register":
          log.info({ pruntime: name, head: current.relay.head }, "registering");
          send(current, "Register", 0, EMPTY);
          break;
        case "restart":
          current.link.kill(output.reason);
          break;
      }
    }
  }

  async function deliver(current: Run, from: number): Promise<void> {
    try {
      const batch = await batches.get(from);
      if (current.ended) return;
      if (batch === undefined) return relay(current, { type: "nothing", from });
      relay(current, { type: "sent", from });
      expectWithin(current, limits.batchDeadlineMs, "worker/batch-not-answered");
      send(current, "Batch", 0, batch.bytes);
      metrics.batches.inc({ name });
      if (head !== undefined && batch.to >= head.number)
        metrics.deliverySeconds.observe((performance.now() - headAt) / 1000);
      metrics.batchBytes.inc({ name }, batch.bytes.length);
    } catch (error) {
      if (current.ended) return;
      log.debug({ pruntime: name, from, reason: reasonOf(error) }, "a batch could not be fetched");
      relay(current, { type: "failed", from });
    }
  }

  async function deliverWarp(current: Run, from: number): Promise<void> {
    try {
      const warp = await node.syncWarp(from - 1);
      if (current.ended) return;
      if (warp === undefined) return relay(current, { type: "nothing", from });
      relay(current, { type: "sent", from });
      expectWithin(current, limits.batchDeadlineMs, "worker/batch-not-answered");
      log.info({ pruntime: name, from, bytes: warp.length }, "skips blocks that cannot concern it");
      send(current, "Warp", 0, warp);
      metrics.batchBytes.inc({ name }, warp.length);
    } catch (error) {
      if (current.ended) return;
      log.debug({ pruntime: name, from, reason: reasonOf(error) }, "a warp could not be fetched");
      relay(current, { type: "failed", from });
    }
  }

  function onReady(
    current: Run,
    ready: Extract<FromPRuntime, { readonly type: "Ready" }>["value"],
  ): void {
    const { pipeVersion, identity, boot, bootEncryption, provider, head: own } = ready;
    if (pipeVersion !== PIPE_VERSION || current.boot !== undefined) {
      current.link.kill("pipe/other-version");
      return;
    }
    clearTimeout(current.deadline);
    current.boot = { identity, boot, bootEncryption, provider };
    submitter.open(current.boot);
    log.info({ pruntime: name, pid: current.link.pid, head: own.number }, "pRuntime is ready");
    options.onReady(worker);
    relay(current, { type: "ready", head: own.number });
  }

  function onMessage(current: Run, id: number, message: FromPRuntime, body: Uint8Array): void {
    const credit = message.type === "Credit" ? message.value : undefined;
    const counted = current.flow.receive(message.type, credit);
    if (!counted.ok) {
      current.link.kill(counted.error.code);
      return;
    }
    payCredit(current);
    switch (message.type) {
      case "Ready":
        onReady(current, message.value);
        break;
      case "Registration":
        if (!isOwn(current, message.value.registration.boot)) return;
        current.evidence = body;
        if (!current.boot || !submitter.register(current.boot, body))
          current.link.kill("submit/queue-full");
        break;
      case "Message":
        if (!isOwn(current, message.value.boot)) return;
        metrics.messages.inc({ name });
        if (!current.boot || !submitter.message(current.boot, message.value.sequence, body))
          current.link.kill("submit/queue-full");
        break;
      case "Read":
      case "ReadSteps":
      case "ReadHistory":
      case "ReadBlob":
        current.reads.take(message, (answer) => {
          metrics.reads.inc({ name, kind: message.type, found: String(answer.isFound) });
          send(current, answer.type, id, answer.body);
        });
        break;
      case "Blob": {
        const { kind, digest, content } = message.value;
        current.carrier.give(kind.type, digest.slice(), content.slice());
        break;
      }
      case "Answer": {
        const { block, identity, boot, cluster } = message.value.proofOf;
        const sealed = body.subarray(0, body.length - PROOF_OF_BYTES);
        queries.finish(id, { type: "answer", answer: { sealed, block, identity, boot, cluster } });
        break;
      }
      case "Challenged":
        challenges.finish(id, { type: "evidence", evidence: message.value.slice() });
        break;
      case "ChallengeRefused":
        challenges.finish(id, { type: "refused", code: message.value });
        break;
      case "QueryRefused":
        queries.finish(id, { type: "refused", code: message.value });
        break;
      case "Reply": {
        const { commandId, contract } = message.value;
        metrics.replies.inc({ name });
        options.onReply({ commandId, contract }, body);
        break;
      }
      case "Synced":
        clearTimeout(current.deadline);
        current.status = message.value;
        options.onSynced(worker, message.value);
        relay(current, {
          type: "synced",
          head: message.value.head.number,
          registered: message.value.registered,
        });
        break;
      case "BatchRefused":
        clearTimeout(current.deadline);
        log.warn({ pruntime: name, code: message.value }, "pRuntime refused a batch");
        relay(current, { type: "refused" });
        break;
      case "Failed":
        log.error({ pruntime: name, code: message.value }, "pRuntime failed");
        current.link.kill(message.value);
        break;
      case "ReadChipKey":
        void options.chipKeys
          .get(message.value)
          .catch(() => undefined)
          .then((found) => send(current, "ChipKey", id, encode(ChipKeyAnswer, found)));
        break;
      case "ReadTdQuote":
        void options.tdQuotes
          .get(message.value)
          .catch(() => undefined)
          .then((found) => send(current, "TdQuote", id, encode(TdQuoteAnswer, found)));
        break;
      case "ChannelBytes":
        current.lines.bytes(id, message.value);
        break;
      case "ChannelTaken":
        current.lines.taken(id, message.value);
        break;
      case "ChannelEnd":
        current.lines.end(id, message.value);
        break;
      case "Credit":
        break;
    }
  }

  /** A message for another boot would be void on chain and could jam this one's sequence. */
  function isOwn(current: Run, boot: Uint8Array): boolean {
    if (current.boot !== undefined && equalBytes(current.boot.boot, boot)) return true;
    current.link.kill("pipe/foreign-boot");
    return false;
  }

  const worker: Worker = {
    name,
    role,
    get pid() {
      return run?.link.pid ?? 0;
    },
    get boot() {
      return run?.ended === false ? run.boot : undefined;
    },
    get status() {
      return run?.ended === false ? run.status : undefined;
    },
    get restarts() {
      return restarts;
    },
    get lastEnd() {
      return lastEnd;
    },
    get evidence() {
      return run?.evidence;
    },
    get head() {
      return run?.relay.head ?? 0;
    },
    onHead(next) {
      head = next;
      headAt = performance.now();
      if (run === undefined || run.ended) return;
      relay(run, { type: "finalized", number: next.number });
      run.carrier.onHead();
    },
    query(sealed) {
      const current = run;
      if (current === undefined || current.ended || current.boot === undefined)
        return Promise.resolve({ type: "refused", code: "worker/restarting" });
      return queries.add(({ id, isVoid }) => send(current, "Query", id, sealed, { isVoid }));
    },
    challenge(nonce) {
      const current = run;
      if (current === undefined || current.ended || current.boot === undefined)
        return Promise.resolve({ type: "refused", code: "worker/restarting" });
      return challenges.add(({ id, isVoid }) => send(current, "Challenge", id, nonce, { isVoid }));
    },
    channel(connection, onEnd) {
      const current = run;
      if (current === undefined || current.ended || current.boot === undefined) return false;
      return current.lines.add(connection, onEnd);
    },
    get channels() {
      return run?.lines.open ?? 0;
    },
    restart(reason) {
      run?.link.kill(reason);
    },
    replace(next) {
      command = next;
      // It ends by itself, so that what it seals is whole.
      run?.link.close();
    },
    stop() {
      stopped = true;
      clearTimeout(restarting);
      queries.stop();
      challenges.stop();
      if (run === undefined || run.ended) return Promise.resolve();
      return new Promise((resolve) => {
        onStopped = resolve;
        run?.link.close();
      });
    },
  };
  start();
  return worker;
}

function roleOf(role: Worker["role"]): WorkerRole {
  return role === "gatekeeper"
    ? { type: "Gatekeeper", value: undefined }
    : { type: "Worker", value: undefined };
}
