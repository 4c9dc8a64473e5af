/** An operator's commands against a running node: keys, stake, chain specs, a folder of another chain. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { ElectionTask } from "@pha/runtime";
import { encode } from "@pha/scale";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryOf } from "./leak-search.ts";
import {
  finalizedOf,
  type LocalNetwork,
  type LocalNode,
  openLocalNetwork,
} from "./local-network.ts";
import { descendantsOf, runPha, until } from "./start-devnet.ts";

const DEV = ["--dev-key", "//Alice", "--rpc-unsafe"];
let network: LocalNetwork;
let node: LocalNode;
/** Session keys that the running node was asked for. */
let rotated = "";

beforeAll(async () => {
  network = await openLocalNetwork();
  node = await network.start("Alice", { chain: "dev", args: DEV });
});
afterAll(() => network?.cleanUp());

/** Runs a command with `--json`, and gives its document. */
async function pha(...args: string[]): Promise<any> {
  const run = await runPha([...args, "--json"], { folder: network.folder });
  expect(run.stderr).not.toContain("✗");
  expect(run.code).toBe(0);
  return run.json();
}
const chain = (...args: string[]) => pha(...args, "--url", node.ws);

test("the node's program is its own thread for elections", async () => {
  const empty = { voters: [], targets: [] };
  const task = { round: 1, snapshot: empty, witness: { voters: 0, targets: 0 }, seats: 1 };
  const dist = join(import.meta.dirname, "..", "..", "..", "dist");
  const thread = new Worker(join(dist, "node.js"), { workerData: "pha-election" });
  const answer = new Promise((resolve, reject) => {
    thread.once("message", (extrinsic) => resolve({ extrinsic }));
    thread.once("error", reject);
    thread.once("exit", () => reject(new Error("the thread gave no answer")));
  });
  thread.postMessage({
    script: readFileSync(join(dist, "runtime-dev.js")),
    task: encode(ElectionTask, { ...task, queued: undefined }),
  });
  // Nobody stands, so nobody is elected.
  expect(await answer).toEqual({ extrinsic: undefined });
});

test("stake: bond, stand, chill, nominate, unbond, withdraw; the status follows", async () => {
  expect(await chain("validator", "status", "alice")).toMatchObject({
    role: "validator",
    hasKeys: true,
  });
  expect(await chain("validator", "status", "bob")).toMatchObject({ role: "none", total: 0 });
  expect(await chain("validator", "bond", "1000", "--from", "bob")).toMatchObject({ call: "bond" });
  expect(await chain("validator", "bond", "500", "--from", "bob")).toMatchObject({
    call: "bond_extra",
  });
  await chain("validator", "nominate", "alice", "--from", "bob");
  const { address } = await chain("validator", "status", "alice");
  expect(await chain("validator", "status", "bob")).toMatchObject({
    role: "nominator",
    total: 1_500_000_000_000_000,
    targets: [address],
  });
  await chain("validator", "validate", "--commission", "2.5", "--from", "bob");
  expect(await chain("validator", "status", "bob")).toMatchObject({
    role: "validator",
    commission: 25_000_000,
    hasKeys: false,
  });
  await chain("validator", "chill", "--from", "bob");
  await chain("validator", "unbond", "400", "--from", "bob");
  await chain("validator", "withdraw", "--from", "bob");
  expect(await chain("validator", "status", "bob")).toMatchObject({
    role: "idle",
    total: 1_500_000_000_000_000,
    active: 1_100_000_000_000_000,
    unlocking: [{ value: 400_000_000_000_000 }],
  });
});

test("keys: made offline, shown, rotated in the running node and set on chain", async () => {
  const folder = join(network.folder, "Alice");
  const made = await pha("key", "generate", "--base-path", folder, "--account", "bob");
  expect(made.proof).toMatch(/^0x[0-9a-f]{256}$/);
  const { keys, block } = await chain("key", "rotate", "--from", "bob");
  expect(block).toBeGreaterThan(0);
  expect(await chain("validator", "status", "bob")).toMatchObject({ hasKeys: true });
  rotated = keys;
  const shown = await pha("key", "inspect", "--base-path", folder);
  const names = shown.map(({ key }: { key: string }) => key);
  expect(names).toContain(made.babe);
  expect(names).toContain(`0x${keys.slice(2, 66)}`);
  expect(names).toContain(`0x${keys.slice(66)}`);
});

/** The process that has the node's keys. */
function signerOf({ pid }: LocalNode): number | undefined {
  return descendantsOf(pid).find(({ command }) => command.includes("signer.js"))?.pid;
}

test("keys: their secrets are in the signer's memory and not in the node's", () => {
  const secrets = [`babe-0x${rotated.slice(2, 66)}`, `gran-0x${rotated.slice(66)}`].flatMap(
    (name) => {
      const text = readFileSync(join(network.folder, "Alice", "keystore", name), "utf8").trim();
      return [
        Buffer.from(text.slice(2), "hex"),
        Buffer.from(text.slice(2)),
        Buffer.from(text.slice(2), "utf16le"),
      ];
    },
  );
  const isHeld = (pid: number | undefined): boolean =>
    [...memoryOf(pid ?? 0)].some((piece) =>
      secrets.some((secret) =>
        Buffer.from(piece.buffer, piece.byteOffset, piece.length).includes(secret),
      ),
    );
  // The positive control.
  expect(isHeld(signerOf(node))).toBe(true);
  expect(isHeld(node.pid)).toBe(false);
});

test("keys: a signer that is killed comes back, and blocks are final as before", async () => {
  const old = signerOf(node);
  expect(old).toBeDefined();
  process.kill(old ?? 0, "SIGKILL");
  await until("another signer is there", () => ![undefined, old].includes(signerOf(node)));
  const final = await finalizedOf(node);
  await until("blocks are final", async () => (await finalizedOf(node)) > final);
});

test("keys are refused to whoever connects when the operator did not open them", async () => {
  const closed = await network.start("Closed", { chain: "dev", args: [], bootNodes: [] });
  const run = await runPha(["key", "rotate", "--url", closed.ws, "--json"], {
    folder: network.folder,
  });
  expect(run.code).toBe(9);
  expect(run.json()["error"]).toMatchObject({ code: "rpc/refused" });
  expect(run.stdout).toContain("rpc/unsafe-method");
  await closed.stop();
});

test("a chain spec is built, made raw and run; a folder of another chain is refused", async () => {
  const [plain, raw] = ["plain.json", "raw.json"].map((name) => join(network.folder, name));
  await pha("chain-spec", "build", "--preset", "local", "--out", String(plain));
  await pha("chain-spec", "raw", String(plain), "--out", String(raw));
  const own = await network.start("Own", { chain: String(raw), args: [], bootNodes: [] });
  expect(own.genesisHash).not.toBe(node.genesisHash);
  await own.stop();
  const again = await runPha(
    ["node", "--chain", "dev", "--base-path", join(network.folder, "Own"), "--json"],
    { folder: network.folder },
  );
  expect(again.code).toBe(3);
  expect(again.json()["error"]).toMatchObject({ code: "database/other-chain" });
  const taken = join(network.folder, "taken.json");
  await chain("chain-spec", "checkpoint", "--out", taken);
  expect(JSON.parse(readFileSync(taken, "utf8"))).toMatchObject({ id: "pha-dev" });
});
