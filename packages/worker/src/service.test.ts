import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import {
  QueryResponse,
  type Registration,
  SealedQuery,
  SignedMessage,
  SignedReply,
  STORAGE,
} from "@pha/protocol";
import { type FromPRuntime, PIPE_WINDOW, URGENT_RESERVE } from "@pha/pruntime/wire";
import { concatBytes, decode, encode, toHex, u64 } from "@pha/scale";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { startFakeServices } from "./collateral/testing/fake-services.ts";
import type { WorkerHostConfig } from "./config.ts";
import { startWorkerHost, type WorkerHost, type WorkerHostOptions } from "./service.ts";
import { bootRecord, type FakeNode, fakeNode, ingressKey } from "./testing/fake-node.ts";
import {
  type FakePRuntime,
  type FakeStart,
  fakePRuntime,
  IDENTITY,
} from "./testing/fake-pruntime.ts";

const CONFIG: WorkerHostConfig = {
  nodeUrl: "ws://unused",
  httpPort: 0,
  operatorUri: "//Operator",
  pruntimes: [{ name: "one", role: "worker", dataDir: "/tmp", platformFile: "unused" }],
  pruntimeProgram: "unused",
};
const CLUSTER = new Uint8Array(32).fill(0xcc);
const COMMAND = new Uint8Array(32).fill(0xdd);

let host: WorkerHost | undefined;
afterEach(async () => {
  await host?.stop();
  host = undefined;
});

interface Setup {
  readonly host: WorkerHost;
  readonly node: FakeNode;
  readonly pruntime: FakePRuntime;
  readonly start: FakeStart;
}

async function setUp(
  options: WorkerHostOptions = {},
  finalized = 0,
  config: Partial<WorkerHostConfig> = {},
): Promise<Setup> {
  const node = fakeNode();
  node.include(0);
  node.finalize(finalized);
  const pruntime = fakePRuntime();
  const starting = startWorkerHost(
    { ...CONFIG, ...config },
    {
      node: node.client,
      openLink: pruntime.open,
      workerLimits: { firstBackoffMs: 1 },
      ...options,
    },
  );
  const start = await until(() => pruntime.starts[0]);
  start.ready(0);
  host = await starting;
  return { host, node, pruntime, start };
}

