/**
 * A whole network on this machine: one chain node, one worker host, four pRuntimes (one gatekeeper, three workers), on
 * request spare workers, and a host of its own for each further gatekeeper.
 *
 * Started in order, each when the one before is ready; ready itself when a replica has answered a first confidential
 * query whose whole chain of trust this program verified.
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assert, toHex } from "@pha/scale";
import { type Client, createClient, DEV_NAMES, devSigner } from "@pha/sdk";
import { WebSocket } from "ws";
import { type BuiltContract, builtContracts } from "../program/built-contracts.ts";
import { type DevnetAnalytics, startAnalytics } from "./analytics.ts";
import { type Child, startChild } from "./child.ts";
import {
  CHAIN_SPEC_PATH,
  type ConsoleServer,
  type ServedNetwork,
  startConsoleServer,
} from "./console-server.ts";
import { createControl } from "./control.ts";
import type { DevnetFile } from "./devnet-file.ts";
import { type DevnetFaults, prepareFaults } from "./faults.ts";
import { firstAnswer } from "./first-answer.ts";
import { freePort } from "./free-port.ts";
import { type DevnetLayout, openLayout, openPlatform } from "./layout.ts";
import { type NodeLink, startNodeLink } from "./node-link.ts";

export interface DevnetOptions {
  /** Folder that keeps everything; absent: a fresh network that is gone at the end. */
  readonly state: string | undefined;
  readonly rpcPort: number;
  readonly workerPort: number;
  readonly consolePort: number;
  readonly collectorPort: number;
  readonly sitePort: number;
  /** The node has a peer-to-peer address on this machine from the start on, for light clients; else once it is asked. */
  readonly servesLightClients?: boolean;
  /** Workers have ports of RA-TLS on this machine. */
  readonly offersRaTls?: boolean;
  /** Seats of the committee that makes the root key, each with another operator. @default 1 */
  readonly gatekeepers?: number;
  /** pRuntimes that are workers: who holds no seat of the cluster is a spare one. @default `REPLICAS` */
  readonly workers?: number;
  readonly dist: string;
  readonly onPhase: (phase: DevnetPhase) => void;
}

export interface DevnetPhase {
  readonly name: "chain" | "workers" | "keys" | "ready";
  readonly text: string;
  readonly afterMs: number;
}

export interface Devnet {
  readonly file: DevnetFile;
  readonly layout: DevnetLayout;
  readonly client: Client;
  /** Measured since the supervisor was up. */
  readonly readyMs: number;
  /** Finalized blocks until the first confidential answer. */
  readonly blocks: number;
  /** Resolves with the name of a program that ended by itself. */
  readonly failed: Promise<string>;
  /** @param how `keepLogs` keeps a fresh network's folder after a failure */
  stop(how?: { readonly keepLogs: boolean }): Promise<void>;
}

const HOLD_FIRST_BLOCK_MS = 10_000;
/** Of the development cluster. */
export const REPLICAS = 3;

