/**
 * An honest host around one core: answers reads, runs the fake engine, keeps what comes out. A test makes it dishonest
 * through `intercept`.
 */
import { makeSimulatedEvidence, type VendorRoots } from "@pha/attestation";
import { blake2b256 } from "@pha/crypto";
import type {
  Registration,
  SealedAnswer,
  SignedMessage,
  SignedReply,
  StateStep,
  WorkerRole,
} from "@pha/protocol";
import { assert, concatBytes, toHex, utf8 } from "@pha/scale";
import {
  type AnswerProof,
  type Input,
  type LogEvent,
  type Output,
  type PRuntime,
  type StartInput,
  type Status,
  startPRuntime,
} from "../core/index.ts";
import { createFakeEngine, type FakeEngine } from "./fake-engine.ts";
import type { ScriptedChain } from "./scripted-chain.ts";

export const ROOT_SEED = blake2b256(utf8("development root"));
export const MEASUREMENT = blake2b256(utf8("measurement"));
export const OPERATOR = new Uint8Array(32).fill(0x09);

type StepInput = Exclude<Input, { readonly type: "start" }>;

export interface Recorded {
  readonly input: Input;
  readonly outputs: readonly Output[];
}

export interface HostSources {
  readonly chain: Pick<
    ScriptedChain,
    "genesisHeader" | "genesisProof" | "nextTimeMs" | "proof" | "history"
  >;
  /** Steps of a cluster from one on, at most 64. */
  readonly steps: (cluster: Uint8Array, from: bigint) => readonly StateStep[];
  /** Of the node: hex digest → content. */
  readonly blobs: Map<string, Uint8Array>;
  /** Whether the chain refers to a blob, before which the node takes none. @default always */
  readonly isAnnounced?: (digest: Uint8Array) => boolean;
  /** Of vendors that exist in a test only; default: the pinned ones. */
  readonly roots?: VendorRoots | undefined;
  /** @default `OPERATOR` */
  readonly operator?: Uint8Array;
}

export interface ScriptedHost {
  readonly name: string;
  readonly role: WorkerRole["type"];
  readonly running: boolean;
  readonly identity: Uint8Array;
  readonly boot: Uint8Array;
  readonly bootEncryption: Uint8Array;
  readonly engine: FakeEngine;
  /** Absent before the first batch. */
  readonly status: Status | undefined;
  readonly recorded: readonly Recorded[];
  readonly logs: readonly {
    readonly event: LogEvent;
    readonly block: number;
    readonly subject?: Uint8Array;
  }[];
  readonly answers: ReadonlyMap<
    number,
    { readonly sealed: SealedAnswer; readonly proofOf: AnswerProof }
  >;
  readonly refusals: ReadonlyMap<number, string>;
  /** Report data of challenges, by their ids. */
  readonly challenges: ReadonlyMap<number, Uint8Array>;
  readonly replies: readonly SignedReply[];
  readonly refusedBatches: readonly string[];
  /** Newest content of the sealed store. */
  readonly sealed: Uint8Array | undefined;
  /** What came out and the network has not taken yet. */
  readonly messages: SignedMessage[];
  readonly registrations: { readonly registration: Registration; readonly evidence: Uint8Array }[];
  /** Fields of the evidence that the platform makes. */
  platform: { platformId: Uint8Array; measurement: Uint8Array; svn: number; debug: boolean };
  /** Other sources of blobs than the node. */
  peers: readonly ReadonlyMap<string, Uint8Array>[];
  /** Inputs instead of the honest ones to an output; `undefined` for the honest ones. */
  intercept: ((output: Output) => readonly StepInput[] | undefined) | undefined;
  /** False while the host gives no blocks. */
  syncing: boolean;
  start(sealed?: Uint8Array): void;
  stop(): void;
  feed(input: StepInput): readonly Output[];
  logged(event: LogEvent): number;
}