async function until<T>(read: () => T | undefined | false): Promise<T> {
  for (let i = 0; i < 4_000; i++) {
    const value = read();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not happen");
}

/** One that nobody listened on a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function sealedQuery(boot: Uint8Array): Uint8Array {
  return encode(SealedQuery, { boot, enc: new Uint8Array(32), ciphertext: Uint8Array.of(1, 2, 3) });
}

function answer(start: FakeStart): FromPRuntime {
  return {
    type: "Answer",
    value: {
      sealed: { nonce: new Uint8Array(12), ciphertext: Uint8Array.of(7) },
      proofOf: {
        block: { number: 5, hash: new Uint8Array(32).fill(5) },
        identity: IDENTITY,
        boot: start.boot,
        cluster: CLUSTER,
      },
    },
  };
}

function answerQueries(start: FakeStart): void {
  start.onMessage = (message, id) => {
    if (message.type === "Query") start.say(id, answer(start));
  };
}

function post(url: string, body: Uint8Array): Promise<Response> {
  return fetch(`${url}/v1/query`, { method: "POST", body: new Uint8Array(body) });
}

function registrationOf(boot: Uint8Array): Registration {
  return {
    genesisHash: new Uint8Array(32),
    identity: IDENTITY,
    boot,
    bootEncryption: new Uint8Array(32),
    operator: new Uint8Array(32),
    role: { type: "Worker", value: undefined },
    version: 1,
    features: 0,
    at: { number: 1, hash: new Uint8Array(32) },
  };
}

function signedMessage(boot: Uint8Array, sequence: bigint) {
  return {
    message: {
      sender: { type: "Worker", value: IDENTITY },
      destination: Uint8Array.of(1),
      payload: Uint8Array.of(2),
    },
    boot,
    sequence,
    signature: new Uint8Array(64),
  } as const;
}

/** Expressions of the dashboard and of the alerts. */
function namedInOperations(): readonly string[] {
  const folder = join(import.meta.dirname, "../../../docs/operations");
  const dashboard = readFileSync(join(folder, "dashboards/worker.json"), "utf8");
  const rules = readFileSync(join(folder, "alerts/worker.yml"), "utf8");
  const { panels }: { panels: { targets: { expr: string }[] }[] } = JSON.parse(dashboard);
  return [
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...[...rules.matchAll(/^ {8}expr: (.+)$/gm)].map(([, one]) => one ?? ""),
  ];
}

describe("worker host", () => {
  it("exports every metric that its dashboard and alerts name", async () => {
    const { host } = await setUp();
    const text = await (await fetch(`${host.url}/metrics`)).text();
    const exported = new Set(text.match(/^# TYPE \S+/gm)?.map((line) => line.slice(7)));
    // A histogram has samples by three more names.
    const isExported = (name: string): boolean =>
      exported.has(name) || exported.has(name.replace(/_(bucket|sum|count)$/, ""));
    const expressions = namedInOperations();
    expect(expressions.length).toBeGreaterThanOrEqual(25);
    for (const expression of expressions) {
      const names = expression.match(/\b(?:pha|process|nodejs)_\w+/g) ?? [];
      expect(names.length, expression).toBeGreaterThan(0);
      expect(names.filter((name) => !isExported(name))).toEqual([]);
    }
    expect(isExported("pha_no_such_metric")).toBe(false);
  });

  it("gives a worker that is far behind a warp, and the blocks when it refuses that", async () => {
    const { start } = await setUp({}, 600);
    start.onMessage = (message) => {
      if (message.type === "Warp") start.say(0, { type: "BatchRefused", value: "warp/empty" });
    };
    await until(() => start.received.some(({ type }) => type === "Batch"));
    const kinds = start.received.map(({ type }) => type);
    expect(kinds.filter((kind) => kind === "Warp" || kind === "Batch")).toEqual(["Warp", "Batch"]);
  });

  it("relays finalized blocks, registers, and brings registration and messages to the chain", async () => {
    const { node, start } = await setUp();
    node.finalize(1);
    await until(() => start.received.some(({ type }) => type === "Batch"));
    start.synced(1, false);
    await until(() => start.received.some(({ type }) => type === "Register"));
    const registration = registrationOf(start.boot);
    start.say(0, { type: "Registration", value: { registration, evidence: Uint8Array.of(1) } });
    await until(() => node.submitted.length === 1);
    node.storage.set(toHex(STORAGE.boot.key(IDENTITY)), bootRecord(registration));
    node.include(1);
    node.finalize(2);
    for (let sequence = 0n; sequence < 3n; sequence++)
      start.say(0, { type: "Message", value: signedMessage(start.boot, sequence) });
    await until(() => node.submitted.length === 4);
    // Pallet and call index, then the message's own bytes, at the end of the extrinsic.
    const call = concatBytes(
      Uint8Array.of(1, 0),
      encode(SignedMessage, signedMessage(start.boot, 2n)),
    );
    expect(toHex(node.submitted[3]!).endsWith(toHex(call).slice(2))).toBe(true);
    node.storage.set(toHex(ingressKey({ value: IDENTITY })), encode(u64, 3n));
    node.include(4);
    node.finalize(3);
    const metrics = async (): Promise<string> => (await fetch(`${host!.url}/metrics`)).text();
    await until(() => node.submitted.length === 4);
    await expect
      .poll(metrics)
      .toContain('pha_submit_extrinsics_total{kind="message",outcome="settled"} 3');
  });

  it("answers a query with the proof of its block, fetched once", async () => {
    let proofs = 0;
    const node = fakeNode({
      readProof: async () => {
        proofs += 1;
        return [Uint8Array.of(4, 2)];
      },
    });
    const { host: running, start } = await setUp({ node: node.client });
    answerQueries(start);
    for (let i = 0; i < 3; i++) {
      const response = await post(running.url, sealedQuery(start.boot));
      expect(response.status).toBe(200);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      const decoded = decode(QueryResponse, new Uint8Array(await response.arrayBuffer()));
      expect(decoded).toMatchObject({ ok: true, value: { block: { number: 5 } } });
      expect(decoded.ok && decoded.value.proof).toEqual([Uint8Array.of(4, 2)]);
    }
    expect(proofs).toBe(1);
  });

  it("refuses bad requests with coded problems", async () => {
    const { host: running, start } = await setUp();
    const cases: readonly [Promise<Response>, number, string][] = [
      [post(running.url, Uint8Array.of(1, 2)), 400, "query/malformed"],
      [post(running.url, sealedQuery(IDENTITY)), 404, "query/unknown-boot"],
      [post(running.url, new Uint8Array((1 << 20) + 500)), 413, "http/body-too-large"],
      [fetch(`${running.url}/v1/query`), 405, "http/method-not-allowed"],
      [fetch(`${running.url}/nothing`), 404, "http/not-found"],
      [fetch(`${running.url}/v1/replies/${"0".repeat(64)}?wait=x`), 400, "http/bad-parameter"],
      [fetch(`${running.url}/v1/replies/${"0".repeat(64)}`), 404, "reply/not-found"],
      [fetch(`${running.url}/v1/evidence/${toHex(start.boot)}`), 404, "worker/no-evidence"],
    ];
    for (const [asked, status, code] of cases) {
      const response = await asked;
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect({ status: response.status, ...((await response.json()) as object) }).toMatchObject({
        status,
        code,
      });
    }
    start.onMessage = (message, id) => {
      if (message.type === "Query")
        start.say(id, { type: "QueryRefused", value: "query/not-opened" });
    };
    const refused = await post(running.url, sealedQuery(start.boot));
    expect(await refused.json()).toMatchObject({ status: 400, code: "query/not-opened" });
  });

  it("gives queries a deadline, and an answer when pRuntime ends", async () => {
    const { host: running, start } = await setUp({ workerLimits: { queryDeadlineMs: 40 } });
    const late = await post(running.url, sealedQuery(start.boot));
    expect(await late.json()).toMatchObject({ status: 504, code: "worker/deadline" });
    start.onMessage = () => start.exit("worker/exited-SIGKILL");
    const lost = await post(running.url, sealedQuery(start.boot));
    expect(await lost.json()).toMatchObject({ status: 503, code: "worker/restarted" });
  });

  it("limits the requests of one client but not its health checks", async () => {
    const { host: running, start } = await setUp({ gatewayLimits: { perClient: 2 } });
    const waiting = [1, 2].map(() => post(running.url, sealedQuery(start.boot)));
    await until(() => start.received.filter(({ type }) => type === "Query").length === 2);
    const third = await post(running.url, sealedQuery(start.boot));
    expect(await third.json()).toMatchObject({ status: 429, code: "http/too-many-requests" });
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
    for (let id = 1; id <= 2; id++) start.say(id, answer(start));
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    answerQueries(start);
    expect((await post(running.url, sealedQuery(start.boot))).status).toBe(200);
  });

  it("lets a client wait for a reply, and tells contracts apart", async () => {
    const { host: running, start } = await setUp();
    const reply = (contract: number): SignedReply => ({
      contract: new Uint8Array(32).fill(contract),
      commandId: COMMAND,
      block: { number: 1, hash: new Uint8Array(32) },
      sealed: Uint8Array.of(contract),
      boot: start.boot,
      signature: new Uint8Array(64),
    });
    const path = `${running.url}/v1/replies/${toHex(COMMAND).slice(2)}`;
    const waiting = fetch(`${path}?wait=5000`);
    const wanted = fetch(`${path}?wait=5000&contract=${"02".repeat(32)}`);
    await expect
      .poll(async () => (await fetch(`${running.url}/metrics`)).text())
      .toContain("pha_gateway_polls 2");
    start.say(0, { type: "Reply", value: reply(1) });
    start.say(0, { type: "Reply", value: reply(2) });
    for (const [asked, contract] of [
      [await waiting, 1],
      [await wanted, 2],
    ] as const) {
      const decoded = decode(SignedReply, new Uint8Array(await asked.arrayBuffer()));
      expect(decoded.ok && decoded.value.contract[0]).toBe(contract);
    }
    expect((await fetch(path)).status).toBe(200);
  });

  it("starts pRuntime again, with the new boot in its info", async () => {
    const { host: running, pruntime, start } = await setUp();
    start.exit("worker/exited-SIGKILL");
    const second = await until(() => pruntime.starts[1]);
    second.ready(64);
    const info = await (await fetch(`${running.url}/v1/info`)).json();
    expect(info).toMatchObject({
      simulated: true,
      boots: [{ name: "one", boot: toHex(second.boot), restarts: 1, head: { number: 64 } }],
    });
    const gone = await post(running.url, sealedQuery(start.boot));
    expect(await gone.json()).toMatchObject({ code: "query/unknown-boot" });
  });

  it("kills a pRuntime that signs for another boot or refuses every batch", async () => {
    const { node, pruntime, start } = await setUp();
    start.say(0, { type: "Message", value: signedMessage(IDENTITY, 0n) });
    expect(start.killed()).toBe("pipe/foreign-boot");
    const second = await until(() => pruntime.starts[1]);
    second.onMessage = (message) => {
      if (message.type === "Batch") second.say(0, { type: "BatchRefused", value: "light/gap" });
    };
    second.ready(0);
    node.finalize(3);
    await until(() => second.killed());
    expect(second.killed()).toBe("worker/batches-refused");
  });

  it("answers a pRuntime that asks for its chip's key, also where no service is asked", async () => {
    const { start } = await setUp();
    start.say(9, {
      type: "ReadChipKey",
      value: {
        line: { type: "Milan", value: undefined },
        chipId: new Uint8Array(64),
        ...{ bootloader: 1, tee: 0, snp: 2, microcode: 3, fmc: undefined },
      },
    });
    await until(() => start.received.find(({ type }) => type === "ChipKey"));
    expect(start.received.at(-1)).toEqual({ type: "ChipKey", value: undefined });
  });

  it("asks the machine's metadata service for a pRuntime that wants Intel's quote, and else never", async () => {
    const quote = Buffer.alloc(4_936, 5);
    const services = await startFakeServices((path) =>
      path === "/acc/tdquote"
        ? { body: JSON.stringify({ quote: quote.toString("base64url") }) }
        : { status: 404 },
    );
    try {
      const { start } = await setUp({}, 0, { tdQuoteUrl: `${services.url}/acc/tdquote` });
      expect(services.asked).toEqual([]);
      start.say(9, { type: "ReadTdQuote", value: new Uint8Array(1_024).fill(6) });
      await until(() => start.received.find(({ type }) => type === "TdQuote"));
      expect(start.received.at(-1)).toEqual({ type: "TdQuote", value: new Uint8Array(quote) });
      expect(services.asked).toEqual(["/acc/tdquote"]);
    } finally {
      await services.close();
    }
  });

  it("keeps few queries for a slow pRuntime, refuses more as overloaded, and blocks still come through", async () => {
    const {
      host: running,
      node,
      start,
    } = await setUp({
      workerLimits: { maxQueries: 80, firstBackoffMs: 1 },
      gatewayLimits: { perClient: 200, total: 200, maxConnections: 200 },
    });
    const codes: unknown[] = [];
    const asked = Array.from({ length: 100 }, async () => {
      const response = await post(running.url, sealedQuery(start.boot));
      codes.push(response.status === 200 ? 200 : (await response.json()).code);
    });
    // pRuntime answers nothing yet: who hears something is refused.
    await until(() => codes.length === 20);
    expect(new Set(codes)).toEqual(new Set(["worker/overloaded"]));
    const queries = () => start.received.filter(({ type }) => type === "Query").length;
    await until(() => queries() >= PIPE_WINDOW - URGENT_RESERVE);
    node.finalize(1);
    await until(() => start.received.some(({ type }) => type === "Batch"));
    expect(queries()).toBe(PIPE_WINDOW - URGENT_RESERVE);
    // It wakes up: what waited is asked, and all 80 are answered.
    let id = 0;
    start.onMessage = (message, asking) => {
      if (message.type === "Query") start.say(asking, answer(start));
    };
    while (id++ < PIPE_WINDOW - URGENT_RESERVE) start.say(id, answer(start));
    await Promise.all(asked);
    expect(codes.filter((code) => code === 200).length).toBe(80);
    expect(start.killed()).toBeUndefined();
  });

  it("gives credit for what it took in, and kills a pRuntime that sends beyond it", async () => {
    const { start } = await setUp();
    const say = () =>
      start.say(0, { type: "Read", value: { block: { number: 0, hash: IDENTITY }, keys: [] } });
    const reply: SignedReply = {
      contract: CLUSTER,
      commandId: COMMAND,
      block: { number: 1, hash: new Uint8Array(32) },
      sealed: Uint8Array.of(1),
      boot: start.boot,
      signature: new Uint8Array(64),
    };
    for (let i = 0; i < PIPE_WINDOW; i++) start.say(0, { type: "Reply", value: reply });
    await until(() => start.received.some(({ type }) => type === "Credit"));
    const credits = start.received.flatMap((one) => (one.type === "Credit" ? one.value : []));
    expect(credits.reduce((sum, count) => sum + count, 0)).toBe(PIPE_WINDOW);
    for (let i = 0; i <= PIPE_WINDOW; i++) say();
    expect(start.killed()).toBe("pipe/no-credit");
  });

  it("kills a pRuntime that answers what it was not asked", async () => {
    const { start } = await setUp();
    start.say(1, answer(start));
    expect(start.killed()).toBe("pipe/unasked");
  });

  it("is ready only when node and pRuntimes are", async () => {
    const { host: running, node, start } = await setUp();
    const ready = async (): Promise<unknown> => (await fetch(`${running.url}/readyz`)).json();
    expect(await ready()).toEqual({ ok: false, reasons: ["one: not registered"] });
    node.finalize(1);
    await until(() => start.received.some(({ type }) => type === "Batch"));
    start.synced(1, true, CLUSTER);
    expect(await ready()).toEqual({ ok: true, reasons: [] });
  });

  it("carries many queries over one WebSocket, and names those that fail", async () => {
    const { host: running, start } = await setUp();
    answerQueries(start);
    const socket = new WebSocket(`${running.url.replace("http", "ws")}/v1/session`);
    const got = new Map<number, string>();
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) got.set(data.readUInt32LE(0), "answer");
      else got.set(JSON.parse(String(data)).id, JSON.parse(String(data)).code);
    });
    await new Promise((resolve) => socket.once("open", resolve));
    const id = (value: number): Uint8Array => Uint8Array.of(value, 0, 0, 0);
    socket.send(concatBytes(id(1), sealedQuery(start.boot)));
    socket.send(concatBytes(id(2), sealedQuery(start.boot)));
    socket.send(concatBytes(id(3), sealedQuery(IDENTITY)));
    await until(() => got.size === 3);
    expect([...got].sort()).toEqual([
      [1, "answer"],
      [2, "answer"],
      [3, "query/unknown-boot"],
    ]);
    socket.send("text");
    await new Promise((resolve) => socket.once("close", resolve));
  });
});