export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const began = performance.now();
  const after = (): number => Math.round(performance.now() - began);
  const layout = await openLayout(options.state, options.dist);
  const contracts = await builtContracts(options.dist);
  const children: Child[] = [];
  const gatekeepers = options.gatekeepers ?? 1;
  const workers = workersOf(options);
  let client: Client | undefined;
  let served: ConsoleServer | undefined;
  let networks: readonly ServedNetwork[] = [];
  let link: NodeLink | undefined;
  let faults: DevnetFaults | undefined;
  let analytics: DevnetAnalytics | undefined;

  async function stop(keepLogs: boolean): Promise<void> {
    await analytics?.stop();
    client?.close();
    await served?.stop();
    // The host first: it still has messages to bring to the node.
    for (const child of [...children].reverse()) await child.stop();
    await link?.stop();
    if (layout.temporary && !keepLogs) await rm(layout.folder, { recursive: true, force: true });
  }

  try {
    // The host's programs load while the node starts; it tries to reach the node until then.
    const rpcPort = await freePort(options.rpcPort);
    link = await startNodeLink(rpcPort);
    const starting = startHosts(
      options,
      layout,
      { url: `ws://127.0.0.1:${rpcPort}`, way: `ws://127.0.0.1:${link.port}` },
      children,
    );
    starting.catch(() => undefined);
    const node = await startNode({ ...options, rpcPort }, layout, contracts, children);
    options.onPhase({
      name: "chain",
      text: `genesis ${node.genesis.slice(0, 10)}…, 1 s blocks`,
      afterMs: after(),
    });
    served = await startConsoleServer({
      folder: join(options.dist, "console"),
      port: options.consolePort,
      networks: () => networks,
      chainSpec: async () => client?.chain.rpc.request("sync_state_genSyncSpec", [true]),
      control: createControl(() => faults),
      analytics: () => analytics?.addresses,
    });
    const host = await starting;
    options.onPhase({
      name: "workers",
      text: `${gatekeepers === 1 ? "1 gatekeeper" : `${gatekeepers} gatekeepers`}, ${workersText(workers)}; TEE: SIMULATED (protects nothing)`,
      afterMs: after(),
    });
    client = await createClient({
      node: { url: node.ws, webSocket: WebSocket },
      workers: [host.url],
      allowSimulated: true,
    });
    analytics = await startAnalytics({ ...options, client, contracts, consoleUrl: served?.url });
    const counter = contracts.find(({ name }) => name === "counter") ?? contracts[0];
    if (counter) await firstAnswer(client, counter);
    const blocks = client.chain.finality.head.number;
    faults = await prepareFaults({
      hostPid: host.pid,
      configFile: join(layout.folder, "worker.json"),
      workers: workerNames(options).map((name) => ({ name, dataDir: join(layout.folder, name) })),
      programs: layout.programs,
      folder: layout.folder,
      link,
    });
    const readyMs = after();
    options.onPhase({
      name: "ready",
      text: "first confidential answer verified",
      afterMs: readyMs,
    });
    const file = describe(
      node,
      { url: host.url, count: workers },
      contracts,
      client,
      served?.url ?? null,
      analytics,
    );
    const common = {
      workers: [...new Set(file.workers.map(({ url }) => url))],
      genesis: file.genesis,
      development: true,
    };
    networks = [
      { name: "Local devnet", node: file.rpc.ws, ...common },
      { name: "Local devnet by light client", chainSpec: CHAIN_SPEC_PATH, ...common },
    ];
    const failed = Promise.race(children.map((child) => child.ended.then(() => child.name)));
    return {
      file,
      layout,
      client,
      readyMs,
      blocks,
      failed,
      stop: (how) => stop(how?.keepLogs ?? false),
    };
  } catch (error) {
    await stop(true);
    throw error;
  }
}

interface StartedNode {
  readonly addresses: readonly string[];
  readonly ws: string;
  readonly http: string;
  readonly genesis: string;
}

async function startNode(
  options: DevnetOptions,
  layout: DevnetLayout,
  contracts: readonly BuiltContract[],
  children: Child[],
): Promise<StartedNode> {
  const operators = operatorsOf(options);
  const config = {
    chain: "dev",
    authority: "//Alice",
    // The first block carries every registration: no empty one goes before it, no straggler costs another round.
    holdFirstBlock: {
      transactions: operators.length + workersOf(options),
      maxMs: HOLD_FIRST_BLOCK_MS,
    },
    rpcPort: options.rpcPort,
    dataDir: join(layout.folder, "node"),
    // Otherwise when the console's light client asks for its specification: libp2p is a third of a second of a start.
    network: {
      listen: ["/ip4/127.0.0.1/tcp/0/ws"],
      opens: options.servesLightClients ? "at-start" : "on-demand",
    },
    devnet: {
      simulatedRoot: toHex(layout.simulatedRoot),
      measurement: toHex(layout.measurement),
      contracts: contracts.map(({ name, file }) => ({ name, file })),
      workers: REPLICAS,
      gatekeeperOperators: operators,
    },
  };
  const configFile = join(layout.folder, "node.json");
  await writeFile(configFile, JSON.stringify(config));
  const { ready } = await startChild({
    name: "chain node",
    program: layout.programs.node,
    args: ["--config", configFile],
    logFile: join(layout.logs, "node.log"),
    children,
  });
  // What our node prints when it is ready.
  const { rpc, genesisHash, addresses } = ready as {
    readonly rpc: { readonly ws: string; readonly http: string };
    readonly genesisHash: string;
    readonly addresses: readonly string[];
  };
  return { ws: rpc.ws, http: rpc.http, genesis: genesisHash, addresses };
}

