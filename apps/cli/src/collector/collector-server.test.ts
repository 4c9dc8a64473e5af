import { request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Bringing } from "./bring-visits.ts";
import { createCollectorServer, listenOn } from "./collector-server.ts";
import { BURST, createVisitQueue, MAX_WAITING } from "./visit-queue.ts";

const SITE = new Uint8Array(32).fill(7);
const PATH = `/v1/visits/0x${"07".repeat(32)}`;
const PAGE = "http://shop.example";
let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

async function started(options: { readonly behindProxy?: boolean; readonly any?: boolean } = {}) {
  const queue = createVisitQueue();
  let woken = 0;
  const bringing: Bringing = {
    state: { standing: "idle", brought: 3, refused: 1, dropped: 0, problem: undefined },
    wake: () => {
      woken++;
    },
    stop: () => Promise.resolve(),
  };
  server = createCollectorServer({
    site: SITE,
    account: "an account",
    queue,
    bringing,
    origins: () => (options.any ? ["*"] : [PAGE]),
    behindProxy: options.behindProxy ?? false,
    files: new Map([["w.js", Uint8Array.of(1, 2)]]),
    now: () => 0,
  });
  await listenOn(server, "127.0.0.1", 0);
  const { port } = server.address() as AddressInfo;
  const ask = (
    path: string,
    given: { method?: string; headers?: Record<string, string>; body?: Uint8Array } = {},
  ) =>
    new Promise<Answered>((resolve, reject) => {
      const sent = request(
        {
          host: "127.0.0.1",
          port,
          path,
          method: given.method ?? "GET",
          headers: given.headers ?? {},
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => {
            text += part;
          });
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: text.startsWith("{") ? JSON.parse(text) : { text },
            }),
          );
        },
      );
      sent.once("error", reject).end(given.body);
    });
  const visit = (bytes = 305, headers: Record<string, string> = {}) => {
    const body = new Uint8Array(bytes);
    body[0] = 1;
    return ask(PATH, { method: "POST", headers, body });
  };
  return { ask, visit, queue, port, woken: () => woken };
}

test("a page of an allowed origin sends a visit; its address goes with it", async () => {
  const { visit, queue, woken } = await started();
  const answer = await visit(305, { origin: PAGE });
  expect(answer).toMatchObject({ status: 202, body: { waiting: 1 } });
  expect(answer.headers["access-control-allow-origin"]).toBe(PAGE);
  expect(woken()).toBe(1);
  expect(queue.take()).toMatchObject([{ address: "127.0.0.1" }]);
});

test("what is refused says why and what to do", async () => {
  const { ask, visit } = await started();
  const cases: readonly (readonly [Promise<Answered>, number, string])[] = [
    [visit(305, { origin: "http://other.example" }), 403, "collector/other-origin"],
    [visit(300), 400, "collector/not-a-box"],
    [visit(70_000), 413, "collector/too-large"],
    [ask(PATH), 405, "collector/bad-method"],
    [ask("/v1/site", { method: "DELETE" }), 405, "collector/bad-method"],
    [ask(`/v1/visits/0x${"08".repeat(32)}`, { method: "POST" }), 404, "collector/other-site"],
    [ask("/nothing"), 404, "collector/not-found"],
    [ask("/../w.js"), 404, "collector/not-found"],
  ];
  for (const [asked, status, code] of cases) {
    const answer = await asked;
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.body["hint"]).not.toBe("");
  }
});

test("too many visits of one address are put off, and too many of all", async () => {
  const { visit, queue } = await started({ behindProxy: true });
  const from = (address: string) => visit(305, { "x-forwarded-for": address });
  for (let i = 0; i < BURST; i++) await from("203.0.113.1");
  const late = await from("203.0.113.1");
  expect(late).toMatchObject({ status: 429, body: { code: "collector/too-many" } });
  expect(late.headers["retry-after"]).toBe("1");
  expect((await from("203.0.113.2")).status).toBe(202);
  const box = Uint8Array.from({ length: 305 }, (_, i) => (i === 0 ? 1 : 0));
  for (let i = 0; queue.length < MAX_WAITING; i++) queue.add(box, `address-${i}`, 0);
  expect(await from("203.0.113.3")).toMatchObject({
    status: 503,
    body: { code: "collector/full" },
  });
});

test("behind a proxy the last address that it wrote counts, else nobody's word", async () => {
  const proxied = await started({ behindProxy: true });
  await proxied.visit(305, { "x-forwarded-for": "6.6.6.6, 203.0.113.9" });
  await proxied.visit(305, { "x-forwarded-for": "x".repeat(500) });
  expect(proxied.queue.take().map(({ address }) => address)).toEqual([
    "203.0.113.9",
    "x".repeat(64),
  ]);
  server?.close();
  server?.closeAllConnections();
  const direct = await started();
  await direct.visit(305, { "x-forwarded-for": "203.0.113.9" });
  expect(direct.queue.take()).toMatchObject([{ address: "127.0.0.1" }]);
});

test("it says how it stands, serves the tracker, and answers browsers' questions", async () => {
  const { ask } = await started({ any: true });
  expect((await ask("/v1/site")).body).toEqual({
    site: `0x${"07".repeat(32)}`,
    account: "an account",
    waiting: 0,
    standing: "idle",
    brought: 3,
    refused: 1,
    dropped: 0,
    problem: null,
  });
  expect((await ask("/healthz")).body).toEqual({ ok: true });
  const script = await ask("/w.js", { headers: { origin: "http://any.example" } });
  expect(script).toMatchObject({ status: 200, body: { text: "\u0001\u0002" } });
  expect(script.headers["content-type"]).toMatch(/^text\/javascript/);
  expect(script.headers["access-control-allow-origin"]).toBe("*");
  const asked = await ask(PATH, { method: "OPTIONS", headers: { origin: "http://any.example" } });
  expect(asked.status).toBe(204);
  expect(asked.headers["access-control-allow-methods"]).toBe("GET, POST");
});

test("a port that is taken is named", async () => {
  const { port } = await started();
  const second = createCollectorServer({
    site: SITE,
    account: "",
    queue: createVisitQueue(),
    bringing: {
      state: { standing: "idle", brought: 0, refused: 0, dropped: 0, problem: undefined },
      wake: () => undefined,
      stop: () => Promise.resolve(),
    },
    origins: () => [],
    behindProxy: false,
    files: new Map(),
    now: () => 0,
  });
  await expect(listenOn(second, "127.0.0.1", port)).rejects.toMatchObject({
    code: "collector/no-port",
  });
});
