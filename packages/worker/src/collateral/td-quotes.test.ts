/** The machine's metadata service as the test plays it; a real one is asked by no test. */
import type { IncomingMessage } from "node:http";
import { afterEach, expect, test } from "vitest";
import { SILENT, type WorkerLog } from "../log.ts";
import { createTdQuotes, readTdQuoteAnswer } from "./td-quotes.ts";
import {
  type FakeAnswer,
  type FakeHandler,
  type FakeServices,
  startFakeServices,
} from "./testing/fake-services.ts";

const LIMITS = {
  maxBytes: 1 << 20,
  timeoutMs: 10_000,
  maxRedirects: 2,
  attempts: 2,
  firstPauseMs: 1,
};
const QUOTE = Buffer.alloc(5_006, 4);
const report = (fill: number) => new Uint8Array(1_024).fill(fill);
const answerOf = (quote: unknown): FakeAnswer => ({ body: JSON.stringify({ quote }) });
const GOOD = answerOf(QUOTE.toString("base64url"));

let services: FakeServices | undefined;
afterEach(async () => {
  await services?.close();
  services = undefined;
});

async function service(handler: FakeHandler, timeoutMs = LIMITS.timeoutMs) {
  services = await startFakeServices(handler);
  const { url, asked } = services;
  let now = 0;
  const codes: unknown[] = [];
  const warn = (facts: unknown) =>
    codes.push(typeof facts === "object" && facts !== null && "code" in facts ? facts.code : facts);
  const log: WorkerLog = { ...SILENT, warn };
  const quotes = createTdQuotes({
    url: `${url}/acc/tdquote`,
    log,
    limits: { ...LIMITS, timeoutMs },
    nowMs: () => now,
  });
  return {
    ...{ quotes, asked, codes },
    wait: (ms: number) => {
      now += ms;
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

test("the service is asked as Azure's is, and its quote given back", async () => {
  const told: unknown[] = [];
  const { quotes } = await service((path, response, request) => {
    void bodyOf(request).then((body) => {
      const { method, headers } = request;
      told.push({ path, method, metadata: headers["metadata"], type: headers["content-type"] });
      told.push(JSON.parse(body));
      response.end(GOOD.body);
    });
    return undefined;
  });
  expect(await quotes.get(report(255))).toEqual(new Uint8Array(QUOTE));
  expect(told).toEqual([
    { path: "/acc/tdquote", method: "POST", metadata: "true", type: "application/json" },
    // Without padding, in the alphabet of URLs.
    { report: `${"_".repeat(1_365)}w` },
  ]);
});

test("a report's quote is kept for a while, whoever challenges the worker", async () => {
  const { quotes, asked, wait } = await service(() => GOOD);
  await Promise.all([quotes.get(report(1)), quotes.get(report(1))]);
  expect(asked.length).toBe(1);
  wait(600_000);
  await quotes.get(report(1));
  expect(asked.length).toBe(2);
  for (let fill = 2; fill < 20; fill++) await quotes.get(report(fill));
  await quotes.get(report(19));
  expect(asked.length).toBe(20);
  // The oldest of many made room.
  await quotes.get(report(1));
  expect(asked.length).toBe(21);
});

test.each<[string, FakeHandler, string, number]>([
  ["nothing", () => ({ status: 404 }), "keeper/http-status", 1],
  ["too many requests", () => ({ status: 429 }), "keeper/http-status", 2],
  ["a fault of its own", () => ({ status: 500 }), "keeper/http-status", 2],
  ["what is no JSON", () => ({ body: "<html>" }), "keeper/malformed-answer", 1],
  ["what is no text", () => ({ body: Buffer.of(255, 0) }), "keeper/malformed-answer", 1],
  ["another JSON", () => ({ body: "[]" }), "keeper/malformed-answer", 1],
  ["null", () => ({ body: "null" }), "keeper/malformed-answer", 1],
  ["a quote that is no text", () => answerOf(5), "keeper/malformed-answer", 1],
  ["an empty quote", () => answerOf(""), "keeper/malformed-answer", 1],
  ["another alphabet", () => answerOf("AA+/"), "keeper/malformed-answer", 1],
  ["a longer quote than any", () => answerOf("A".repeat(10_930)), "keeper/answer-too-long", 1],
  ["far more", () => ({ body: Buffer.alloc(100_000, 65) }), "keeper/answer-too-long", 1],
  [
    "another place",
    () => ({ status: 302, headers: { location: "/elsewhere" } }),
    "keeper/redirect-refused",
    1,
  ],
])("a service that answers with %s gives none, with the code logged, and is left alone for a moment", async (_, handler, code, times) => {
  const { quotes, asked, codes, wait } = await service(handler);
  expect(await quotes.get(report(1))).toBeUndefined();
  expect(await quotes.get(report(1))).toBeUndefined();
  expect(codes).toEqual([code]);
  expect(asked.length).toBe(times);
  wait(10_000);
  await quotes.get(report(1));
  expect(asked.length).toBe(2 * times);
});

const silent: FakeHandler = () => undefined;
const dripping: FakeHandler = (_, response) => {
  response.writeHead(200);
  response.write("{");
  return undefined;
};
test.each<[string, FakeHandler]>([
  ["says nothing", silent],
  ["begins and does not end", dripping],
])("a service that %s is waited for within bounds", async (_, handler) => {
  const { quotes, codes } = await service(handler, 100);
  expect(await quotes.get(report(1))).toBeUndefined();
  expect(codes).toEqual(["keeper/unreachable"]);
});

test("a service that comes back is heard", async () => {
  let isThere = false;
  const { quotes, wait } = await service(() => (isThere ? GOOD : { status: 404 }));
  expect(await quotes.get(report(1))).toBeUndefined();
  isThere = true;
  wait(10_000);
  expect(await quotes.get(report(1))).toEqual(new Uint8Array(QUOTE));
});

test("nothing is asked once the host stops", async () => {
  const { quotes, asked } = await service(() => GOOD);
  quotes.stop();
  expect(await quotes.get(report(1))).toBeUndefined();
  expect(asked).toEqual([]);
});

test("padding of base64url is no matter, cuts of an answer are malformed", () => {
  const body = Buffer.from(String(GOOD.body));
  const padded = `{"quote":"${Buffer.of(1, 2, 3, 4).toString("base64url")}=="}`;
  expect(readTdQuoteAnswer(Buffer.from(padded))).toEqual({
    ok: true,
    value: Uint8Array.of(1, 2, 3, 4),
  });
  for (let length = 0; length < body.length; length += 1 + (length >> 4))
    expect(readTdQuoteAnswer(body.subarray(0, length))).toMatchObject({
      error: { code: "keeper/malformed-answer" },
    });
});