export function createScriptedHost(
  name: string,
  role: WorkerRole["type"],
  { chain, steps, blobs, roots, operator = OPERATOR, isAnnounced = () => true }: HostSources,
): ScriptedHost {
  let runtime: PRuntime | undefined;
  let ready: Extract<Output, { readonly type: "ready" }> | undefined;
  let status: Status | undefined;
  let sealed: Uint8Array | undefined;
  let starts = 0;
  let draining = false;
  const queue: StepInput[] = [];
  const engine = createFakeEngine();
  const recorded: Recorded[] = [];
  const logs: { event: LogEvent; block: number; subject?: Uint8Array }[] = [];
  const answers = new Map<number, { sealed: SealedAnswer; proofOf: AnswerProof }>();
  const refusals = new Map<number, string>();
  const challenges = new Map<number, Uint8Array>();
  const replies: SignedReply[] = [];
  /** Blobs that wait until the chain refers to them. */
  let given: Uint8Array[] = [];
  const refusedBatches: string[] = [];
  const messages: SignedMessage[] = [];
  const registrations: { registration: Registration; evidence: Uint8Array }[] = [];

  function honest(output: Output): readonly StepInput[] {
    switch (output.type) {
      case "ready":
        ready = output;
        return [];
      case "seal":
        sealed = output.content;
        return [];
      case "evidence-request": {
        const evidence = makeSimulatedEvidence({
          rootSeed: ROOT_SEED,
          ...host.platform,
          reportData: output.reportData,
          issuedAtMs: chain.nextTimeMs,
        });
        return [{ type: "evidence", evidence }];
      }
      case "registration":
        registrations.push(output);
        return [];
      case "message":
        messages.push(output.message);
        return [];
      case "read":
        return [{ type: "proof", id: output.id, proof: chain.proof(output.block, output.keys) }];
      case "read-steps": {
        const found = steps(output.cluster, output.fromIndex);
        return [{ type: "steps", id: output.id, steps: found }];
      }
      case "read-history":
        return [{ type: "history", id: output.id, batch: chain.history(output.from, output.to) }];
      case "blob":
        blobs.set(toHex(output.digest), output.content);
        if (output.kind !== "Chunk") given.push(output.digest);
        return carried();
      case "read-blob": {
        const sources = [blobs, ...host.peers];
        const content = sources[output.source % sources.length]?.get(toHex(output.blob.digest));
        return [{ type: "blob", id: output.id, content }];
      }
      case "engine": {
        const response = engine.handle(output.request);
        return response ? [{ type: "engine", cluster: output.cluster, response }] : [];
      }
      case "challenge-evidence":
        challenges.set(output.id, output.reportData);
        return [];
      case "answer":
        answers.set(output.id, output);
        return [];
      case "query-refused":
        refusals.set(output.id, output.code);
        return [];
      case "reply":
        replies.push(output.reply);
        return [];
      case "synced":
        status = output.status;
        return [];
      case "batch-refused":
        refusedBatches.push(output.code);
        return [];
      case "log":
        logs.push(output);
        return [];
    }
  }

  /** What the node takes now. */
  function carried(): readonly StepInput[] {
    const digests = given.filter(isAnnounced);
    if (digests.length === 0) return [];
    given = given.filter((digest) => !digests.includes(digest));
    return [{ type: "blobs-kept", digests }];
  }

  function take(input: Input, outputs: readonly Output[]): void {
    recorded.push({ input, outputs });
    for (const output of outputs) queue.push(...(host.intercept?.(output) ?? honest(output)));
  }

  function drain(): void {
    if (draining) return;
    draining = true;
    for (let input = queue.shift(); input; input = queue.shift())
      if (runtime) take(input, runtime.step(input));
    draining = false;
  }

  const host: ScriptedHost = {
    name,
    role,
    engine,
    recorded,
    logs,
    answers,
    refusals,
    challenges,
    replies,
    refusedBatches,
    messages,
    registrations,
    get running() {
      return runtime !== undefined;
    },
    get identity() {
      assert(ready, "the host has started");
      return ready.identity;
    },
    get boot() {
      assert(ready, "the host has started");
      return ready.boot;
    },
    get bootEncryption() {
      assert(ready, "the host has started");
      return ready.bootEncryption;
    },
    get status() {
      return status;
    },
    get sealed() {
      return sealed;
    },
    platform: {
      platformId: blake2b256(utf8(`platform ${name}`)),
      measurement: MEASUREMENT,
      svn: 1,
      debug: false,
    },
    peers: [],
    intercept: undefined,
    syncing: true,
    start(content) {
      starts += 1;
      const input: StartInput = {
        type: "start",
        role: { type: role, value: undefined },
        operator,
        genesisHeader: chain.genesisHeader,
        genesisProof: chain.genesisProof,
        sealed: content,
        entropy: blake2b256(concatBytes(utf8(name), Uint8Array.of(starts))),
        version: 1 << 8,
      };
      const started = startPRuntime(input, roots);
      assert(started.ok, `the core starts${started.ok ? "" : `: ${started.error.code}`}`);
      runtime = started.value.runtime;
      status = undefined;
      recorded.length = 0;
      messages.length = 0;
      registrations.length = 0;
      queue.length = 0;
      given = [];
      engine.crash();
      take(input, started.value.outputs);
      drain();
    },
    stop() {
      runtime = undefined;
      status = undefined;
    },
    feed(input) {
      if (runtime === undefined) return [];
      const from = recorded.length;
      queue.push(input, ...carried());
      drain();
      return recorded.slice(from).flatMap(({ outputs }) => outputs);
    },
    logged: (event) => logs.filter((line) => line.event === event).length,
  };
  return host;
}

/** Short name of a byte string, for messages of failing tests. */
export function shortHex(bytes: Uint8Array): string {
  return toHex(bytes).slice(0, 10);
}
