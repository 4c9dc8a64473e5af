/** Whole network on this machine: start, latency, throughput of commands and queries, memory. Load is pre-signed. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryCodecsOf, readArtefact } from "@pha/contract";
import { randomBytes } from "@pha/crypto";
import { replyPublicKey, STORAGE, sealCommand } from "@pha/protocol";
import { parseHex, toHex } from "@pha/scale";
import {
  type Chain,
  type Client,
  type ContractHandle,
  createClient,
  createSession,
  devSigner,
  type EntryCodecs,
  getContract,
  openQuerySession,
  type QuerySession,
  type Session,
  type Signer,
  selectorOf,
  signExtrinsic,
  signerFromUri,
} from "@pha/sdk";
import { WebSocket } from "ws";
import { type Bench, type Measured, median, percentile } from "./bench.ts";

const SLOT_MS = 1_000;
const SENDERS = 100;
const COMMANDS = 9_000;
const LATENCY_ROUNDS = 12;
const QUERY_MS = 10_000;
const COMMAND_FUEL = 4_000_000n;

interface RunningDevnet {
  readonly process: ChildProcess;
  readonly folder: string;
  readonly readyMs: number;
  readonly blocks: number;
  readonly pid: number;
  readonly client: Client;
  readonly contract: ContractHandle;
  readonly address: Uint8Array;
  readonly entries: EntryCodecs;
}

/** Programs that are measured; those of other checkouts may run beside them. */
const DIST = join(process.env["PHA_ROOT"] ?? process.cwd(), "dist");

async function startDevnet(): Promise<RunningDevnet> {
  const folder = mkdtempSync(join(tmpdir(), "pha-bench-"));
  const child = spawn(process.execPath, [join(DIST, "pha.js"), "dev", "--quiet"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  // A devnet that a failed run leaves behind would be part of the next one's figures.
  process.once("exit", () => child.kill("SIGKILL"));
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.once("exit", (code) => reject(new Error(`the devnet ended with ${code}`)));
  });
  const ready = JSON.parse(line);
  const client = await createClient({
    node: { url: ready.rpc.ws, webSocket: WebSocket },
    workers: [ready.workers[0].url],
    allowSimulated: true,
  });
  const address = parseHex(
    ready.contracts.find((one: { name: string }) => one.name === "counter").address,
  );
  if (!address.ok) throw new Error("the devnet gave no address");
  const record = await client.chain.read({
    key: STORAGE.contract.key(address.value),
    value: STORAGE.contract.value,
  });
  const code =
    record &&
    (await client.chain.read({
      key: STORAGE.code.key(record.codeHash),
      value: STORAGE.code.value,
    }));
  const artefact = code && readArtefact(code);
  if (!artefact?.ok) throw new Error("the counter has no artefact");
  const entries = entryCodecsOf(artefact.value);
  return {
    process: child,
    folder,
    readyMs: ready.readyMs,
    blocks: ready.blocks,
    pid: ready.pid,
    client,
    contract: getContract(client, { address: address.value, entries }),
    address: address.value,
    entries,
  };
}

async function stopDevnet(devnet: RunningDevnet): Promise<void> {
  devnet.client.close();
  const ended = new Promise((resolve) => devnet.process.once("exit", resolve));
  devnet.process.kill("SIGINT");
  await ended;
  rmSync(devnet.folder, { recursive: true, force: true });
}

/** Registration; root key, and requests for what hangs on it; release; first state. Each acts on the one before, finalized. */
const ROUNDS = 4;
/** Networks started for the rows that are measured once per network. */
const STARTS = 5;

