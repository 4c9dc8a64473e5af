/**
 * Verifies signatures of incoming extrinsics, and all that blocks which wait for their import are signed with, in
 * another thread and in batches.
 *
 * The runtime asks for a verdict in the middle of validating. So validation runs twice: once to learn which signatures
 * it would ask for, and, when the other thread has answered, once more with that answer at hand.
 *
 * **Bounds**: `MAX_WAITING` signatures, and as many verdicts, each known by all that it depends on; a batch has at most
 * `MAX_BATCH`. **Trust**: signatures are hostile; a thread that dies takes no verdict with it, what waited is verified here.
 * The thread starts with the first crowd: a few extrinsics now and then are verified where they are, and so are blocks until
 * it is there, because an import that waited for it would do nothing meanwhile.
 */
import type { Worker } from "node:worker_threads";
import type { BabeVerifier } from "@pha/consensus";
import { sr25519Verify, vrfVerifyBabe } from "@pha/crypto";
import { type SignatureVerifier, verifySignature } from "@pha/frame";
import { PhaError } from "@pha/scale";
import { keyText } from "../database/key-text.ts";
import { READY } from "./signature-worker.ts";
import { encodeJob, type SignatureJob, type VerificationJob } from "./verification-job.ts";

const MAX_WAITING = 16_384;
export const MAX_BATCH = 192;
const SEAL_BYTES = 64;
/** Batches on their way: one is worked on and one lies ready, so that what is urgent waits for two and no more. */
const MAX_SENT = 2;
/** Signatures of one turn of the event loop that are worth starting a thread for. */
export const THREAD_FROM = 8;

