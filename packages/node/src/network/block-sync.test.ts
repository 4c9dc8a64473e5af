import { EventEmitter } from "node:events";
import type { MessagePort, Worker } from "node:worker_threads";
import type { BlockData } from "@pha/consensus";
import { mortalEra } from "@pha/frame";
import { answerRequest, type MisbehaviourCode } from "@pha/network";
import { decodeBlockResponse, encodeBlockResponse } from "@pha/network/wire";
import { developmentPreset } from "@pha/runtime";
import { fail, ok, toHex } from "@pha/scale";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SILENT } from "../node-log.ts";
import { createSignatureQueue, type SignatureQueue, THREAD_FROM } from "../pool/signature-queue.ts";
import { serveSignatures } from "../pool/signature-worker.ts";
import { decodeJobs, type VerificationJob } from "../pool/verification-job.ts";
import { developmentChain } from "../preset-chain.ts";
import { aDevChain, type DevChain, FIRST_SLOT, SLOT_MS } from "../testing/dev-chain.ts";
import { createSigner } from "../testing/signer.ts";
import { type BlockSync, type BlockSyncOptions, startBlockSync } from "./block-sync.ts";
import { servedChain } from "./served-chain.ts";

const BLOCKS = 80;
/** Changes a byte of an extrinsic's signature. */
const forge = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, i) => (i === 50 ? byte ^ 1 : byte));
let source: DevChain;
let follower: DevChain;
let reports: [string, MisbehaviourCode][];
let syncing: BlockSync | undefined;

beforeAll(async () => {
  source = aDevChain();
  for (let block = 0; block < BLOCKS; block++) await source.author();
});
beforeEach(() => {
  follower = aDevChain({ follows: true });
  reports = [];
});
afterEach(() => syncing?.stop());

type Ask = BlockSyncOptions["ask"];
const honest: Ask = async (_peer, request) => {
  const answer = answerRequest(servedChain(source.chain), "sync", request);
  return answer.ok ? answer : fail({ code: "request/refused" });
};
const changing =
  (change: (blocks: BlockData[]) => BlockData[], base: () => Ask = () => honest): Ask =>
  async (peer, request) => {
    const answer = await base()(peer, request);
    const blocks = answer.ok ? decodeBlockResponse(answer.value) : answer;
    return blocks.ok
      ? ok(encodeBlockResponse(change([...blocks.value]), { namesEngines: true }))
      : fail({ code: "request/refused" });
  };

interface Named {
  readonly of?: DevChain;
  readonly number?: number;
  readonly peers?: readonly string[];
  readonly options?: Partial<BlockSyncOptions>;
}

/** Syncs what the peers named until there is nothing more to do. */
async function sync(
  ask: Ask,
  { of = source, number = BLOCKS, peers = ["peer"], options = {} }: Named = {},
): Promise<void> {
  await syncing?.stop();
  const started = startBlockSync({
    chain: follower.chain,
    authoritySet: () => follower.database.authoritySet(),
    log: SILENT,
    slotDurationMs: SLOT_MS,
    ready: () => Promise.resolve(),
    ask,
    report: (peer, code) => reports.push([peer, code]),
    importJustification: (justification) => follower.grandpa.importJustification(justification),
    onFailure: (error) => {
      throw error;
    },
    clock: () => (FIRST_SLOT + BLOCKS) * SLOT_MS,
    ...options,
  });
  syncing = started;
  const hash = of.chain.hashAt(number) ?? new Uint8Array(32);
  for (const peer of peers) started.heard(peer, { hash, number });
  await started.idle();
}

