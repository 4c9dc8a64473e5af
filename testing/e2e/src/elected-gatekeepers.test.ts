/**
 * A committee is elected: two of three operators whom root named stand, and somebody else with more behind it. At the end of
 * a term the three have the seats, make a generation, every cluster is handed over, and the one that did not stand erases.
 *
 * A devnet has no terms: this one's state transition has another number for their length.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devSigner, signerFromUri } from "@pha/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChangedPrograms, changedPrograms } from "./changed-programs.ts";
import { agreed, connectCounter } from "./counter-network.ts";
import { writeGatekeeperHost } from "./gatekeeper-host.ts";
import { type DevnetProcess, startDevnet, until } from "./start-devnet.ts";
import { type Part, startPart } from "./start-part.ts";

const TERM_BLOCKS = 40;
const ATTEMPTS = 8;
const folder = mkdtempSync(join(tmpdir(), "pha-e2e-elected-"));
const state = join(folder, "state");
const alice = devSigner("Alice");
let programs: ChangedPrograms;
let devnet: DevnetProcess;
let newcomer: Part | undefined;

/** What `pha gatekeeper status --json` promises. */
interface Status {
  readonly generation: number;
  readonly oldest: number;
  readonly threshold: number;
  readonly seats: number;
  readonly handover?: { readonly pending: number };
  readonly operators: readonly { readonly operator: string; readonly seat?: number }[];
}

/** An operator's host uses the account, too: who is outbid there sends again, as the error says. */
async function pha(...args: readonly string[]): Promise<Record<string, unknown>> {
  let last = "";
  for (let i = 0; i < ATTEMPTS; i++) {
    const run = await devnet.pha("gatekeeper", ...args, "--url", devnet.file.rpc.ws, "--json");
    if (run.code === 0) return run.json();
    last = run.stdout + run.stderr;
    if (!last.includes("chain/extrinsic-gone")) break;
  }
  throw new Error(last);
}

// What our own command prints.
const status = async () => (await pha("status")) as unknown as Status;

function addressOf(uri: string): string {
  const signer = signerFromUri(uri);
  if (!signer.ok) throw new Error(`${uri} is a secret URI`);
  return signer.value.address;
}

/** Bonds and stands; governance approved the seat, as one that has nothing in common with the others. */
async function stand(uri: string, bond: string): Promise<void> {
  const name = uri.replaceAll("/", "");
  const labels = ["entity", "provider", "vendor", "line"].flatMap((label) => [
    `--${label}`,
    `${label} ${name}`,
  ]);
  await pha("approve", addressOf(uri), ...labels, "--from", "alice");
  await pha("bond", bond, "--from", uri);
  await pha("stand", "--commission", "5", "--from", uri);
}

beforeAll(async () => {
  const text = "termBlocks:0";
  programs = await changedPrograms([
    { file: "runtime-dev.js", text, instead: `termBlocks:${TERM_BLOCKS}` },
  ]);
  const args = ["--gatekeepers", "3"];
  devnet = await startDevnet({ folder, state, dist: programs.dist, args });
}, 240_000);

afterAll(async () => {
  await newcomer?.stop();
  await devnet?.cleanUp();
  programs?.remove();
  rmSync(folder, { recursive: true, force: true });
});

test("who stands with most behind it has the seats from the end of a term on; the generation is theirs", async () => {
  const stay = ["//Operator", "//Operator//gatekeeper-2"];
  const before = await status();
  expect(before.operators.map(({ operator }) => operator)).toEqual(
    [...stay, "//Operator//gatekeeper-3"].map(addressOf),
  );
  const { client, counter } = await connectCounter(devnet.file);
  try {
    await counter.command("add", { n: 5n }, { signer: alice });
    for (const uri of stay) await stand(uri, "200");
    await stand("//Bob", "100");
    await pha("bond", "300", "--from", "charlie");
    await pha("nominate", addressOf("//Bob"), "--from", "charlie");
    writeGatekeeperHost(state, "newcomer", "//Bob");
    newcomer = await startPart("newcomer", state);
    await until(
      "the newcomer is registered",
      () => newcomer?.log().includes("registered") ?? false,
    );
    const seats = { seats: 3, term_reward: 0n, min_online: 0 };
    const inner = { type: "PhaGatekeeperStake", value: { type: "set_seats", value: seats } };
    const { chain } = client;
    await chain.submit(alice, chain.call("Sudo", "sudo", { call: inner }));
  } finally {
    client.close();
  }
  const elected = [...stay, "//Bob"].map(addressOf).sort();
  let now = before;
  await until(
    "the elected have a generation of their own, and all older ones are retired",
    async () => {
      now = await status();
      const seated = now.operators.filter(({ seat }) => seat !== undefined);
      const isTheirs = `${seated.map(({ operator }) => operator).sort()}` === `${elected}`;
      return isTheirs && now.oldest === now.generation && now.handover === undefined;
    },
    300_000,
  );
  expect(now.operators.map(({ operator }) => operator).sort()).toEqual(elected);
  expect(now).toMatchObject({ threshold: 2, seats: 3 });
  expect(now.generation).toBeGreaterThan(before.generation);
  const { accounts } = await pha("candidates", "bob");
  expect(accounts).toContainEqual(expect.objectContaining({ role: "candidate", hasSeat: true }));
  await until("who did not stand erases its shares", () =>
    readFileSync(join(state, "logs", "gatekeeper-3.log"), "utf8").includes("shares-erased"),
  );
  const after = await connectCounter(devnet.file);
  try {
    await after.counter.command("add", { n: 7n }, { signer: alice });
  } finally {
    after.client.close();
  }
  expect(await agreed(devnet.file, alice, 3, (value) => value === 12n)).toBe(12n);
}, 600_000);
