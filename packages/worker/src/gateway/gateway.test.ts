import { PassThrough } from "node:stream";
import { blake2b256 } from "@pha/crypto";
import { cidText } from "@pha/protocol";
import { equalBytes, fail, type PhaError, utf8 } from "@pha/scale";
import { createWorkerClient } from "@pha/sdk";
import { describe, expect, it } from "vitest";
import { SILENT, type WorkerLog } from "../log.ts";
import { createWorkerMetrics } from "../metrics.ts";
import type { ChallengeOutcome } from "../process/pending-queries.ts";
import type { Worker } from "../process/worker.ts";
import { startGateway } from "./gateway.ts";
import { unreadiness } from "./info.ts";
import { problemOf } from "./problem.ts";
import { readBody } from "./read-body.ts";
import { createReplyStore } from "./reply-store.ts";

const state = {
  raTlsPorts: new Map(),
  genesisHash: new Uint8Array(32),
  finalized: undefined,
  headAgeMs: 0,
  clusterState: () => undefined,
  upgrade: { phase: "idle", waiting: [] } as const,
};

describe("gateway", () => {
  it("logs what went wrong in it, and tells the client no more than that", async () => {
    const logged: object[] = [];
    const log: WorkerLog = { ...SILENT, error: (facts) => logged.push(facts) };
    const metrics = createWorkerMetrics();
    const gateway = await startGateway({
      port: 0,
      host: "127.0.0.1",
      workers: [],
      router: { answer: () => Promise.reject(new Error("a secret path")) },
      replies: createReplyStore(),
      blob: async () => undefined,
      state: () => state,
      metrics,
      log,
    });
    const response = await fetch(`${gateway.url}/v1/query`, { method: "POST", body: "x" });
    const problem = await response.text();
    await gateway.stop();
    metrics.stop();
    expect(response.status).toBe(500);
    expect(JSON.parse(problem)).toMatchObject({ code: "http/internal", status: 500 });
    expect(problem).not.toContain("secret");
    expect(logged).toMatchObject([
      { path: "/v1/query", reason: expect.stringContaining("secret") },
    ]);
  });

  it("gives blobs of its node by their names, and says when there is none", async () => {
    const content = utf8("a blob");
    const metrics = createWorkerMetrics();
    const gateway = await startGateway({
      port: 0,
      host: "127.0.0.1",
      workers: [],
      router: { answer: () => Promise.reject(new Error("not asked")) },
      replies: createReplyStore(),
      blob: async (digest) => (equalBytes(digest, blake2b256(content)) ? content : undefined),
      state: () => state,
      metrics,
      log: SILENT,
    });
    const get = (cid: string) => fetch(`${gateway.url}/v1/blobs/${cid}`);
    const [found, other, malformed] = await Promise.all([
      get(cidText(blake2b256(content))),
      get(cidText(new Uint8Array(32))),
      get("bafyother"),
    ]);
    expect(new Uint8Array(await found.arrayBuffer())).toEqual(content);
    expect(await other.json()).toMatchObject({ code: "blob/not-here", status: 404 });
    expect(await malformed.json()).toMatchObject({ code: "http/bad-parameter", status: 400 });
    await gateway.stop();
    metrics.stop();
  });

  it("takes a challenge to the boot that is named, and tells why it got no evidence", async () => {
    const metrics = createWorkerMetrics();
    const boot = new Uint8Array(32).fill(7);
    const outcomes: ChallengeOutcome[] = [
      { type: "evidence", evidence: utf8("made now") },
      { type: "refused", code: "worker/challenge-busy" },
      { type: "refused", code: "worker/evidence-failed" },
    ];
    const nonces: Uint8Array[] = [];
    const worker: Pick<Worker, "boot" | "challenge"> = {
      boot: { identity: boot, boot, bootEncryption: boot, provider: "test" },
      challenge: async (nonce) => {
        nonces.push(Uint8Array.from(nonce));
        return outcomes.shift() ?? { type: "refused", code: "worker/restarting" };
      },
    };
    const gateway = await startGateway({
      port: 0,
      host: "127.0.0.1",
      workers: [worker as Worker],
      router: { answer: () => Promise.reject(new Error("not asked")) },
      replies: createReplyStore(),
      blob: async () => undefined,
      state: () => state,
      metrics,
      log: SILENT,
    });
    const client = createWorkerClient(gateway.url);
    const nonce = new Uint8Array(32).fill(3);
    expect(await client.challenge(boot, nonce)).toEqual(utf8("made now"));
    expect(nonces).toEqual([nonce]);
    const codeOf = (id: Uint8Array, body: Uint8Array) =>
      client.challenge(id, body).catch((error: PhaError) => error.facts["problem"]);
    expect(await codeOf(boot, nonce)).toBe("worker/challenge-busy");
    expect(await codeOf(boot, nonce)).toBe("worker/evidence-failed");
    expect(await codeOf(boot, nonce.subarray(1))).toBe("worker/bad-nonce");
    expect(await codeOf(boot, new Uint8Array(33))).toBe("http/body-too-large");
    expect(await codeOf(nonce, nonce)).toBe("query/unknown-boot");
    await gateway.stop();
    metrics.stop();
  });

  it("is not ready without finality, or with an old one", () => {
    expect(unreadiness(state, [])).toEqual(["node/no-finality"]);
    const finalized = { number: 1, hash: new Uint8Array(32) };
    expect(unreadiness({ ...state, finalized }, [])).toEqual([]);
    expect(unreadiness({ ...state, finalized, headAgeMs: 30_001 }, [])).toEqual([
      "node/no-finality",
    ]);
  });

  it("gives a code that it does not know a status and a hint as well", () => {
    expect(problemOf("query/of-a-later-release")).toMatchObject({ status: 502 });
  });
});

describe("body of a request", () => {
  const limits = { maxBytes: 8, timeoutMs: 1_000 };
  const request = (headers = {}) => Object.assign(new PassThrough(), { headers }) as never;

  it("is given up when the client goes away", async () => {
    const stream: PassThrough = request();
    const body = readBody(stream as never, limits);
    stream.write("abc");
    stream.destroy();
    expect(await body).toEqual(fail("http/aborted"));
  });

  it("is refused when it is longer than it said", async () => {
    const stream: PassThrough = request({ "content-length": "3" });
    const body = readBody(stream as never, limits);
    stream.end("123456789");
    expect(await body).toEqual(fail("http/body-too-large"));
  });
});
