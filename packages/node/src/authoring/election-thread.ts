/**
 * Computes elections in another thread, with the chain's own state transition.
 *
 * **Bounds**: one election at a time, `ELECTION_MS` each; the thread and its realm end with it, since elections are far
 * apart. **Trust**: whatever comes out is a solution that the chain checks.
 */
import type { MessagePort, Worker } from "node:worker_threads";
import { bytes, decode, option, PhaError, utf8ToText } from "@pha/scale";
import { createOverlay } from "@pha/state";
import { openRealm } from "../chain/realm/load-transition.ts";
import type { NodeLog } from "../node-log.ts";

/** Entry point that computes an election from its arguments alone: of the node itself, for nobody else. */
export const MINE_ENTRY = "ElectionMinerApi_mine";
/** The largest takes a second. */
export const ELECTION_MS = 60_000;

export interface ElectionRequest {
  /** The state transition. */
  readonly script: Uint8Array;
  /** Encoded task, as the runtime gives it. */
  readonly task: Uint8Array;
}

export interface ElectionThread {
  /** The extrinsic with a solution; nothing when there is none, or the thread came to nothing, which the log tells. */
  compute(request: ElectionRequest): Promise<Uint8Array | undefined>;
  stop(): Promise<void>;
}

/** @param spawn starts a thread that runs `serveElections` */
export function createElectionThread(
  spawn: () => Worker,
  log: NodeLog,
  limitMs: number = ELECTION_MS,
): ElectionThread {
  let running: Worker | undefined;
  const askOnce = async (request: ElectionRequest): Promise<Uint8Array | undefined> => {
    const worker = spawn();
    running = worker;
    try {
      return await new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(unfinished("no answer in time")), limitMs);
        worker.once("message", (answer: Uint8Array | undefined) => {
          clearTimeout(late);
          resolve(answer);
        });
        worker.once("error", (error) => reject(unfinished(error.message)));
        worker.once("exit", () => {
          clearTimeout(late);
          reject(unfinished("the thread ended"));
        });
        worker.postMessage(request);
      });
    } finally {
      running = undefined;
      await worker.terminate();
    }
  };
  return {
    async compute(request) {
      if (running !== undefined) return undefined;
      try {
        return await askOnce(request);
      } catch (error) {
        if (!(error instanceof PhaError)) throw error;
        log.warn({ code: error.code, ...error.facts }, "an election was not computed");
        return undefined;
      }
    },
    stop: async () => {
      await running?.terminate();
    },
  };
}

function unfinished(reason: string): PhaError {
  return new PhaError("election/not-computed", "the election was not computed", {
    facts: { reason },
    hint: "the chain elects without this node's solution; report it if it happens again",
  });
}

/** The thread behind `ElectionThread`. */
export function serveElections(port: MessagePort): void {
  port.once("message", ({ script, task }: ElectionRequest) => {
    const realm = openRealm(script, { verify: () => false, startTransition: () => undefined });
    const answer = realm.call(createOverlay({ get: () => undefined }), MINE_ENTRY, task);
    if (answer[0] !== 0) throw new Error(utf8ToText(answer.subarray(1)) ?? "it trapped");
    const extrinsic = decode(option(bytes), answer.subarray(1));
    if (!extrinsic.ok) throw new Error("the answer is no extrinsic");
    port.postMessage(extrinsic.value);
  });
}
