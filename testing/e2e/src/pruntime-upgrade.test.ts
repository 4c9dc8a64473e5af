/**
 * A running devnet goes from one version of pRuntime to the next while commands are under way. A program that is not on the
 * allow-list is refused before anything changes; both versions serve one cluster and agree; the former one is refused
 * afterwards, by its sealed store and by the chain.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { STORAGE } from "@pha/protocol";
import { devSigner } from "@pha/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agreed, connectCounter, hex } from "./counter-network.ts";
import { nextPRuntime } from "./next-pruntime.ts";
import { type CliRun, type DevnetProcess, devnetDist, startDevnet, until } from "./start-devnet.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-e2e-upgrade-"));
const state = join(folder, "state");
const config = join(state, "worker.json");
const signer = devSigner("Bob");
let devnet: DevnetProcess;
let next: { readonly folder: string; readonly script: string };
/** Commands that were answered. */
let count = 0n;

beforeAll(async () => {
  next = await nextPRuntime();
  devnet = await startDevnet({ folder, state });
}, 240_000);

afterAll(async () => {
  await devnet?.cleanUp();
  rmSync(folder, { recursive: true, force: true });
  if (next) rmSync(next.folder, { recursive: true, force: true });
});

const upgrade = (script: string, ...more: readonly string[]): Promise<CliRun> =>
  devnet.pha("worker", "upgrade", config, "--program", script, "--json", ...more);

async function ok(run: Promise<CliRun>): Promise<Record<string, unknown>> {
  const done = await run;
  if (done.code !== 0) throw new Error(done.stdout + done.stderr);
  return done.json();
}

/** The host goes on by itself: who waited too short a time asks again. */
async function upgraded(script: string): Promise<Record<string, unknown>> {
  for (let i = 0; i < 5; i++) {
    const run = await upgrade(script, "--wait", "90");
    if (run.code === 0) return run.json();
    expect(run.json()["error"]).toMatchObject({ code: "upgrade/not-back" });
  }
  throw new Error(`the host did not go over:\n${hostLog()}`);
}

const hostLog = () => readFileSync(join(state, "logs", "worker.log"), "utf8");

test("a program that is not on the allow-list is refused, and nothing changes", async () => {
  const before = readFileSync(config, "utf8");
  const run = await upgrade(next.script);
  expect(run.json()["error"]).toMatchObject({ code: "upgrade/not-listed" });
  expect(run.code).toBe(9);
  expect(readFileSync(config, "utf8")).toBe(before);
});

test("the network goes over to the next version, and no command is lost", async () => {
  const { measurement } = await ok(devnet.pha("policy", "measure", next.script, "--json"));
  await ok(devnet.pha("policy", "allow", String(measurement), "--json"));
  const shown = await ok(devnet.pha("policy", "show", "--json"));
  expect(shown["measurements"]).toContainEqual(
    expect.objectContaining({ measurement, counts: true }),
  );
  const info = await fetch(`${devnet.file.workers[0]?.url}/v1/info`);
  const { boots } = (await info.json()) as {
    readonly boots: readonly { readonly role: string; readonly identity: string }[];
  };
  const replicas = boots
    .filter(({ role }) => role === "worker")
    .map(({ identity }) => hex(identity));
  expect(replicas.length).toBe(3);
  const { client, counter } = await connectCounter(devnet.file, { reconnectMs: 100 });
  const upgrading = upgraded(next.script);
  let isOver = false;
  void upgrading
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
    });
  /** Answered while replicas of both versions served the cluster. */
  let whileMixed = 0;
  while (!isOver) {
    await counter.command("add", { n: 1n }, { signer, timeoutMs: 120_000 });
    count += 1n;
    const { key, value } = STORAGE.boot;
    const records = await Promise.all(
      replicas.map((identity) => client.chain.read({ key: key(identity), value })),
    );
    const versions = new Set(records.map((record) => record?.registration.version));
    if (versions.has(0x100) && versions.has(0x200)) whileMixed += 1;
  }
  const done = await upgrading;
  client.close();
  expect(done["pruntimes"]).toHaveLength(4);
  for (const one of done["pruntimes"] as readonly object[])
    expect(one).toMatchObject({ version: "0.2.0", measurement, done: true });
  expect(whileMixed).toBeGreaterThan(0);
  expect(await agreed(devnet.file, signer, 3, (value) => value === count)).toBe(count);
  const { clusters } = (await ok(devnet.pha("status", "--json"))) as {
    readonly clusters?: readonly { readonly status: string }[];
  };
  expect(clusters?.map(({ status }) => status)).toEqual(["Live"]);
}, 900_000);

test("the former version is refused from now on, and loses nothing of the next one's", async () => {
  const former = join(await devnetDist(), "pruntime.js");
  await ok(devnet.pha("policy", "min-version", "0.2.0", "--grace", "5", "--json"));
  const refused = await upgrade(former);
  expect(refused.json()["error"]).toMatchObject({ code: "upgrade/old-version" });
  expect(refused.code).toBe(9);
  // An operator that forces it: the program itself refuses what the next version sealed.
  const { measurement } = await ok(devnet.pha("policy", "measure", former, "--json"));
  await ok(upgrade(former, "--wait", "0", "--image", String(measurement)));
  await until("it refuses the store", () => hostLog().includes("start/newer-sealed-store"), 60_000);
  await upgraded(next.script);
  const { client, counter } = await connectCounter(devnet.file, { reconnectMs: 100 });
  await counter.command("add", { n: 1n }, { signer, timeoutMs: 120_000 });
  client.close();
  count += 1n;
  expect(await agreed(devnet.file, signer, 3, (value) => value === count)).toBe(count);
}, 900_000);
