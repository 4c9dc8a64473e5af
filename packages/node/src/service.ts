/** Puts a node together and takes it apart again. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { loadNodeKey } from "@pha/network";
import { type FirstBlockHold, startAuthoring } from "./authoring/authoring-service.ts";
import type { ElectionThread } from "./authoring/election-thread.ts";
import { startSolutionMiner } from "./authoring/solution-miner.ts";
import { startBlobKeeper } from "./blobs/blob-keeper.ts";
import { openEmbeddedBlobStore } from "./blobs/embedded-blob-store.ts";
import { Chain } from "./chain/chain.ts";
import type { NodeRuntime } from "./chain/node-runtime.ts";
import { type ChainSpec, genesisBlock } from "./chain-spec.ts";
import type { NetworkConfig } from "./config.ts";
import { type ChainDatabase, openChainDatabase } from "./database/chain-database.ts";
import { type FolderLock, lockFolder } from "./database/folder-lock.ts";
import type { JournaledStore } from "./database/journaled-store.ts";
import { openStore } from "./database/open-database.ts";
import type { Pruning } from "./database/pruning.ts";
import { genesisAuthoritySet } from "./finality/genesis-authorities.ts";
import { startGrandpa } from "./finality/grandpa-service.ts";
import { toHex } from "./hex.ts";
import { networkOnDemand } from "./network/network-on-demand.ts";
import { type NodeNetwork, parseAddress, startNodeNetwork } from "./network/node-network.ts";
import { servedChain } from "./network/served-chain.ts";
import { startByWarp } from "./network/warp-start.ts";
import { type NodeLog, SILENT } from "./node-log.ts";
import { createMetrics } from "./node-metrics.ts";
import {
  type EquivocationReporter,
  startEquivocationReporter,
} from "./offences/equivocation-reporter.ts";
import { PoolService } from "./pool/pool-service.ts";
import type { SignatureQueue } from "./pool/signature-queue.ts";
import type { PoolLimits } from "./pool/transaction.ts";
import type { RpcLimits } from "./rpc/limits.ts";
import { nodeMethods } from "./rpc/methods/index.ts";
import { startRpcServer } from "./rpc/server.ts";
import type { Keystore, SessionKeys } from "./signer/keystore.ts";
import { startTelemetry } from "./telemetry/telemetry-service.ts";

/** A node that makes no block for so many slots reports itself unhealthy. */
const UNHEALTHY_SLOTS = 30;
const MAX_BLOB_BYTES = 4 * 2 ** 30;

export interface NodeOptions {
  readonly spec: ChainSpec;
  readonly runtime: NodeRuntime;
  /** Absent: everything is in memory and gone at the end. */
  readonly dataDir?: string | undefined;
  /** Which states are kept. @default what the database has, or `defaultPruning` */
  readonly pruning?: Pruning | undefined;
  /** Of a new database. @default "archive" */
  readonly defaultPruning?: Pruning | undefined;
  /** @default 4294967296 */
  readonly maxBlobBytes?: number;
  /** First port to try; 0 takes any. @default 9944 */
  readonly rpcPort?: number;
  /** @default "127.0.0.1" */
  readonly rpcHost?: string;
  /** Author and finalize with these keys. Absent: the node follows. */
  readonly keystore?: Keystore | undefined;
  /** What the RPC methods of keys handle. Absent: they are not served. */
  readonly sessionKeys?: SessionKeys | undefined;
  readonly log?: NodeLog;
  /** @default 1000 */
  readonly slotDurationMs?: number;
  readonly holdFirstBlock?: FirstBlockHold | undefined;
  readonly rpcLimits?: Partial<RpcLimits>;
  readonly poolLimits?: Partial<PoolLimits>;
  /** The one whose `verify` the runtime was made with. */
  readonly signatures?: SignatureQueue;
  /** Absent: elections are computed in this thread. */
  readonly elections?: ElectionThread;
  /** The node cannot go on; it has stopped writing. */
  readonly onFailure: (error: unknown) => void;
  /** Absent: the node is alone. */
  readonly network?: NetworkConfig | undefined;
  readonly name?: string;
  readonly version?: string;
  /** URLs of telemetry servers, `ws://` or `wss://`. @default none: nothing is told to anybody */
  readonly telemetry?: readonly string[] | undefined;
}

