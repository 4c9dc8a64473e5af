/**
 * Break-glass, rehearsed: gatekeepers and workers of three simulated makers, one of which breaks. Its machines are off, as
 * nothing of theirs is needed; the rest goes on with a new root and new state keys, and says what could have been read.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { STORAGE } from "@pha/protocol";
import { devSigner } from "@pha/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agreed, connectCounter, hex } from "./counter-network.ts";
import { type DevnetProcess, startDevnet, until } from "./start-devnet.ts";
import { type Part, startPart } from "./start-part.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-e2e-drill-"));
const state = join(folder, "state");
const report = join(folder, "report.json");
const signer = devSigner("Bob");
const parts = new Map<string, Part>();
let devnet: DevnetProcess;

/** Who plays which maker. */
const LINES: Readonly<Record<string, string>> = {
  "gatekeeper-1": "simulated-b",
  "gatekeeper-2": "simulated-c",
  "gatekeeper-3": "simulated-a",
  "worker-1": "simulated-b",
  "worker-2": "simulated-c",
  "worker-3": "simulated-a",
};

async function start(name: string): Promise<void> {
  parts.set(name, await startPart(name, state));
}

function setLine(name: string, line: string): void {
  const file = join(state, name, "platform.json");
  const known = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...known, line }), { mode: 0o600 });
}

const drill = (...args: readonly string[]) =>
  devnet.pha(
    "drill",
    "vendor-broken",
    ...args,
    ...["--url", devnet.file.rpc.ws, "--allow-simulated", "--report", report, "--json"],
  );

async function add(n: bigint): Promise<void> {
  const { client, counter } = await connectCounter(devnet.file, { reconnectMs: 100 });
  try {
    await counter.command("add", { n }, { signer, timeoutMs: 120_000 });
  } finally {
    client.close();
  }
}

interface Report {
  readonly dryRun: boolean;
  readonly excluded: { readonly workers: number; readonly gatekeepers: number };
  readonly steps: readonly { readonly name: string; readonly state: string }[];
  readonly exposure: {
    readonly clusters: readonly { readonly keys: readonly { readonly platform: string }[] }[];
    readonly generations: readonly { readonly brokenSeats: number; readonly isOpen: boolean }[];
  };
  readonly finishedAt?: number;
}

beforeAll(async () => {
  const args = ["--gatekeepers", "3"];
  devnet = await startDevnet({ folder, state, args });
  await add(5n);
  await devnet.end("SIGINT");
  for (const [name, line] of Object.entries(LINES)) setLine(name, line);
  for (const name of ["node", "worker", "gatekeeper-2", "gatekeeper-3"]) await start(name);
  expect(await agreed(devnet.file, signer, 3, (value) => value === 5n)).toBe(5n);
}, 300_000);

