import { EventEmitter } from "node:events";
import type { MessagePort, Worker } from "node:worker_threads";
import { sr25519Sign } from "@pha/crypto";
import { describe, expect, test } from "vitest";
import { testPair } from "../testing/signer.ts";
import { createSignatureQueue, MAX_BATCH, THREAD_FROM } from "./signature-queue.ts";
import { serveSignatures } from "./signature-worker.ts";
import { decodeJobs, type SignatureJob, type VerificationJob } from "./verification-job.ts";

const alice = testPair("//Alice");

function aJob(text: string, options: { readonly forged?: boolean } = {}): SignatureJob {
  const payload = new TextEncoder().encode(text);
  const value = sr25519Sign(alice, payload);
  if (options.forged) value[5] = (value[5] ?? 0) ^ 1;
  return { payload, signer: alice.publicKey, signature: { type: "Sr25519", value } };
}

/** One of many, all with the signature of another text. */
const flooding = aJob("flood");
const aFlood = (n: number): SignatureJob => ({
  ...flooding,
  payload: new TextEncoder().encode(`flood ${n}`),
});

/** A thread played by this one: messages go over and back in later turns. */
class FakeThread extends EventEmitter {
  readonly batches: number[] = [];
  /** The first job of each batch. */
  readonly firsts: (VerificationJob | undefined)[] = [];
  readonly #port = new EventEmitter() as EventEmitter & { postMessage?: (value: unknown) => void };
  isDeaf = false;

