/**
 * Three gatekeepers of three operators as processes, any two of which make a key. One is lost for good: keys are released
 * all the same. Root names another in its place: a second generation is made, the cluster handed over, the first retired
 * and its shares erased, also by the one that was lost, when it comes back.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devSigner } from "@pha/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agreed, connectCounter } from "./counter-network.ts";
import { writeGatekeeperHost } from "./gatekeeper-host.ts";
import { type DevnetProcess, startDevnet, until } from "./start-devnet.ts";
import { type Part, startPart } from "./start-part.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-e2e-gatekeepers-"));
const state = join(folder, "state");
const alice = devSigner("Alice");
const parts = new Map<string, Part>();
let devnet: DevnetProcess;

/** What `pha gatekeeper status --json` promises. */
interface Status {
  readonly generation: number;
  readonly oldest: number;
  readonly threshold: number;
  readonly seats: number;
  readonly run?: { readonly generation: number };
  readonly handover?: { readonly pending: number };
  readonly operators: readonly { readonly operator: string; readonly seat?: number }[];
}

async function pha(...args: readonly string[]): Promise<Record<string, unknown>> {
  const run = await devnet.pha("gatekeeper", ...args, "--url", devnet.file.rpc.ws, "--json");
  if (run.code !== 0) throw new Error(run.stdout + run.stderr);
  return run.json();
}

// What our own command prints.
const status = async () => (await pha("status")) as unknown as Status;

async function start(name: string): Promise<void> {
  parts.set(name, await startPart(name, state));
}

async function add(n: bigint): Promise<void> {
  const { client, counter } = await connectCounter(devnet.file);
  try {
    await counter.command("add", { n }, { signer: alice });
  } finally {
    client.close();
  }
}

beforeAll(async () => {
  const args = ["--gatekeepers", "3"];
  devnet = await startDevnet({ folder, state, args });
}, 240_000);

afterAll(async () => {
  for (const part of [...parts.values()].reverse()) await part.stop();
  await devnet?.cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

test("two of three release keys when the third is lost, for workers that all start again", async () => {
  expect(await status()).toMatchObject({ generation: 1, oldest: 1, threshold: 2, seats: 3 });
  await add(5n);
  await devnet.end("SIGINT");
  // All but the host of the third gatekeeper come back.
  for (const name of ["node", "worker", "gatekeeper-2"]) await start(name);
  expect(await agreed(devnet.file, alice, 3, (value) => value === 5n)).toBe(5n);
});

test("another in its place makes the second generation; the first is handed over, retired and erased", async () => {
  const { operators } = await status();
  const stay = operators.slice(0, 2).map(({ operator }) => operator);
  writeGatekeeperHost(state, "newcomer", "//Bob");
  await pha("operators", ...stay, "bob", "--from", "alice");
  await start("newcomer");
  await until(
    "the first generation is retired",
    async () => {
      const { generation, oldest, handover } = await status();
      return generation === 2 && oldest === 2 && handover === undefined;
    },
    120_000,
  );
  const now = await status();
  expect(now).toMatchObject({ threshold: 2, seats: 3 });
  expect(now.operators.map(({ seat }) => seat)).toEqual([0, 1, 2]);
  for (const name of ["worker", "gatekeeper-2"])
    await until(`${name} erases`, () => parts.get(name)?.log().includes("shares-erased") ?? false);
  await add(7n);
  expect(await agreed(devnet.file, alice, 3, (value) => value === 12n)).toBe(12n);
  // The lost one is no operator's any more. It hears of it all the same.
  await start("gatekeeper-3");
  await until("the third erases, too", () =>
    (parts.get("gatekeeper-3")?.log() ?? "").includes("shares-erased"),
  );
});

test("root asks for the next generation, and is told when the chain refuses what it wants", async () => {
  await pha("renew", "--from", "alice");
  const { run, generation } = await status();
  expect(run?.generation ?? generation).toBe(3);
  const args = ["operators", "bob", "bob", "--url", devnet.file.rpc.ws, "--json"];
  const refused = (await devnet.pha("gatekeeper", ...args)).json()["error"];
  expect(refused).toMatchObject({ code: "chain/dispatch-failed" });
  expect(JSON.stringify(refused)).toContain("RepeatedOperator");
});

test("an operator bonds and stands; its candidacy is proven, and root's list still names the operators", async () => {
  await pha("bond", "200", "--from", "charlie");
  await pha("stand", "--commission", "5", "--from", "charlie");
  const { elected, accounts } = await pha("candidates", "charlie");
  expect(elected).toBe(false);
  expect(accounts).toContainEqual(
    expect.objectContaining({
      role: "candidate",
      hasSeat: false,
      commission: 5,
      active: 200e12,
    }),
  );
});
