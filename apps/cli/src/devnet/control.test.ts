import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PhaError } from "@pha/scale";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CHAIN_SPEC_PATH, type ConsoleServer, startConsoleServer } from "./console-server.ts";
import { CONTROL_HEADER, CONTROL_PATH, createControl } from "./control.ts";
import type { DevnetFaults } from "./faults.ts";

let folder: string;
let server: ConsoleServer;
let done: string[];
let isReady = true;

const faults: DevnetFaults = {
  targets: { crash: ["worker-1"], "stale-state": [], "tampered-runtime": [], partition: [] },
  active: [],
  async start(fault, target) {
    if (fault !== "crash")
      throw new PhaError("devnet/unknown-fault", "there is no such fault", { hint: "None." });
    done.push(`start ${fault} ${target}`);
  },
  async end(fault, target) {
    done.push(`end ${fault} ${target}`);
  },
};
let chainSpec = async (): Promise<unknown> => ({ name: "Devnet" });
const control = createControl(() => (isReady ? faults : undefined));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pha-control-"));
  writeFileSync(join(folder, "index.html"), "<!doctype html>");
  const started = await startConsoleServer({
    folder,
    port: 0,
    networks: () => [],
    chainSpec: () => chainSpec(),
    control,
    analytics: () => undefined,
  });
  if (started === undefined) throw new Error("there is a bundle");
  server = started;
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  done = [];
  isReady = true;
});

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function ask({ method = "POST", headers = {}, body = "" }: Sent) {
  return new Promise<{ readonly status: number; readonly json: { readonly code?: string } }>(
    (resolve, reject) => {
      const sent = request(
        `${server.url}${CONTROL_PATH}`,
        { method, headers: { [CONTROL_HEADER]: control.token, ...headers } },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => {
            text += part;
          });
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              json: text.startsWith("{") ? JSON.parse(text) : {},
            }),
          );
        },
      );
      sent.once("error", reject).end(body);
    },
  );
}

const crash = JSON.stringify({ action: "start", fault: "crash", target: "worker-1" });

test("the console of the devnet starts and ends faults, and sees which there are", async () => {
  expect(await ask({ body: crash, headers: { origin: server.url } })).toMatchObject({
    status: 200,
  });
  expect(await ask({ body: crash.replace("start", "end") })).toMatchObject({ status: 200 });
  expect(done).toEqual(["start crash worker-1", "end crash worker-1"]);
  expect((await ask({ method: "GET" })).json).toEqual({ targets: faults.targets, active: [] });
});

test.each<[what: string, sent: Sent]>([
  ["another token", { headers: { [CONTROL_HEADER]: "00".repeat(24) } }],
  ["no token", { headers: { [CONTROL_HEADER]: "" } }],
  ["a page of another origin", { headers: { origin: "http://evil.example" } }],
  ["a page without an origin of its own", { headers: { origin: "null" } }],
])("%s is refused, and nothing is done", async (_what, sent) => {
  expect(await ask({ body: crash, ...sent })).toMatchObject({
    status: 403,
    json: { code: "devnet/not-the-console" },
  });
  expect(done).toEqual([]);
});

test("another name for this machine is refused, and so is the preflight of a foreign page", async () => {
  expect((await ask({ body: crash, headers: { host: "evil.example" } })).status).toBe(421);
  expect((await ask({ method: "OPTIONS" })).status).toBe(405);
});

test.each([
  ["", 400, "devnet/bad-request"],
  ["[]", 400, "devnet/bad-request"],
  ['{"action":"melt","fault":"crash","target":"x"}', 400, "devnet/bad-request"],
  [crash.padEnd(2000), 400, "devnet/bad-request"],
  [crash.replace("crash", "melt"), 400, "devnet/unknown-fault"],
])("%j is answered with %i", async (body, status, code) => {
  expect(await ask({ body })).toMatchObject({ status, json: { code } });
});

test("while the network starts there are none", async () => {
  isReady = false;
  expect(await ask({ method: "GET" })).toMatchObject({
    status: 503,
    json: { code: "devnet/not-ready" },
  });
});

test("the chain specification is the node's, and said to be missing while there is none", async () => {
  const read = async () => {
    const answer = await fetch(`${server.url}${CHAIN_SPEC_PATH}`);
    return [answer.status, await answer.text()] as const;
  };
  expect(await read()).toEqual([200, '{"name":"Devnet"}']);
  chainSpec = async () => undefined;
  expect(await read()).toEqual([503, "The network is not ready yet.\n"]);
  chainSpec = () => Promise.reject(new Error("the node ended"));
  expect(await read()).toEqual([503, "The node does not answer.\n"]);
});