  constructor() {
    super();
    this.#port.postMessage = (answers) => setImmediate(() => this.emit("message", answers));
    serveSignatures(this.#port as unknown as MessagePort);
  }

  postMessage(message: Uint8Array, transferred: readonly ArrayBuffer[]): void {
    const jobs = decodeJobs(message);
    this.batches.push(jobs.length);
    this.firsts.push(jobs[0]);
    // Nothing else may lie in memory that is handed over.
    expect(transferred).toEqual([message.buffer]);
    expect(message.buffer.byteLength).toBe(message.length);
    if (!this.isDeaf) setImmediate(() => this.#port.emit("message", structuredClone(message)));
  }

  unref(): void {}

  async terminate(): Promise<number> {
    this.emit("exit", 1);
    return 1;
  }
}

function aQueue() {
  const threads: FakeThread[] = [];
  const queue = createSignatureQueue(() => {
    const thread = new FakeThread();
    threads.push(thread);
    return thread as unknown as Worker;
  });
  const ask = ({ signature, payload, signer }: SignatureJob) =>
    queue.verify(signature, payload, signer);
  /** As many at once as are worth a thread. */
  const crowd = (text: string) =>
    Promise.all(
      Array.from({ length: THREAD_FROM }, (_, n) => queue.prepare(() => ask(aJob(`${text} ${n}`)))),
    );
  return { queue, threads, ask, crowd };
}

describe("signatures in another thread", () => {
  test("are verified in batches, good and bad", async () => {
    const { queue, threads, ask } = aQueue();
    const jobs = Array.from({ length: MAX_BATCH + 100 }, (_, n) =>
      aJob(`job ${n}`, { forged: n % 7 === 3 }),
    );
    await Promise.all(jobs.map((job) => queue.prepare(() => ask(job))));
    expect(threads).toHaveLength(1);
    expect(threads[0]?.batches).toEqual([MAX_BATCH, 100]);
    for (const [n, job] of jobs.entries()) expect(ask(job)).toBe(n % 7 !== 3);
  });

  test("are not taken for others'", async () => {
    const { queue, ask } = aQueue();
    const good = aJob("pay Bob");
    await queue.prepare(() => ask(good));
    const forged = { ...good, payload: new TextEncoder().encode("pay Eve") };
    expect(ask(forged)).toBe(false);
    expect(ask({ ...good, signer: testPair("//Bob").publicKey })).toBe(false);
    expect(ask(good)).toBe(true);
  });

  test("are known once, by their bytes, whoever holds them", async () => {
    const { queue } = aQueue();
    const job = aJob("pay Bob");
    const known = (asked: SignatureJob) =>
      queue.verify.known(asked.signature, asked.payload, asked.signer);
    const copied = structuredClone(job);
    for (const asked of [job, copied]) {
      await Promise.all([
        queue.prepare(() => known(job)),
        ...Array.from({ length: THREAD_FROM }, (_, n) =>
          queue.prepare(() => known(aJob(`beside ${n}`))),
        ),
      ]);
      expect(known({ ...asked, signer: testPair("//Bob").publicKey })).toBe(undefined);
      expect(known(asked)).toBe(true);
      expect(known(asked)).toBe(undefined);
    }
  });

  test("of blocks do not wait for a flood of others", async () => {
    const { queue, threads, ask } = aQueue();
    const flood = Array.from({ length: 7 * MAX_BATCH }, (_, n) =>
      queue.prepare(() => ask(aFlood(n))),
    );
    await new Promise((resolve) => setImmediate(resolve));
    const sent = threads[0]?.batches.length ?? 0;
    expect(sent).toBeLessThan(4);
    const block = aJob("block");
    await queue.prepare(() => ask(block), "urgent");
    // In the next batch that leaves, before all of the flood that waits.
    expect(threads[0]?.firsts[sent]).toEqual(block);
    expect(ask(block)).toBe(true);
    await Promise.all(flood);
    expect(threads[0]?.batches.reduce((sum, count) => sum + count, 0)).toBe(7 * MAX_BATCH + 1);
  });

  test("of blocks do not wait for a thread that is on its way", async () => {
    const { queue, threads, ask } = aQueue();
    const blocks = Array.from({ length: THREAD_FROM }, (_, n) => aJob(`block ${n}`));
    const first = aJob("first", { forged: true });
    const prepared = Promise.all(
      [first, ...blocks].map((job) => queue.prepare(() => ask(job), "urgent")),
    );
    const other = queue.prepare(() => ask(aJob("other")));
    await prepared;
    expect(threads).toHaveLength(1);
    // What need not be at once waits for it, and from then on it has the blocks as well.
    expect(threads[0]?.batches).toEqual([1]);
    expect(ask(first)).toBe(false);
    await other;
    const next = aJob("next block");
    await queue.prepare(() => ask(next), "urgent");
    expect(threads[0]?.firsts[1]).toEqual(next);
  });

  test("need no thread while they are few", async () => {
    const { queue, threads, ask } = aQueue();
    const jobs = Array.from({ length: THREAD_FROM - 1 }, (_, n) =>
      aJob(`job ${n}`, { forged: n % 2 === 1 }),
    );
    await Promise.all(jobs.map((job) => queue.prepare(() => ask(job))));
    expect(threads).toHaveLength(0);
    for (const [n, job] of jobs.entries()) expect(ask(job)).toBe(n % 2 === 0);
  });

  test("need no thread when validation asks for none", async () => {
    const { queue, threads } = aQueue();
    await queue.prepare(() => "refused before the signature");
    expect(threads).toHaveLength(0);
  });

  test("are verified here when the thread dies, and the next ones in a new thread", async () => {
    const { queue, threads, ask, crowd } = aQueue();
    await crowd("first");
    const [thread] = threads;
    if (thread) thread.isDeaf = true;
    const lost = aJob("lost");
    const waiting = queue.prepare(() => ask(lost));
    await new Promise((resolve) => setImmediate(resolve));
    await thread?.terminate();
    await waiting;
    expect(ask(lost)).toBe(true);
    expect(ask(aJob("lost too", { forged: true }))).toBe(false);
    await crowd("second");
    expect(threads).toHaveLength(2);
  });

  test("are refused when too many wait", async () => {
    const { queue, threads, ask, crowd } = aQueue();
    await crowd("start");
    const [thread] = threads;
    if (thread) thread.isDeaf = true;
    const job = aJob("same");
    const waiting = Array.from({ length: 16_384 }, () => queue.prepare(() => ask(job)));
    await expect(queue.prepare(() => ask(job))).rejects.toMatchObject({ code: "rpc/busy" });
    await new Promise((resolve) => setImmediate(resolve));
    await thread?.terminate();
    await Promise.all(waiting);
  });
});