async function latency({ client, contract }: RunningDevnet): Promise<readonly Measured[]> {
  const signer = devSigner("Bob");
  const replies: number[] = [];
  const finals: number[] = [];
  const cluster = await client.clusterOf(contract.address);
  for (let i = 0; i < LATENCY_ROUNDS; i++) {
    // Spread over the slot, as people come.
    await new Promise((resolve) => setTimeout(resolve, (i * 137) % SLOT_MS));
    const began = performance.now();
    const { blockNumber } = await contract.command("add", { n: 1n }, { signer });
    replies.push(performance.now() - began);
    for (;;) {
      const root = await client.chain.read({
        key: STORAGE.root.key(cluster),
        value: STORAGE.root.value,
      });
      if (root !== undefined && root.block.number >= blockNumber) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    finals.push(performance.now() - began);
  }
  const against = { name: "slot time", value: SLOT_MS };
  const common = { unit: "ms", better: "smaller", against, samples: LATENCY_ROUNDS } as const;
  return [
    { id: "command/reply-p50", value: median(replies), ...common, floor: 3_000, goal: 1_500 },
    { id: "command/final-p50", value: median(finals), ...common, floor: 4_000, goal: 2_500 },
  ];
}

async function makeSenders(chain: Chain): Promise<readonly Signer[]> {
  const senders = Array.from({ length: SENDERS }, (_, i) => {
    const signer = signerFromUri(`//Bench//${i}`);
    if (!signer.ok) throw new Error("a bench account has a readable URI");
    return signer.value;
  });
  const calls = senders.map(({ publicKey }) => ({
    type: "Balances",
    value: {
      type: "transfer_keep_alive",
      value: { dest: { type: "Id", value: publicKey }, value: 100_000_000_000_000n },
    },
  }));
  await chain.submit(devSigner("Alice"), chain.call("Utility", "batch_all", { calls }));
  return senders;
}

/** Sealed and signed before the clock starts. */
async function prepareLoad(
  { client, contract }: RunningDevnet,
  senders: readonly Signer[],
): Promise<readonly string[]> {
  const { chain } = client;
  const keys = await chain.read({
    key: STORAGE.sealingKeys.key(contract.address),
    value: STORAGE.sealingKeys.value,
  });
  const sealingKey = keys?.at(-1);
  if (sealingKey === undefined) throw new Error("the counter has no sealing key");
  const version = (await chain.rpc.request("state_getRuntimeVersion", [])) as Record<
    string,
    number
  >;
  const context = {
    metadata: chain.metadata,
    genesisHash: chain.genesisHash,
    specVersion: version["specVersion"] ?? 0,
    transactionVersion: version["transactionVersion"] ?? 0,
  };
  const nonces = await Promise.all(
    senders.map(async ({ address }) =>
      Number(await chain.rpc.request("system_accountNextIndex", [address])),
    ),
  );
  const { args } = { args: encodeAdd() };
  const expiry = chain.finality.head.number + 600;
  const load: string[] = [];
  for (let i = 0; i < COMMANDS; i++) {
    const at = i % senders.length;
    const signer = senders[at];
    if (signer === undefined) continue;
    const commandId = randomBytes(32);
    const clear = {
      origin: signer.publicKey,
      contract: contract.address,
      commandId,
      generation: sealingKey.generation,
      epoch: sealingKey.epoch,
      codeHash: undefined,
      fuelLimit: COMMAND_FUEL,
      value: 0n,
      expiry,
    };
    const sealed = sealCommand({
      genesisHash: chain.genesisHash,
      clear,
      body: { selector: selectorOf("add"), args, replyKey: replyPublicKey(randomBytes(32)) },
      sealingKey: sealingKey.key,
      ephemeralSecret: randomBytes(32),
    });
    if (!sealed.ok) throw new Error("a small command fits");
    const call = chain.call("PhalaPhatContracts", "push_command", {
      contract: clear.contract,
      generation: clear.generation,
      epoch: clear.epoch,
      command_id: commandId,
      code_hash: undefined,
      fuel_limit: clear.fuelLimit,
      value: 0n,
      expiry,
      sealed: sealed.value,
    });
    const nonce = (nonces[at] ?? 0) + Math.floor(i / senders.length);
    load.push(toHex(await signExtrinsic(context, signer, call, { nonce })));
  }
  return load;
}

function encodeAdd(): Uint8Array {
  const bytes = new Uint8Array(8);
  bytes[0] = 1;
  return bytes;
}

/** Arithmetic bound of one replica on two cores, see the design's table. */
const BOUND_PER_SECOND = 6_600;
const WINDOW = 400;

async function throughput(devnet: RunningDevnet): Promise<readonly Measured[]> {
  const { client, contract } = devnet;
  const { chain } = client;
  const senders = await makeSenders(chain);
  await chain.finality.reach(chain.finality.head.number + 1);
  const load = await prepareLoad(devnet, senders);
  const session = await ownerSession(devnet);
  const total = async (): Promise<bigint> =>
    (await contract.query("total", {}, { session })).value as bigint;
  const before = await total();
  const began = performance.now();
  let next = 0;
  let refused = 0;
  const send = async (): Promise<void> => {
    while (next < load.length) {
      const extrinsic = load[next++];
      for (;;) {
        try {
          await chain.rpc.request("author_submitExtrinsic", [extrinsic], { timeoutMs: 120_000 });
          break;
        } catch (error) {
          // A full pool asks to wait; anything else is counted.
          if (!String(error).includes("1016") && !/full|immediately/i.test(String(error))) {
            refused += 1;
            break;
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, send));
  const wanted = before + BigInt(load.length - refused);
  let last = before;
  for (let deadline = performance.now() + 180_000; performance.now() < deadline; ) {
    last = await total();
    if (last >= wanted) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const seconds = (performance.now() - began) / 1000;
  return [
    {
      id: "command/per-second",
      value: Number(last - before) / seconds,
      unit: "/s",
      better: "larger",
      against: { name: "arithmetic bound", value: BOUND_PER_SECOND },
      samples: Number(last - before),
      floor: 300,
      goal: 2_000,
      note: `${SENDERS} senders, three replicas, until the state is final; ${refused} refused`,
    },
  ];
}

function ownerSession({ client, address }: RunningDevnet): Promise<Session> {
  return createSession(client.chain, {
    signer: devSigner("Alice"),
    scopes: [{ contract: address, methods: undefined }],
    purpose: "bench",
  });
}

/** CPU seconds that processes have used so far. */
function cpuSeconds(program: string): number {
  let ticks = 0;
  for (const pid of processes(program)) {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

const serverSeconds = (): number =>
  cpuSeconds("worker.js") + cpuSeconds("pruntime.js") + cpuSeconds("engine.js");

const SESSIONS = 3;
const AT_ONCE = 32;

/** Sessions of one certificate; the client verifies every answer on the same two cores. */
async function queries(devnet: RunningDevnet): Promise<readonly Measured[]> {
  const { client, address, entries } = devnet;
  const session = await ownerSession(devnet);
  const open = (): Promise<QuerySession> =>
    openQuerySession(client, { address, entries, session, webSocket: WebSocket });
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, open));
  for (const one of sessions) await one.query("value", {});
  const ask = async (one: QuerySession, until: number): Promise<number> => {
    let asked = 0;
    for (; performance.now() < until; asked++) await one.query("value", {});
    return asked;
  };
  const idleFrom = serverSeconds();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const idlePerSecond = (serverSeconds() - idleFrom) / 3;
  const from = serverSeconds();
  const began = performance.now();
  const counts = await Promise.all(
    sessions.flatMap((one) =>
      Array.from({ length: AT_ONCE }, () => ask(one, performance.now() + QUERY_MS)),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  const asked = counts.reduce((a, b) => a + b, 0);
  const busy = serverSeconds() - from - idlePerSecond * seconds;
  const times: number[] = [];
  const pauseMs = 1000 / (asked / seconds / 2);
  const half = performance.now() + 5_000;
  const pending: Promise<void>[] = [];
  for (let next = performance.now(), i = 0; performance.now() < half; i++) {
    const one = sessions[i % sessions.length];
    const start = performance.now();
    if (one) {
      const answered = one
        .query("value", {})
        .then(() => void times.push(performance.now() - start));
      // Told below, where the devnet is still stopped; until then nobody waits for it.
      answered.catch(() => undefined);
      pending.push(answered);
    }
    next += pauseMs;
    const wait = next - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  await Promise.all(pending);
  for (const one of sessions) one.close();
  return [
    {
      id: "query/per-core-second",
      value: asked / busy,
      unit: "/s",
      better: "larger",
      against: { name: "arithmetic bound", value: 40_000 },
      samples: asked,
      floor: 2_000,
      goal: 12_000,
      note: `queries per CPU second of host, pRuntimes and engines; ${Math.round(asked / seconds)}/s in wall time beside the verifying client`,
    },
    {
      id: "query/p50-half-load",
      value: percentile(times, 0.5),
      unit: "ms",
      better: "smaller",
      against: { name: "engine call alone", value: 0.05 },
      samples: times.length,
      floor: 10,
      goal: 1,
    },
  ];
}

/** Proportional set size of a process in MB. */
function pss(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024;
}

function processes(program: string): readonly number[] {
  const match = join(DIST, program);
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
      return command.includes(match) ? [Number(name)] : [];
    } catch {
      // It ended while we looked.
      return [];
    }
  });
}

/** A Node process that does nothing. */
async function idleNode(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"], { stdio: "ignore" });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const megabytes = pss(child.pid ?? process.pid);
  child.kill("SIGKILL");
  return megabytes;
}

async function memory(): Promise<readonly Measured[]> {
  const sum = (program: string): number =>
    processes(program).reduce((all, pid) => all + pss(pid), 0);
  const node = sum("node.js");
  const pruntimes = processes("pruntime.js").length;
  const host = sum("worker.js") + sum("pruntime.js") / Math.max(1, pruntimes);
  const against = { name: "an idle Node process", value: await idleNode() };
  const common = { unit: "MB", better: "smaller", against, samples: 1 } as const;
  return [
    { id: "memory/node", value: node, ...common, floor: 250, goal: 120 },
    { id: "memory/host-and-one-pruntime", value: host, ...common, floor: 200, goal: 120 },
  ];
}

const devnet: Bench = {
  id: "devnet",
  async run() {
    const starts: number[] = [];
    const blocks: number[] = [];
    const idles: (readonly Measured[])[] = [];
    let running = await startDevnet();
    for (let round = 1; ; round++) {
      starts.push(running.readyMs / 1000);
      blocks.push(running.blocks);
      idles.push(await memory());
      if (round === STARTS) break;
      await stopDevnet(running);
      running = await startDevnet();
    }
    try {
      const start: Measured[] = [
        {
          id: "devnet/start",
          value: median(starts),
          unit: "s",
          better: "smaller",
          against: { name: "rounds × slot", value: (ROUNDS * SLOT_MS) / 1000 },
          samples: STARTS,
          floor: 10,
          goal: 4,
        },
        {
          id: "devnet/start-blocks",
          // The bound holds for every start.
          value: Math.max(...blocks),
          unit: "blocks",
          better: "smaller",
          against: { name: "rounds", value: ROUNDS },
          samples: STARTS,
          floor: 5,
          goal: ROUNDS,
          note: `finalized before each first answer: ${blocks.join(", ")}`,
        },
      ];
      const idle = (idles[0] ?? []).map((row, i) => ({
        ...row,
        value: median(idles.map((rows) => rows[i]?.value ?? Number.NaN)),
        samples: STARTS,
      }));
      return [
        ...start,
        ...idle,
        ...(await latency(running)),
        ...(await queries(running)),
        ...(await throughput(running)),
      ];
    } finally {
      await stopDevnet(running);
    }
  },
};

export const devnetBenches: readonly Bench[] = [devnet];
