/**
 * Verifies signatures of incoming extrinsics, and all that blocks which wait for their import are signed with, in
 * another thread and in batches.
 *
 * The runtime asks for a verdict in the middle of validating. So validation runs twice: once to learn which signatures
 * it would ask for, and, when the other thread has answered, once more with that answer at hand.
 *
 * **Bounds**: `MAX_WAITING` signatures, and as many verdicts; a batch has at most `MAX_BATCH`. **Trust**: signatures are hostile; a thread
 * that dies takes no verdict with it, what waited is verified here.
 * The thread starts with the first crowd: a few extrinsics now and then are verified where they are.
 */
import type { Worker } from "node:worker_threads";
import type { BabeVerifier } from "@pha/consensus";
import { type BabeVrfInput, sr25519Verify, type VrfOutput, vrfVerifyBabe } from "@pha/crypto";
import { type SignatureVerifier, verifySignature } from "@pha/frame";
import { PhaError } from "@pha/scale";
import { keyText } from "../database/key-text.ts";

const MAX_WAITING = 16_384;
const MAX_BATCH = 64;
/** Batches on their way: one is worked on and one lies ready, so that what is urgent waits for two and no more. */
const MAX_SENT = 2;
/** Signatures of one turn of the event loop that are worth starting a thread for. */
export const THREAD_FROM = 8;

export interface SignatureJob {
  readonly signature: Parameters<SignatureVerifier>[0];
  readonly payload: Uint8Array;
  readonly signer: Uint8Array;
}

/** An author's right to a slot. */
export interface ClaimJob {
  readonly author: Uint8Array;
  readonly input: BabeVrfInput;
  readonly output: VrfOutput;
}

export type VerificationJob = SignatureJob | ClaimJob;

export interface SignatureQueue {
  /** For the runtime. */
  readonly verify: SignatureVerifier;
  /** For the import of blocks. */
  readonly header: BabeVerifier;
  /**
   * Has the signatures that `validate` asks for verified; what `validate` says then costs little. Those of blocks are
   * urgent: a flood of extrinsics must not hold up the chain.
   *
   * @throws PhaError `rpc/busy`
   */
  prepare(validate: () => unknown, urgency?: "urgent"): Promise<void>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly job: VerificationJob;
  readonly resolve: (verdict: boolean | undefined) => void;
}

/** @param spawn starts a thread that runs `serveSignatures` */
export function createSignatureQueue(spawn: () => Worker): SignatureQueue {
  const verdicts = new Map<string, boolean>();
  /** What is asked for while validation runs to learn just that. */
  let collecting: VerificationJob[] | undefined;
  const urgent: Waiting[] = [];
  const queue: Waiting[] = [];
  const sent: (readonly Waiting[])[] = [];
  let worker: Worker | undefined;
  let isFlushing = false;

  const start = (): Worker => {
    const started = spawn();
    worker = started;
    started.on("message", (answers: readonly boolean[]) => {
      const batch = sent.shift() ?? [];
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index]);
      send();
    });
    started.on("error", () => started.terminate());
    started.on("exit", () => {
      if (worker === started) worker = undefined;
      for (const { resolve } of sent.splice(0).flat()) resolve(undefined);
      send();
    });
    started.unref();
    return started;
  };

  const waitingCount = (): number => urgent.length + queue.length;

  const send = (): void => {
    while (waitingCount() > 0 && sent.length < MAX_SENT) {
      const to = worker ?? start();
      const first = urgent.splice(0, MAX_BATCH);
      const batch = [...first, ...queue.splice(0, MAX_BATCH - first.length)];
      sent.push(batch);
      to.postMessage(batch.map(({ job }) => job));
    }
  };

  const flush = (): void => {
    isFlushing = false;
    if (worker === undefined && waitingCount() < THREAD_FROM)
      for (const { resolve } of [...urgent.splice(0), ...queue.splice(0)]) resolve(undefined);
    else send();
  };

  const ask = (job: VerificationJob, isUrgent: boolean): Promise<boolean | undefined> =>
    new Promise((resolve) => {
      (isUrgent ? urgent : queue).push({ job, resolve });
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

  const take = (job: VerificationJob): boolean | undefined => {
    const key = keyOf(job);
    const verdict = verdicts.get(key);
    verdicts.delete(key);
    return verdict;
  };

  return {
    verify: (signature, payload, signer) => {
      if (collecting) {
        collecting.push({ signature, payload, signer });
        // Not cached anywhere: only good verdicts are.
        return false;
      }
      return take({ signature, payload, signer }) ?? verifySignature(signature, payload, signer);
    },
    header: {
      seal: (signer, payload, value) => {
        const job: SignatureJob = { signature: { type: "Sr25519", value }, payload, signer };
        // Goes on, to the claim.
        if (collecting) return collecting.push(job) > 0;
        return take(job) ?? sr25519Verify(signer, payload, value);
      },
      vrf: (author, input, output) => {
        if (collecting) return collecting.push({ author, input, output }) > 0;
        return take({ author, input, output }) ?? vrfVerifyBabe(author, input, output);
      },
    },
    prepare: async (validate, urgency) => {
      const collected: VerificationJob[] = [];
      collecting = collected;
      try {
        validate();
      } finally {
        collecting = undefined;
      }
      if (collected.length === 0) return;
      const waiting = waitingCount() + sent.length * MAX_BATCH;
      if (waiting + collected.length > MAX_WAITING)
        throw new PhaError("rpc/busy", "too many signatures wait for verification", {
          facts: { waiting },
          hint: "send fewer extrinsics at a time and retry",
        });
      await Promise.all(
        collected.map(async (borrowed) => {
          const job = ownCopy(borrowed);
          const verdict = await ask(job, urgency === "urgent");
          if (verdict !== undefined) remember(keyOf(job), verdict);
        }),
      );
    },
    stop: async () => {
      await worker?.terminate();
    },
  };
}

/** A view would take the whole buffer it looks into to the other thread. */
function ownCopy(job: VerificationJob): VerificationJob {
  if ("author" in job) {
    const { author, input, output } = job;
    return {
      author: author.slice(),
      input: { ...input, randomness: input.randomness.slice() },
      output: { preOutput: output.preOutput.slice(), proof: output.proof.slice() },
    };
  }
  const { signature, payload, signer } = job;
  return {
    signature: { ...signature, value: signature.value.slice() },
    payload: payload.slice(),
    signer: signer.slice(),
  };
}

function keyOf(job: VerificationJob): string {
  if ("author" in job) {
    const { author, input, output } = job;
    const parts = [author, input.randomness, output.preOutput, output.proof];
    return `claim ${input.slot} ${input.epoch} ${parts.map(keyText).join("")}`;
  }
  const { signature, payload, signer } = job;
  return `${signature.type} ${keyText(signature.value)}${keyText(signer)}${keyText(payload)}`;
}