describe("blocks of peers", () => {
  test("are imported downwards when they are near, in ranges when they are far", async () => {
    await sync(honest, { number: 3 });
    expect(follower.chain.best.number).toBe(3);
    await sync(honest);
    expect(follower.chain.best.hash).toEqual(source.chain.best.hash);
    expect(syncing?.highest()).toBe(BLOCKS);
    expect(reports).toEqual([]);
  });

  test("are asked of several peers at a time", async () => {
    const asked = new Set<string>();
    const ask: Ask = (peer, request) => {
      asked.add(peer);
      return honest(peer, request);
    };
    await sync(ask, { peers: ["a", "b"] });
    expect(follower.chain.best.number).toBe(BLOCKS);
    expect([...asked]).toEqual(["a", "b"]);
  });

  test("that are known are not asked for again", async () => {
    await sync(honest, { number: 2 });
    let asked = 0;
    const ask: Ask = async (...args) => {
      asked++;
      return honest(...args);
    };
    await sync(ask, { number: 2 });
    expect(asked).toBe(0);
  });

  test("that never come cost the peer its reputation, and others are asked", async () => {
    const ask: Ask = (peer, request) =>
      peer === "dead"
        ? Promise.resolve(fail({ code: "request/timed-out" }))
        : honest(peer, request);
    await sync(ask, { peers: ["dead", "alive"] });
    expect(reports).toEqual([["dead", "peer/no-answer"]]);
    expect(follower.chain.best.number).toBe(BLOCKS);
    await sync(async () => fail({ code: "request/refused" }), { number: BLOCKS + 1 });
    expect(reports.at(-1)).toEqual(["peer", "peer/request-refused"]);
  });

  test.each([
    ["no message", "peer/malformed-message", async () => ok(Uint8Array.of(1))],
    ["others", "peer/not-asked-for", changing((blocks) => blocks.slice(1))],
    ["none", "peer/request-refused", changing(() => [])],
    [
      "with another body",
      "peer/bad-block",
      changing((blocks) => blocks.map((one) => ({ ...one, body: one.body.slice(1) }))),
    ],
  ] as const)("that are %s are refused: %s", async (_what, code, ask) => {
    await sync(ask, { number: 2 });
    expect(reports).toEqual([["peer", code]]);
    expect(follower.chain.best.number).toBe(0);
  });

  test("of the next slot wait for it, and their sender is not blamed", async () => {
    const began = performance.now();
    // Half a slot is tolerance: the second block may come half a slot after the start.
    const clock = () => FIRST_SLOT * SLOT_MS + Math.floor(performance.now() - began);
    const slots: [number, bigint][] = [];
    const onImported: BlockSyncOptions["onImported"] = ({ number }, nowSlot) =>
      slots.push([number, nowSlot]);
    await sync(honest, { number: 2, options: { clock, onImported } });
    expect(follower.chain.best.number).toBe(2);
    expect(performance.now() - began).toBeGreaterThanOrEqual(SLOT_MS / 2);
    expect(slots).toEqual([1, 2].map((number) => [number, BigInt(FIRST_SLOT)]));
    expect(reports).toEqual([]);
  });

  test("of slots further ahead are not imported, and cost their sender points", async () => {
    const ahead = aDevChain();
    for (const slot of [FIRST_SLOT, FIRST_SLOT + 2]) await ahead.author(slot);
    const ask: Ask = async (_peer, request) => {
      const answer = answerRequest(servedChain(ahead.chain), "sync", request);
      return answer.ok ? answer : fail({ code: "request/refused" });
    };
    const options = { clock: () => FIRST_SLOT * SLOT_MS };
    await sync(ask, { of: ahead, number: 2, options });
    expect(follower.chain.best.number).toBe(1);
    expect(reports).toEqual([["peer", "peer/bad-announce"]]);
  });

  describe("whose signatures are verified ahead", () => {
    /** The thread is there: until then, blocks do not wait for it. */
    const withThread = (signatures: SignatureQueue) =>
      Promise.all(
        Array.from({ length: THREAD_FROM }, (_, i) =>
          signatures.prepare(() =>
            signatures.header.seal(new Uint8Array(32), Uint8Array.of(i), new Uint8Array(64)),
          ),
        ),
      );

    /** Says what it is asked, and answers like the thread, in a later turn. */
    async function follow(ask: Ask, answer: (verdicts: Uint8Array) => Uint8Array = (all) => all) {
      const asked: VerificationJob[] = [];
      /** Payloads that the runtime wants verified. */
      const wanted = new Set<string>();
      const port = new EventEmitter() as EventEmitter & { postMessage?: (value: unknown) => void };
      const thread = Object.assign(new EventEmitter(), {
        postMessage: (jobs: Uint8Array) => {
          asked.push(...decodeJobs(jobs));
          setImmediate(() => port.emit("message", structuredClone(jobs)));
        },
        unref: () => {},
        terminate: async () => 0,
      });
      port.postMessage = (verdicts) =>
        setImmediate(() =>
          thread.emit("message", verdicts instanceof Uint8Array ? answer(verdicts) : verdicts),
        );
      const signatures = createSignatureQueue(() => {
        serveSignatures(port as unknown as MessagePort);
        return thread as unknown as Worker;
      });
      const development = developmentChain({
        verifySignature: (signature, payload, signer) => {
          wanted.add(toHex(payload));
          return signatures.verify(signature, payload, signer);
        },
      });
      follower = aDevChain({ follows: true, development, verifier: signatures.header });
      const { chain } = follower;
      await withThread(signatures);
      asked.length = 0;
      await sync(ask, {
        of: paid,
        number: paid.chain.best.number,
        options: {
          verifyAhead: ({ header, body }) =>
            signatures.prepare(() => chain.askSignatures(header, body)),
        },
      });
      return { asked, wanted };
    }

    const PAID_BLOCKS = 40;
    const TRANSFERS = 3;
    let paid: DevChain;
    let asking: Ask;
    beforeAll(async () => {
      paid = aDevChain();
      const { runtime } = developmentPreset();
      const signer = createSigner(runtime, paid.chain.genesisHash, "//Alice");
      for (let nonce = 0; nonce < PAID_BLOCKS * TRANSFERS; nonce++) {
        const { hash, number } = paid.chain.best;
        // Every other one may only be in the next blocks: it signs the hash of the one before.
        const life = nonce % 2 === 0 ? undefined : { era: mortalEra(4, number), birthHash: hash };
        const to = new Uint8Array(32).fill(9);
        paid.pool.submit(signer.transfer(to, 10_000_000_000n, nonce, 0n, life));
        if (nonce % TRANSFERS === TRANSFERS - 1) await paid.author();
      }
      asking = async (_peer, request) => {
        const answer = answerRequest(servedChain(paid.chain), "sync", request);
        return answer.ok ? answer : fail({ code: "request/refused" });
      };
    });

    test("come with a seal, a claim and their transfers, each asked for once", async () => {
      const { asked, wanted } = await follow(asking);
      expect(follower.chain.best.hash).toEqual(paid.chain.best.hash);
      expect(asked).toHaveLength(PAID_BLOCKS * (TRANSFERS + 2));
      // Also of those that sign the hash of a block which still waits: nothing else is wanted in the end.
      expect(wanted.size).toBe(PAID_BLOCKS * TRANSFERS);
      const answered = new Set(asked.map((job) => ("payload" in job ? toHex(job.payload) : "")));
      expect([...wanted].filter((payload) => !answered.has(payload))).toEqual([]);
      expect(reports).toEqual([]);
    });

    test("are not read ahead when they are long: nothing is known of their author yet", async () => {
      const read: number[] = [];
      follower = aDevChain({ follows: true });
      const second = toHex(paid.chain.hashAt(2)!);
      const padded = changing(
        (blocks) =>
          blocks.map((one) =>
            toHex(one.hash) === second
              ? { ...one, body: [...one.body, new Uint8Array(300 << 10)] }
              : one,
          ),
        () => asking,
      );
      await sync(padded, {
        of: paid,
        number: paid.chain.best.number,
        options: { verifyAhead: async ({ header }) => void read.push(header.number) },
      });
      expect(read).toEqual([1]);
      expect(follower.chain.best.number).toBe(1);
      expect(reports[0]).toEqual(["peer", "peer/bad-block"]);
    });

    test("are refused when one of them is bad, and those before it stay", async () => {
      const forged = changing(
        (blocks) =>
          blocks.map((one) =>
            toHex(one.hash) === toHex(paid.chain.hashAt(37)!)
              ? { ...one, body: one.body.map((bytes, i) => (i === 2 ? forge(bytes) : bytes)) }
              : one,
          ),
        () => asking,
      );
      await follow(forged);
      expect(follower.chain.best.number).toBe(36);
      expect(reports[0]).toEqual(["peer", "peer/bad-block"]);
    });

    test("are refused on a bad verdict, whoever gave it", async () => {
      await follow(asking, (all) => all.map(() => 0));
      expect(follower.chain.best.number).toBe(0);
      expect(reports[0]).toEqual(["peer", "peer/bad-block"]);
    });
  });

  test("are not imported when the node stops", async () => {
    const ask: Ask = async (...args) => {
      void syncing?.stop();
      return honest(...args);
    };
    await sync(ask);
    expect(follower.chain.best.number).toBe(0);
  });
});