export interface RunningNode {
  readonly chain: Chain;
  readonly pool: PoolService;
  readonly genesisHash: string;
  /** Multiaddrs at which peers reach it, the peer id at the end; none when it is alone. */
  readonly addresses: readonly string[];
  readonly rpc: { readonly http: string; readonly ws: string; readonly port: number };
  stop(): Promise<void>;
}

/** @throws PhaError of database and RPC server */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { dataDir } = options;
  const lock = dataDir === undefined ? undefined : await lockFolder(dataDir);
  try {
    return await startIn(options, lock);
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

async function startIn(options: NodeOptions, lock: FolderLock | undefined): Promise<RunningNode> {
  const { spec, runtime, onFailure, log = SILENT, slotDurationMs = 1_000 } = options;
  const genesis = genesisBlock(spec);
  const store: JournaledStore = openStore({ directory: options.dataDir, onFailure });
  const database = openChainDatabase(store, {
    genesisHash: genesis.hash,
    pruning: options.pruning,
    defaultPruning: options.defaultPruning,
  });
  if (database.genesisHash() === undefined) putGenesis(database, spec, genesis);

  const onListenerError = (error: unknown): void => {
    log.error({ error: describe(error) }, "a listener failed");
  };
  const { hash: genesisHash } = genesis;
  const verifier = options.signatures?.header;
  const openChain = (): Chain =>
    new Chain({ database, runtime, genesisHash, verifier, onListenerError });
  if (options.network?.sync === "warp" && isWithoutBlocks(database))
    await startByWarp({
      database,
      ready: () => store.ready(),
      genesisHeader: genesis.header,
      log,
      network: { ...networkIdentity(options.network, options), chain: servedChain(openChain()) },
    });
  await database.settle(() => store.ready());
  const chain = openChain();
  const { keystore } = options;
  const limits = options.poolLimits;
  const pool = new PoolService({
    chain,
    runtime,
    onListenerError,
    signatures: options.signatures,
    ...(limits ? { limits } : {}),
  });
  const reporter = startEquivocationReporter({ chain, runtime, pool, keystore, log });
  const network = await networkOf(options, { chain, database, pool, store, log, reporter });
  const grandpa = startGrandpa({
    chain,
    database,
    keystore,
    log,
    onFailure,
    onEquivocation: (proof) => reporter.voted(proof),
    ...(network ? { network: network.grandpa } : {}),
  });
  network?.onJustification((justification) => grandpa.importJustification(justification));

  const blobs = startBlobKeeper({
    chain,
    store: openEmbeddedBlobStore(store, options.maxBlobBytes ?? MAX_BLOB_BYTES),
  });
  const nodeName = options.name ?? "Pha Node";
  const nodeVersion = options.version ?? "0.1.0";
  const methods = nodeMethods({
    chain,
    runtime,
    pool,
    grandpa,
    blobs,
    network,
    spec,
    nodeName,
    nodeVersion,
    isAuthority: keystore !== undefined,
    sessionKeys: options.sessionKeys,
  });
  let lastBestAt = Date.now();
  const watchBest = chain.events.subscribe((event) => {
    if (event.type === "best") lastBestAt = Date.now();
  });
  const miner = keystore
    ? startSolutionMiner({
        chain,
        runtime,
        pool,
        keystore,
        log,
        slotDurationMs,
        onFailure,
        elections: options.elections,
      })
    : undefined;
  const metrics = createMetrics({
    chain,
    pool,
    store,
    name: nodeName,
    version: nodeVersion,
    isAuthority: keystore !== undefined,
    finality: () => grandpa.position(),
    peerCount: () => network?.peers().length ?? 0,
    isSyncing: () => network?.isSyncing() ?? false,
    highestBlock: () => network?.highestBlock() ?? 0,
    minedSolutions: () => miner?.submitted() ?? 0,
    rpcQueue: () => server.queued(),
    rpcConnections: () => server.connections(),
    methods: new Set(Object.keys(methods)),
  });
  const server = await startRpcServer({
    methods,
    port: options.rpcPort ?? 9944,
    ...(options.rpcHost === undefined ? {} : { host: options.rpcHost }),
    ...(options.rpcLimits ? { limits: options.rpcLimits } : {}),
    health: () => ({
      ok: Date.now() - lastBestAt < UNHEALTHY_SLOTS * slotDurationMs,
      facts: {
        best: chain.best.number,
        finalized: chain.finalized.number,
        ready: pool.size.readyCount,
      },
    }),
    metrics: () => metrics.text(),
    onInternalError: (method, error) =>
      log.error({ method, error: describe(error) }, "an RPC method failed"),
    onRequest: (method) => metrics.countRequest(method),
  });
  const authoring = keystore
    ? startAuthoring({
        chain,
        runtime,
        pool,
        keystore,
        log,
        ready: () => store.ready(),
        slotDurationMs,
        onFailure,
        holdFirstBlock: options.holdFirstBlock,
        isHeld: () => network?.holdsAuthoring() ?? false,
        onAuthored: (block) => metrics.noteAuthored(block),
      })
    : undefined;
  const telemetry = startTelemetry({
    endpoints: options.telemetry ?? [],
    node: {
      chain: spec.name,
      name: nodeName,
      version: nodeVersion,
      genesisHash: toHex(genesisHash),
      networkId: network?.peerId ?? "",
      isAuthority: keystore !== undefined,
    },
    chain,
    pool,
    peerCount: () => network?.peers().length ?? 0,
    log,
  });
  log.info(
    {
      chain: spec.name,
      genesis: toHex(genesisHash),
      best: chain.best.number,
      finalized: chain.finalized.number,
      pruning: database.pruning,
      port: server.port,
    },
    "node started",
  );

  return {
    chain,
    pool,
    genesisHash: toHex(genesisHash),
    addresses: network?.listenAddresses() ?? [],
    rpc: {
      http: `http://${server.host}:${server.port}`,
      ws: `ws://${server.host}:${server.port}`,
      port: server.port,
    },
    stop: async () => {
      await authoring?.stop();
      miner?.stop();
      telemetry.stop();
      await server.close();
      await network?.stop();
      grandpa.stop();
      reporter.stop();
      pool.stop();
      watchBest();
      blobs.stop();
      metrics.stop();
      await options.signatures?.stop();
      await options.elections?.stop();
      await store.close();
      await lock?.release();
    },
  };
}

interface NetworkParts {
  readonly chain: Chain;
  readonly database: ChainDatabase;
  readonly pool: PoolService;
  readonly store: JournaledStore;
  readonly log: NodeLog;
  readonly reporter: EquivocationReporter;
}

async function networkOf(
  options: NodeOptions,
  parts: NetworkParts,
): Promise<NodeNetwork | undefined> {
  const { network } = options;
  if (network === undefined) return undefined;
  const start = (): Promise<NodeNetwork> => openNetwork(network, options, parts);
  return network.opens === "on-demand" ? networkOnDemand(start) : start();
}

/** @throws PhaError `network/…`, `node-key/…` */
function openNetwork(
  config: NetworkConfig,
  options: NodeOptions,
  { chain, database, pool, store, log, reporter }: NetworkParts,
): Promise<NodeNetwork> {
  const { seed, listen, reservedOnly, agent } = networkIdentity(config, options);
  return startNodeNetwork({
    chain,
    database,
    pool,
    signatures: options.signatures,
    log,
    onFailure: options.onFailure,
    onAnnounced: (header) => reporter.announced(header),
    isAuthority: options.keystore !== undefined,
    slotDurationMs: options.slotDurationMs ?? 1_000,
    ready: () => store.ready(),
    seed,
    listen,
    bootNodes: config.bootNodes ?? [],
    reserved: config.reserved ?? [],
    reservedOnly,
    agent,
  });
}

function isWithoutBlocks(database: ChainDatabase): boolean {
  return database.finalized().number === 0 && database.unfinalized().length === 0;
}

/** Who the node is to its peers, and where it is to be found. */
function networkIdentity(config: NetworkConfig, options: NodeOptions) {
  const { dataDir, keystore, name = "Pha Node", version = "0.1.0" } = options;
  const keyFile = config.nodeKey ?? (dataDir === undefined ? undefined : join(dataDir, "node-key"));
  const role: "authority" | "full" = keystore === undefined ? "full" : "authority";
  return {
    role,
    seed: keyFile === undefined ? new Uint8Array(randomBytes(32)) : loadNodeKey(keyFile),
    listen: config.listen ?? [],
    bootNodes: (config.bootNodes ?? []).map(parseAddress),
    reserved: (config.reserved ?? []).map(parseAddress),
    reservedOnly: config.reservedOnly ?? false,
    agent: `${name}/${version}`,
  };
}

function putGenesis(
  database: ChainDatabase,
  spec: ChainSpec,
  { hash, header, encodedHeader, state }: ReturnType<typeof genesisBlock>,
): void {
  database.putGenesis({ hash, header, encodedHeader, body: [], state }, genesisAuthoritySet(spec));
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
