/**
 * Processes are killed while commands are under way. What was accepted is executed, nothing is executed twice, the
 * replicas agree again, and the state outlives the network's own end.
 *
 * Command i adds 4^i, so the counter's base-4 digits say how often each command ran.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cidText, STORAGE } from "@pha/protocol";
import { type ContractHandle, createSession, devSigner, type Signer } from "@pha/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agreed, connectCounter } from "./counter-network.ts";
import {
  type DevnetProcess,
  isAlive,
  isLong,
  type Process,
  startDevnet,
  until,
} from "./start-devnet.ts";

/** Commands under way when a process is killed. */
const COMMANDS = 12;
const folder = mkdtempSync(join(tmpdir(), "pha-e2e-crash-"));
const state = join(folder, "state");
let devnet: DevnetProcess;
let busy: Server;

beforeAll(async () => {
  busy = createServer(() => undefined);
  await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
  devnet = await startDevnet({
    folder,
    state,
    args: ["--port", `${busyPort()}`],
  });
});

afterAll(async () => {
  await devnet?.cleanUp();
  busy?.close();
  rmSync(folder, { recursive: true, force: true });
});

function busyPort(): number {
  const address = busy.address();
  return typeof address === "object" && address ? address.port : 0;
}

/** Sends commands that count in base 4; each ends with its reply, which is told, or with an error. */
function sendAll(
  counter: ContractHandle,
  signer: Signer,
  timeoutMs = 60_000,
  onReply: () => void = () => undefined,
): Promise<readonly PromiseSettledResult<unknown>[]> {
  return Promise.allSettled(
    Array.from({ length: COMMANDS }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * 250));
      const reply = await counter.command("add", { n: 4n ** BigInt(i) }, { signer, timeoutMs });
      onReply();
      return reply;
    }),
  );
}

/** How often each command ran. */
function digitsOf(value: bigint): readonly number[] {
  return Array.from({ length: COMMANDS }, (_, i) => Number((value >> BigInt(2 * i)) & 3n));
}

function find(text: string): Process {
  const found = devnet.processes().find(({ command }) => command.includes(text));
  if (found === undefined) throw new Error(`no process runs ${text}`);
  return found;
}

function kill(text: string): number {
  const { pid } = find(text);
  process.kill(pid, "SIGKILL");
  return pid;
}

test("a busy port is stepped over", () => {
  expect(devnet.file.rpc.ws).not.toContain(`:${busyPort()}`);
});

test("a worker's pRuntime, the gatekeeper's and an engine die under load: every command runs once", async () => {
  const { client, counter } = await connectCounter(devnet.file);
  const signer = devSigner("Bob");
  const sending = sendAll(counter, signer);
  await new Promise((resolve) => setTimeout(resolve, 700));
  const dead = [kill(`pruntime.js --data ${join(state, "worker-1")}`)];
  await new Promise((resolve) => setTimeout(resolve, 700));
  dead.push(kill("engine.js"));
  await new Promise((resolve) => setTimeout(resolve, 700));
  dead.push(kill(`pruntime.js --data ${join(state, "gatekeeper-1")}`));
  const results = await sending;
  client.close();
  const failed = results.filter(({ status }) => status === "rejected");
  expect(failed).toEqual([]);
  const all = (4n ** BigInt(COMMANDS) - 1n) / 3n;
  expect(digitsOf(await agreed(devnet.file, signer, 3, (value) => value === all))).toEqual(
    Array(COMMANDS).fill(1),
  );
  expect(dead.filter(isAlive)).toEqual([]);
});