describe("proofs beside the answers of a session", () => {
  it("come once for the answers of one block that follow each other, on each connection anew", async () => {
    const node = fakeNode({ readProof: async (_keys, at) => [at] });
    const { host: running, start } = await setUp({ node: node.client });
    const blocks = [5, 5, 5, 6, 6, 5];
    start.onMessage = (message, id) => {
      const given = answer(start);
      if (message.type !== "Query" || given.type !== "Answer") return;
      const number = blocks.shift() ?? 0;
      const block = { number, hash: new Uint8Array(32).fill(number) };
      const { sealed, proofOf } = given.value;
      start.say(id, { type: "Answer", value: { sealed, proofOf: { ...proofOf, block } } });
    };
    const connect = async (): Promise<() => Promise<readonly number[]>> => {
      const socket = new WebSocket(`${running.url.replace("http", "ws")}/v1/session`);
      await new Promise((resolve) => socket.once("open", resolve));
      return async () => {
        const came = new Promise<Buffer>((resolve) => socket.once("message", resolve));
        socket.send(concatBytes(new Uint8Array(4), sealedQuery(start.boot)));
        const response = decode(QueryResponse, (await came).subarray(4));
        if (!response.ok) throw new Error(response.error.reason);
        return response.value.proof.map((node) => node[0] ?? 0);
      };
    };
    const [ask, askApart] = [await connect(), await connect()];
    expect(await ask()).toEqual([5]);
    expect(await ask()).toEqual([]);
    expect(await askApart()).toEqual([5]);
    expect(await ask()).toEqual([6]);
    expect(await ask()).toEqual([]);
    expect(await ask()).toEqual([5]);
  });
});

