/**
 * Answers the reads of a pRuntime from its node: proofs, steps of a cluster's state, old blocks, blobs.
 *
 * **Bounds**: `MAX_OUTSTANDING` reads wait or run, of which `MAX_RUNNING` at the node; each is tried until its deadline.
 * A read that fails is answered too, with nothing: pRuntime asks again at a newer head.
 */
import { ReadProof, StateStep } from "@pha/protocol";
import type { FromPRuntime } from "@pha/pruntime/wire";
import { bytes, concatBytes, decode, encode, vec } from "@pha/scale";
import type { BlobSource } from "../blobs/blob-source.ts";
import { reasonOf, type WorkerLog } from "../log.ts";
import type { NodeClient } from "../node/node-client.ts";

export type ReadRequest = Extract<
  FromPRuntime,
  { readonly type: "Read" | "ReadSteps" | "ReadHistory" | "ReadBlob" }
>;

/** Kinds of the pipe's frames that answer reads, with their encoded bodies. */
export type ReadAnswer = {
  readonly type: "Proof" | "Steps" | "History" | "BlobRead";
  readonly body: Uint8Array;
  readonly isFound: boolean;
};

export interface Reads {
  take(request: ReadRequest, answer: (answer: ReadAnswer) => void): void;
  stop(): void;
}

export interface ReadLimits {
  readonly maxOutstanding: number;
  readonly maxRunning: number;
  readonly deadlineMs: number;
  readonly pauseMs: number;
}

const LIMITS: ReadLimits = {
  maxOutstanding: 512,
  maxRunning: 16,
  deadlineMs: 15_000,
  pauseMs: 100,
};
const MAX_STEPS = 64;
/** Steps of one answer in bytes; a frame of the pipe holds them. */
const MAX_STEPS_BYTES = 12 << 20;
const NodeSteps = vec(StateStep, 256);
const NONE = Uint8Array.of(0);
const SOME = Uint8Array.of(1);

export function createReads(
  { node, blobs }: { readonly node: NodeClient; readonly blobs: BlobSource },
  log: WorkerLog,
  limits: Partial<ReadLimits> = {},
): Reads {
  const { maxOutstanding, maxRunning, deadlineMs, pauseMs } = { ...LIMITS, ...limits };
  const waiting: { readonly run: () => Promise<void> }[] = [];
  let running = 0;
  let stopped = false;

  async function read(request: ReadRequest): Promise<Uint8Array | undefined> {
    switch (request.type) {
      case "Read": {
        const { keys, block } = request.value;
        return encode(ReadProof, await node.readProof(keys, block.hash));
      }
      case "ReadSteps": {
        const { cluster, fromIndex } = request.value;
        return fittingSteps(await node.clusterSteps(cluster, fromIndex, MAX_STEPS));
      }
      case "ReadHistory":
        return node.history(request.value.from, request.value.to);
      case "ReadBlob": {
        const content = await blobs.get(request.value.blob.digest, request.value.source);
        return content && encode(bytes, content);
      }
    }
  }

  async function tryUntilDeadline(request: ReadRequest): Promise<Uint8Array | undefined> {
    const end = performance.now() + deadlineMs;
    for (let attempt = 1; !stopped; attempt++) {
      try {
        return await read(request);
      } catch (error) {
        const pause = pauseMs * 2 ** Math.min(attempt, 6);
        if (performance.now() + pause >= end) {
          log.warn(
            { read: request.type, attempts: attempt, reason: reasonOf(error) },
            "a read failed",
          );
          return undefined;
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    return undefined;
  }

  function pump(): void {
    while (running < maxRunning) {
      const next = waiting.shift();
      if (next === undefined) return;
      running += 1;
      next
        .run()
        .catch((error: unknown) =>
          log.error({ reason: reasonOf(error) }, "answering a read failed"),
        )
        .finally(() => {
          running -= 1;
          pump();
        });
    }
  }

  return {
    take(request, answer) {
      if (stopped) return;
      if (waiting.length >= maxOutstanding) {
        answer(answerOf(request, undefined));
        return;
      }
      waiting.push({
        run: async () => {
          const body = await tryUntilDeadline(request);
          if (!stopped) answer(answerOf(request, body));
        },
      });
      pump();
    },
    stop() {
      stopped = true;
      waiting.length = 0;
    },
  };
}

function answerOf(request: ReadRequest, body: Uint8Array | undefined): ReadAnswer {
  const isFound = body !== undefined;
  switch (request.type) {
    case "Read":
      return { type: "Proof", isFound, body: optional(body) };
    case "ReadSteps":
      return { type: "Steps", isFound, body: body ?? NONE };
    case "ReadHistory":
      return { type: "History", isFound, body: optional(body) };
    case "ReadBlob":
      return { type: "BlobRead", isFound, body: optional(body) };
  }
}

function optional(body: Uint8Array | undefined): Uint8Array {
  return body === undefined ? NONE : concatBytes(SOME, body);
}

/** As many of the first steps as one frame holds. */
function fittingSteps(encoded: Uint8Array): Uint8Array | undefined {
  const steps = decode(NodeSteps, encoded);
  if (!steps.ok) return undefined;
  const all = steps.value;
  if (all.length <= MAX_STEPS && encoded.length <= MAX_STEPS_BYTES) return encoded;
  let total = 0;
  const fitting: StateStep[] = [];
  for (const step of all.slice(0, MAX_STEPS)) {
    total += encode(StateStep, step).length;
    if (total > MAX_STEPS_BYTES && fitting.length > 0) break;
    fitting.push(step);
  }
  return encode(NodeSteps, fitting);
}