test("one of three replicas dies: no query fails after the retry, and no ten seconds pass without a reply", async () => {
  const { client, counter } = await connectCounter(devnet.file);
  const reader = devSigner("Eve");
  const scopes = [{ contract: counter.address, methods: undefined }];
  const session = await createSession(client.chain, { signer: reader, scopes });
  const isBack = () =>
    devnet.processes().some(({ command }) => command.includes(join(state, "worker-2")));
  let isOver = false;
  const failures: unknown[] = [];
  let queries = 0;
  const asking = (async () => {
    for (; !isOver; queries++) {
      await counter.query("value", {}, { session }).catch((error: unknown) => failures.push(error));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  const replies: number[] = [performance.now()];
  const sending = (async () => {
    while (!isOver) {
      await counter.command("add", { n: 1n }, { signer: devSigner("Ferdie") });
      replies.push(performance.now());
    }
  })();
  await until("commands have replies", () => replies.length > 2);
  const dead = kill(`pruntime.js --data ${join(state, "worker-2")}`);
  const before = replies.length;
  await until(
    "it is started again, and commands went on",
    () => isBack() && replies.length > before + 3,
  );
  isOver = true;
  await Promise.all([asking, sending]);
  client.close();
  expect(isAlive(dead)).toBe(false);
  expect(failures).toEqual([]);
  expect(queries).toBeGreaterThan(10);
  const gaps = replies.slice(1).map((at, i) => at - (replies[i] ?? at));
  expect(Math.max(...gaps)).toBeLessThan(10_000);
});

test("the state key rotates: a snapshot lies at the node, the former key goes, and all workers start again from it", async () => {
  const before = await agreed(devnet.file, devSigner("Bob"), 3);
  const { client, counter } = await connectCounter(devnet.file);
  try {
    const { chain } = client;
    const contract = await chain.read({
      key: STORAGE.contract.key(counter.address),
      value: STORAGE.contract.value,
    });
    const cluster = contract?.cluster ?? new Uint8Array(32);
    const { key, value } = STORAGE.stateKeys;
    const inner = { type: "rotate_state_key", value: { cluster } };
    const call = chain.call("Sudo", "sudo", {
      call: { type: "PhalaPhatContracts", value: inner },
    });
    await chain.submit(devSigner("Alice"), call);
    const versions = () => chain.read({ key: key(cluster), value });
    await until(
      "the former state key is needed no more",
      async () => (await versions())?.oldest === 1,
      60_000,
    );
    const snapshot = await chain.read({
      key: STORAGE.snapshot.key(cluster),
      value: STORAGE.snapshot.value,
    });
    expect(snapshot?.keyVersion).toBe(1);
    const cid = cidText(snapshot?.manifest.digest ?? new Uint8Array(32));
    expect(await chain.rpc.request("pha_getBlob", [cid])).toMatch(/^0x/);
    expect(await chain.rpc.request("pha_blobUsage", [])).toMatchObject({ blobs: 2 });
    const dead = ["worker-1", "worker-2", "worker-3"].map((name) =>
      kill(`pruntime.js --data ${join(state, name)} `),
    );
    expect(await agreed(devnet.file, devSigner("Bob"), 3)).toBe(before);
    expect(dead.filter(isAlive)).toEqual([]);
  } finally {
    client.close();
  }
});

/** Kills one program under load, sees the devnet end with a code, starts it again with the same state. */
async function dieAndRestart(program: string, signer: Signer): Promise<void> {
  const before = await agreed(devnet.file, devSigner("Bob"), 2);
  const { client, counter } = await connectCounter(devnet.file);
  let replies = 0;
  const sending = sendAll(counter, signer, 8_000, () => {
    replies++;
  });
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  await until("a command has its reply", () => replies > 0);
  const all = devnet.processes();
  kill(program);
  await until("the devnet ends by itself", () => !isAlive(devnet.pid), 20_000);
  await until("it has said why", () => devnet.log().includes("child-failed"), 5_000);
  expect(devnet.log()).toContain("devnet/child-failed");
  expect(existsSync(join(folder, ".pha", "devnet.json"))).toBe(false);
  await until("nothing is left", () => !all.some(({ pid }) => isAlive(pid)), 5_000);
  const results = await sending;
  client.close();
  devnet = await startDevnet({ folder, state });
  // What had its reply was in a finalized block: it counts, once. The rest may count, at most once.
  const isCounted = (value: bigint): boolean =>
    results.every(({ status }, i) => status === "rejected" || digitsOf(value)[i] === 1);
  const digits = digitsOf(await agreed(devnet.file, signer, 2, isCounted));
  expect(digits.every((times) => times <= 1)).toBe(true);
  expect(results.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(0);
  expect(await agreed(devnet.file, devSigner("Bob"), 2)).toBe(before);
}

test("the worker host dies under load: the devnet ends; started again, it has lost nothing", async () => {
  await dieAndRestart("worker.js", devSigner("Charlie"));
});

test("the node dies under load: the same", async () => {
  await dieAndRestart("node.js", devSigner("Dave"));
});

/** Ends the supervisor, sees that nothing is left, and starts it again on what it kept. */
async function endAndRestart(signal: NodeJS.Signals): Promise<number> {
  const all = devnet.processes();
  expect(all.length).toBeGreaterThan(5);
  const { code } = await devnet.end(signal);
  await until("nothing is left", () => !all.some(({ pid }) => isAlive(pid)), 5_000);
  devnet = await startDevnet({ folder, state });
  return code;
}

/** Ctrl-C alone is in `cli.test.ts`; what is there after it, with PHA_LONG. */
const SIGNALS = isLong ? (["SIGKILL", "SIGINT"] as const) : (["SIGKILL"] as const);

test.each(
  SIGNALS,
)("%s of the supervisor leaves nothing running; started again, it has its contracts and values", async (signal) => {
  const signer = devSigner("Bob");
  const before = await agreed(devnet.file, signer, 3);
  expect(before).toBeGreaterThan(0n);
  const { contracts, genesis, accounts } = devnet.file;
  const code = await endAndRestart(signal);
  if (signal === "SIGINT") expect(code).toBe(0);
  expect(devnet.file).toMatchObject({ contracts, genesis, accounts });
  expect(await agreed(devnet.file, signer, 3)).toBe(before);
  const { client, counter } = await connectCounter(devnet.file);
  try {
    const { value } = await counter.command("add", { n: 1n }, { signer });
    expect(value).toBe(before + 1n);
    // Its reply came before its root was final.
    expect(await agreed(devnet.file, signer, 3, (found) => found > before)).toBe(before + 1n);
  } finally {
    client.close();
  }
});

test("the supervisor dies: five seconds later nothing of the devnet runs", async () => {
  const all = devnet.processes();
  expect(all.length).toBeGreaterThan(5);
  await devnet.end("SIGKILL");
  await until("nothing is left", () => !all.some(({ pid }) => isAlive(pid)), 5_000);
});