describe("a worker host that cannot start says why", () => {
  const starting = (change: Partial<WorkerHostConfig>, options: WorkerHostOptions = {}) =>
    startWorkerHost(
      { ...CONFIG, ...change },
      { node: fakeNode().client, openLink: fakePRuntime().open, startTimeoutMs: 60, ...options },
    );

  it("when the operator's secret is none", async () => {
    await expect(starting({ operatorUri: "//" })).rejects.toMatchObject({
      code: "worker-config/bad-operator",
    });
    const operatorUriFile = "/nowhere/operator";
    await expect(starting({ operatorUri: undefined, operatorUriFile })).rejects.toMatchObject({
      code: "worker-config/no-operator",
      facts: { path: operatorUriFile },
      cause: { code: "ENOENT" },
    });
  });

  it("when its port is taken", async () => {
    const { host: running } = await setUp();
    await expect(starting({ httpPort: running.port })).rejects.toMatchObject({
      code: "worker/port-taken",
      facts: { host: "127.0.0.1", port: running.port },
      cause: { code: "EADDRINUSE" },
    });
  });

  it("when a port for RA-TLS is taken, and then nobody answers at its own any more", async () => {
    const { host: running } = await setUp();
    const httpPort = await freePort();
    const [pruntime] = CONFIG.pruntimes;
    const pruntimes = pruntime ? [{ ...pruntime, raTlsPort: running.port }] : [];
    await expect(starting({ httpPort, pruntimes })).rejects.toMatchObject({
      code: "worker/channel-port-taken",
    });
    await expect(fetch(`http://127.0.0.1:${httpPort}/v1/info`)).rejects.toMatchObject({
      cause: { code: "ECONNREFUSED" },
    });
  });

  it.each([
    ["worker/not-ready", { readyDeadlineMs: 5 }],
    ["worker/does-not-read", { maxBufferedBytes: -1 }],
  ])("when a pRuntime does not come up: %s", async (ended, workerLimits) => {
    // Long enough that the pRuntime's end is seen first, also on a busy machine.
    const error = await starting(
      {},
      { startTimeoutMs: 1_500, workerLimits: { ...workerLimits, firstBackoffMs: 10_000 } },
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "worker/not-ready",
      facts: { names: "one", ended: `one: ${ended}` },
    });
  });
});

