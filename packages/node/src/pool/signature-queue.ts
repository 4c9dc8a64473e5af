/**
 * Verifies signatures of incoming extrinsics in another thread, in batches.
 *
 * The runtime asks for a verdict in the middle of validating. So validation runs twice: once to learn which signature
 * it would ask for, and, when the other thread has answered, once more with that answer at hand.
 *
 * **Bounds**: `MAX_WAITING` signatures, and as many verdicts; a batch has at most `MAX_BATCH`. **Trust**: signatures are hostile; a thread
 * that dies takes no verdict with it, what waited is verified here.
 * The thread starts with the first crowd: a few extrinsics now and then are verified where they are.
 */
import type { Worker } from "node:worker_threads";
import { type SignatureVerifier, verifySignature } from "@pha/frame";
import { PhaError } from "@pha/scale";
import { keyText } from "../database/key-text.ts";

const MAX_WAITING = 16_384;
const MAX_BATCH = 64;
/** Signatures of one turn of the event loop that are worth starting a thread for. */
export const THREAD_FROM = 8;

export interface SignatureJob {
  readonly signature: Parameters<SignatureVerifier>[0];
  readonly payload: Uint8Array;
  readonly signer: Uint8Array;
}

export interface SignatureQueue {
  /** For the runtime. */
  readonly verify: SignatureVerifier;
  /** Has the signature that `validate` asks for verified; what `validate` says then costs little. */
  prepare(validate: () => unknown): Promise<void>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly job: SignatureJob;
  readonly resolve: (verdict: boolean | undefined) => void;
}

/** @param spawn starts a thread that runs `serveSignatures` */
export function createSignatureQueue(spawn: () => Worker): SignatureQueue {
  const verdicts = new Map<string, boolean>();
  let collected: SignatureJob | undefined;
  let isCollecting = false;
  let queue: Waiting[] = [];
  const sent: (readonly Waiting[])[] = [];
  let worker: Worker | undefined;
  let isFlushing = false;

  const start = (): Worker => {
    const started = spawn();
    worker = started;
    started.on("message", (answers: readonly boolean[]) => {
      const batch = sent.shift() ?? [];
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index]);
    });
    started.on("error", () => started.terminate());
    started.on("exit", () => {
      if (worker === started) worker = undefined;
      for (const { resolve } of sent.splice(0).flat()) resolve(undefined);
    });
    started.unref();
    return started;
  };

  const flush = (): void => {
    isFlushing = false;
    if (worker === undefined && queue.length < THREAD_FROM) {
      for (const { resolve } of queue.splice(0)) resolve(undefined);
      return;
    }
    const to = worker ?? start();
    while (queue.length > 0) {
      const batch = queue.slice(0, MAX_BATCH);
      queue = queue.slice(MAX_BATCH);
      sent.push(batch);
      to.postMessage(batch.map(({ job }) => job));
    }
  };

  const ask = (job: SignatureJob): Promise<boolean | undefined> =>
    new Promise((resolve) => {
      queue.push({ job, resolve });
      if (isFlushing) return;
      isFlushing = true;
      setImmediate(flush);
    });

  /** A verdict that nobody asks for, because the pool refused before, must not stay for ever. */
  const remember = (key: string, verdict: boolean): void => {
    verdicts.set(key, verdict);
    if (verdicts.size <= MAX_WAITING) return;
    for (const oldest of verdicts.keys()) {
      verdicts.delete(oldest);
      return;
    }
  };

  return {
    verify: (signature, payload, signer) => {
      if (isCollecting) {
        collected = { signature, payload, signer };
        // Not cached anywhere: only good verdicts are.
        return false;
      }
      const key = keyOf({ signature, payload, signer });
      const verdict = verdicts.get(key);
      verdicts.delete(key);
      return verdict ?? verifySignature(signature, payload, signer);
    },
    prepare: async (validate) => {
      collected = undefined;
      isCollecting = true;
      try {
        validate();
      } finally {
        isCollecting = false;
      }
      if (collected === undefined) return;
      const waiting = queue.length + sent.length * MAX_BATCH;
      if (waiting >= MAX_WAITING)
        throw new PhaError("rpc/busy", "too many signatures wait for verification", {
          facts: { waiting },
          hint: "send fewer extrinsics at a time and retry",
        });
      const job = ownCopy(collected);
      const verdict = await ask(job);
      if (verdict !== undefined) remember(keyOf(job), verdict);
    },
    stop: async () => {
      await worker?.terminate();
    },
  };
}

/** A view would take the whole buffer it looks into to the other thread. */
function ownCopy({ signature, payload, signer }: SignatureJob): SignatureJob {
  return {
    signature: { ...signature, value: signature.value.slice() },
    payload: payload.slice(),
    signer: signer.slice(),
  };
}

function keyOf({ signature, payload, signer }: SignatureJob): string {
  return `${signature.type} ${keyText(signature.value)}${keyText(signer)}${keyText(payload)}`;
}