/** The operators' accounts; funded by the development genesis. The first runs the workers as well. */
function operatorsOf({ gatekeepers = 1 }: DevnetOptions): readonly string[] {
  const others = Array.from(
    { length: gatekeepers - 1 },
    (_, i) => `${OPERATOR}//gatekeeper-${i + 2}`,
  );
  return [OPERATOR, ...others];
}

const OPERATOR = "//Operator";

function workersOf({ workers = REPLICAS }: DevnetOptions): number {
  return workers;
}

function workersText(workers: number): string {
  return workers === REPLICAS
    ? `${workers} workers`
    : `${workers} workers, ${workers - REPLICAS} of them spare`;
}

function workerNames(options: DevnetOptions): readonly string[] {
  return Array.from({ length: workersOf(options) }, (_, i) => `worker-${i + 1}`);
}

/** Where hosts find the node. */
interface NodeAddress {
  /** Its own, which the configurations name: their parts run without this supervisor too. */
  readonly url: string;
  /** For now: through what a fault can cut. */
  readonly way: string;
}

interface StartedHost {
  readonly url: string;
  readonly pid: number;
}

async function startHosts(
  options: DevnetOptions,
  layout: DevnetLayout,
  node: NodeAddress,
  children: Child[],
): Promise<StartedHost> {
  const workers = workerNames(options);
  const common = { layout, node, children, offersRaTls: options.offersRaTls === true };
  const hosts = operatorsOf(options).map((operatorUri, i) =>
    startHost(
      i === 0
        ? {
            ...common,
            operatorUri,
            name: "worker",
            names: ["gatekeeper-1", ...workers],
            port: options.workerPort,
          }
        : {
            ...common,
            operatorUri,
            name: `gatekeeper-${i + 1}`,
            names: [`gatekeeper-${i + 1}`],
            port: 0,
          },
    ),
  );
  const [first] = await Promise.all(hosts);
  assert(first, "there is a first operator");
  return first;
}

interface HostOptions {
  readonly layout: DevnetLayout;
  readonly node: NodeAddress;
  readonly children: Child[];
  readonly operatorUri: string;
  readonly offersRaTls: boolean;
  /** Of its configuration and log. */
  readonly name: string;
  /** Of its pRuntimes. */
  readonly names: readonly string[];
  readonly port: number;
}

async function startHost({
  layout,
  node,
  children,
  operatorUri,
  offersRaTls,
  name: host,
  names,
  port,
}: HostOptions): Promise<StartedHost> {
  const pruntimes = await Promise.all(
    names.map(async (name) => ({
      name,
      ...(name.startsWith("gatekeeper")
        ? { role: "gatekeeper" }
        : { role: "worker", ...(offersRaTls && { raTlsPort: 0 }) }),
      ...(await openPlatform(layout, name)),
    })),
  );
  const config = {
    nodeUrl: node.url,
    httpPort: await freePort(port),
    operatorUri,
    pruntimeProgram: layout.programs.pruntime,
    pruntimes,
  };
  const configFile = join(layout.folder, `${host}.json`);
  await writeFile(configFile, JSON.stringify(config), { mode: 0o600 });
  const { ready } = await startChild({
    name: host === "worker" ? "worker host" : `host of ${host}`,
    program: layout.programs.worker,
    args: ["--config", configFile, "--node", node.way],
    logFile: join(layout.logs, `${host}.log`),
    children,
  });
  // What our worker host prints when it is ready.
  const { url, pid } = ready as { readonly url: string; readonly pid: number };
  return { url, pid };
}

function describe(
  node: StartedNode,
  workers: { readonly url: string; readonly count: number },
  contracts: readonly BuiltContract[],
  client: Client,
  consoleUrl: string | null,
  analytics: DevnetAnalytics | undefined,
): DevnetFile {
  return {
    ready: true,
    pid: process.pid,
    rpc: { ws: node.ws, http: node.http },
    workers: Array.from({ length: workers.count }, (_, i) => ({
      name: `worker-${i + 1}`,
      url: workers.url,
    })),
    console: consoleUrl,
    collector: analytics?.addresses.collector ?? null,
    site: analytics?.addresses.page ?? null,
    accounts: DEV_NAMES.map((name) => ({
      name: name.toLowerCase(),
      address: devSigner(name).address,
      secretUri: `//${name}`,
    })),
    contracts: contracts.map(({ name, address }) => ({ name, address: toHex(address) })),
    genesis: toHex(client.chain.genesisHash),
    peers: node.addresses,
  };
}