describe("a worker host that runs", () => {
  it("starts a pRuntime anew that does not answer a batch", async () => {
    const { node, start } = await setUp({ workerLimits: { batchDeadlineMs: 5 } });
    node.finalize(1);
    await until(() => start.killed());
    expect(start.killed()).toBe("worker/batch-not-answered");
  });

  it("gives up when its node is of another network now", async () => {
    let genesis = 0;
    const node = fakeNode({ genesisHash: async () => new Uint8Array(32).fill(genesis) });
    const failures: unknown[] = [];
    const { start } = await setUp({
      node: node.client,
      onFailure: (error) => failures.push(error),
    });
    node.finalize(5);
    await until(() => start.received.some(({ type }) => type === "Batch"));
    genesis = 1;
    node.finalize(3);
    await until(() => failures.length > 0);
    expect(failures).toMatchObject([{ code: "worker/other-network" }]);
  });

  it("refuses queries with what stands in their way", async () => {
    const node = fakeNode({ readProof: () => Promise.reject(new Error("pruned")) });
    const { host: running, start } = await setUp({
      node: node.client,
      workerLimits: { maxQueries: 1, firstBackoffMs: 1_000 },
    });
    const first = post(running.url, sealedQuery(start.boot));
    await until(() => start.received.some(({ type }) => type === "Query"));
    const second = await post(running.url, sealedQuery(start.boot));
    expect(await second.json()).toMatchObject({ status: 503, code: "worker/overloaded" });
    start.say(1, answer(start));
    expect(await (await first).json()).toMatchObject({ status: 502, code: "worker/no-proof" });
    start.exit("worker/exited-SIGKILL");
    await until(() => running.workers[0]?.boot === undefined);
    expect(await running.workers[0]?.query(sealedQuery(start.boot))).toEqual({
      type: "refused",
      code: "worker/restarting",
    });
  });

  it("refuses what comes too slowly, and what is too much for it", async () => {
    const { host: running, start } = await setUp({
      gatewayLimits: { bodyTimeoutMs: 20, total: 1, perClient: 5 },
    });
    const slow = await new Promise<string>((resolve) => {
      const socket = connect(running.port, "127.0.0.1", () =>
        socket.write("POST /v1/query HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc"),
      );
      socket.setEncoding("utf8").once("data", (text) => resolve(String(text)));
    });
    expect(slow).toMatch(/^HTTP\/1.1 408 /);
    expect(slow).toContain('"code":"http/body-timeout"');
    const waiting = post(running.url, sealedQuery(start.boot));
    await until(() => start.received.some(({ type }) => type === "Query"));
    const refused = await post(running.url, sealedQuery(start.boot));
    expect(await refused.json()).toMatchObject({ status: 503, code: "http/overloaded" });
    start.say(1, answer(start));
    expect((await waiting).status).toBe(200);
  });
});