export interface SignatureQueue {
  /** For the runtime. */
  readonly verify: SignatureVerifier & Required<Pick<SignatureVerifier, "known">>;
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

/** Jobs of one question that leave together. */
interface Piece {
  readonly records: readonly Uint8Array[];
  /** Nothing: nobody answers. */
  readonly resolve: (verdicts: Uint8Array | undefined) => void;
}

/** @param spawn starts a thread that runs `serveSignatures` */
export function createSignatureQueue(spawn: () => Worker): SignatureQueue {
  const verdicts = new Map<string, boolean>();
  /** Keys of verdicts, by payload: the runtime asks with the arrays it has asked with before. */
  const texts = new WeakMap<
    Uint8Array,
    Omit<SignatureJob, "payload"> & { readonly text: string }
  >();
  /** What is asked for while validation runs to learn just that. */
  let collecting: VerificationJob[] | undefined;
  const urgent: Piece[] = [];
  const queue: Piece[] = [];
  /** Signatures of both. */
  let waiting = 0;
  const sent: (readonly Piece[])[] = [];
  let worker: Worker | undefined;
  let isReady = false;
  let isFlushing = false;

  const start = (): Worker => {
    const started = spawn();
    worker = started;
    isReady = false;
    started.on("message", (answers: Uint8Array | typeof READY) => {
      if (answers === READY) {
        isReady = true;
        return;
      }
      let at = 0;
      for (const { records, resolve } of sent.shift() ?? []) {
        resolve(answers.subarray(at, at + records.length));
        at += records.length;
      }
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

  /** Takes what leaves next out of the queues, what is urgent first. */
  const nextBatch = (): readonly Piece[] => {
    const batch: Piece[] = [];
    let left = MAX_BATCH;
    for (const from of [urgent, queue]) {
      let taken = 0;
      for (const { records } of from) {
        if (records.length > left) break;
        left -= records.length;
        taken++;
      }
      batch.push(...from.splice(0, taken));
      // What is urgent is not overtaken for being large.
      if (from.length > 0) break;
    }
    waiting -= MAX_BATCH - left;
    return batch;
  };

  const send = (): void => {
    while (waiting > 0 && sent.length < MAX_SENT) {
      const to: Worker = worker ?? start();
      const batch = nextBatch();
      sent.push(batch);
      // One piece of memory, handed over: many small ones cost more than the signatures.
      const message = joined(batch.flatMap(({ records }) => records));
      to.postMessage(message, [message.buffer]);
    }
  };

  /** Whoever asked verifies them. */
  const giveBack = (pieces: readonly Piece[]): void => {
    for (const { records, resolve } of pieces) {
      waiting -= records.length;
      resolve(undefined);
    }
  };

  const flush = (): void => {
    isFlushing = false;
    if (worker === undefined && waiting >= THREAD_FROM) start();
    if (!isReady) giveBack(urgent.splice(0));
    if (worker === undefined) giveBack(queue.splice(0));
    send();
  };

  const ask = (records: readonly Uint8Array[], to: Piece[]): Promise<Uint8Array | undefined> =>
    new Promise((resolve) => {
      to.push({ records, resolve });
      waiting += records.length;
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

  const textOf = (job: VerificationJob): string => {
    const noted = "payload" in job ? texts.get(job.payload) : undefined;
    // The very same three, which do not change: so are their bytes.
    if (
      noted &&
      "signer" in job &&
      noted.signature === job.signature &&
      noted.signer === job.signer
    )
      return noted.text;
    return keyText(encodeJob(job));
  };

  const take = (job: VerificationJob): boolean | undefined => {
    if (verdicts.size === 0) return undefined;
    const key = textOf(job);
    const verdict = verdicts.get(key);
    if (verdict !== undefined) verdicts.delete(key);
    if ("payload" in job) texts.delete(job.payload);
    return verdict;
  };

  const known: NonNullable<SignatureVerifier["known"]> = (signature, payload, signer) => {
    if (!collecting) return take({ signature, payload, signer });
    collecting.push({ signature, payload, signer });
    // Not cached anywhere: only good verdicts are.
    return false;
  };
  const verify: SignatureVerifier = (signature, payload, signer) =>
    known(signature, payload, signer) ?? verifySignature(signature, payload, signer);

  return {
    verify: Object.assign(verify, { known }),
    header: {
      seal: (signer, payload, value) => {
        // A seal may have any length; only one of these can be good.
        if (value.length !== SEAL_BYTES) return sr25519Verify(signer, payload, value);
        const job: SignatureJob = { signature: { type: "Sr25519", value }, payload, signer };
        // Goes on, to the claim.
        if (collecting) return collecting.push(job) > 0;
        return take(job) ?? sr25519Verify(signer, payload, value);
      },
      vrf: (author, input, output) => {
        if (collecting) {
          collecting.push({ author, input, output });
          // The last that a header asks for; what follows costs as much as a signature.
          return false;
        }
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
      const underWay = waiting + sent.length * MAX_BATCH;
      if (underWay + collected.length > MAX_WAITING)
        throw new PhaError("rpc/busy", "too many signatures wait for verification", {
          facts: { waiting: underWay },
          hint: "send fewer extrinsics at a time and retry",
        });
      const records = collected.map(encodeJob);
      const keys = records.map(keyText);
      for (const [i, job] of collected.entries()) {
        if (!("payload" in job)) continue;
        const { payload, signature, signer } = job;
        texts.set(payload, { signature, signer, text: keys[i] ?? "" });
      }
      const pieces: Promise<void>[] = [];
      for (let at = 0; at < records.length; at += MAX_BATCH) {
        const own = records.slice(at, at + MAX_BATCH);
        const ownKeys = keys.slice(at, at + MAX_BATCH);
        pieces.push(
          ask(own, urgency === "urgent" ? urgent : queue).then((answers) => {
            if (answers === undefined) return;
            for (const [i, key] of ownKeys.entries()) remember(key, answers[i] === 1);
          }),
        );
      }
      await Promise.all(pieces);
    },
    stop: async () => {
      await worker?.terminate();
    },
  };
}

/** In memory of their own, which can be handed over. */
function joined(records: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const record of records) length += record.length;
  const all = new Uint8Array(new ArrayBuffer(length));
  let at = 0;
  for (const record of records) {
    all.set(record, at);
    at += record.length;
  }
  return all;
}