afterAll(async () => {
  for (const part of [...parts.values()].reverse()) await part.stop();
  await devnet?.cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

test("a maker that the policy does not have is refused", async () => {
  const nothing = await drill("intel");
  expect(nothing.json()["error"]).toMatchObject({ code: "drill/nothing-broken" });
  expect(nothing.code).toBe(9);
  expect(existsSync(report)).toBe(false);
});

test("a dry run says what would be done and what could have been read, and changes nothing", async () => {
  const run = await drill("simulated-a", "--dry-run");
  if (run.code !== 0) throw new Error(run.stdout + run.stderr);
  // What our own command prints.
  const plan = run.json() as unknown as Report;
  expect(plan).toMatchObject({ dryRun: true, excluded: { workers: 1, gatekeepers: 1 } });
  expect(plan.steps.map(({ name, state: how }) => `${name} ${how}`)).toEqual([
    "freeze pending",
    "floor done",
    "exclude pending",
    "generation pending",
    "re-wrap pending",
    "rotate pending",
    "resume pending",
  ]);
  expect(plan.exposure.clusters[0]?.keys.map(({ platform }) => platform)).toContain("broken");
  expect(plan.exposure.generations).toMatchObject([{ brokenSeats: 1, isOpen: false }]);
  expect(existsSync(report)).toBe(false);
});

test("the drill goes through without the excluded, also when it is interrupted, and the state stays", async () => {
  // The gatekeeper's machine is off; the worker runs on, and nobody waits for it.
  await parts.get("gatekeeper-3")?.kill();
  parts.delete("gatekeeper-3");
  const hurried = await drill("simulated-a", "--wait", "1");
  const missed = hurried.json()["error"];
  if (missed !== undefined) {
    expect(missed).toMatchObject({ code: "drill/not-done" });
    expect(hurried.code).toBe(8);
  }
  let run = await drill("simulated-a", "--wait", "30");
  for (let i = 0; i < 20 && run.code === 8; i++) run = await drill("simulated-a", "--wait", "30");
  if (run.code !== 0) throw new Error(run.stdout + run.stderr);
  const done = run.json() as unknown as Report;
  expect(new Set(done.steps.map(({ state: how }) => how))).toEqual(new Set(["done"]));
  expect(done.finishedAt).toBeGreaterThan(0);
  expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({ finishedAt: done.finishedAt });
  // Run again it does nothing, and shows the same.
  const again = await drill("simulated-a");
  expect(again.code).toBe(0);
  expect(again.json()).toMatchObject({ finishedAt: done.finishedAt });
  const { client } = await connectCounter(devnet.file);
  try {
    const { chain } = client;
    const { current, oldest } = STORAGE.generation;
    expect(await chain.read(current)).toBe(2n);
    expect(await chain.read(oldest)).toBe(2n);
    const address = hex(devnet.file.contracts[0]?.address ?? "");
    const { contract, cluster, stateKeys, wrappedStateKey } = STORAGE;
    const record = await chain.read({ key: contract.key(address), value: contract.value });
    const id = record?.cluster ?? new Uint8Array(32);
    const now = await chain.read({ key: cluster.key(id), value: cluster.value });
    expect(now?.replicas).toHaveLength(2);
    const keys = await chain.read({ key: stateKeys.key(id), value: stateKeys.value });
    expect(keys?.newest).toBeGreaterThan(0);
    expect(keys?.oldest).toBe(keys?.newest);
    const wrap = await chain.read({ key: wrappedStateKey.key(id), value: wrappedStateKey.value });
    expect(wrap?.generation).toBe(2n);
  } finally {
    client.close();
  }
  expect(await agreed(devnet.file, signer, 2, (value) => value === 5n)).toBe(5n);
  await add(7n);
  expect(await agreed(devnet.file, signer, 2, (value) => value === 12n)).toBe(12n);
}, 900_000);

test("who is excluded gets no further: its gatekeeper is refused, and its report stays another's", async () => {
  await start("gatekeeper-3");
  await until("it tries", () => (parts.get("gatekeeper-3")?.log() ?? "").includes("registering"));
  const { client } = await connectCounter(devnet.file);
  const from = client.chain.finality.head.number;
  await until("blocks go by", () => client.chain.finality.head.number >= from + 8);
  client.close();
  const { httpPort } = JSON.parse(readFileSync(join(state, "gatekeeper-3.json"), "utf8"));
  // A boot that is refused may be starting anew when it is looked at.
  let boots: readonly unknown[] = [];
  await until("it is looked at while it runs", async () => {
    const info = await (await fetch(`http://127.0.0.1:${httpPort}/v1/info`)).json();
    ({ boots } = info as { readonly boots: readonly unknown[] });
    return boots.length > 0;
  });
  expect(boots).toMatchObject([{ name: "gatekeeper-3", registered: false }]);
  const other = await drill("simulated-b");
  expect(other.json()["error"]).toMatchObject({ code: "drill/other-report" });
  expect(other.code).toBe(9);
});
