/** Puts a worker host together and takes it apart again. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { equalBytes, PhaError, toHex } from "@pha/scale";
import { connectWebSocket, type RpcTransport, type Signer, signerFromUri } from "@pha/sdk";
import { WebSocket } from "ws";
import { createBlobSource } from "./blobs/blob-source.ts";
import { type ChannelPort, startChannelPort } from "./channels/channel-port.ts";
import { createChipKeys } from "./collateral/chip-keys.ts";
import { type CollateralKeeper, startCollateralKeeper } from "./collateral/keeper.ts";
import { createTdQuotes } from "./collateral/td-quotes.ts";
import {
  DEFAULT_COLLATERAL,
  operatorSecret,
  type PRuntimeConfig,
  type WorkerHostConfig,
} from "./config.ts";
import { type Gateway, type GatewayLimits, startGateway } from "./gateway/gateway.ts";
import { type HostState, infoJson } from "./gateway/info.ts";
import { createProofCache } from "./gateway/proof-cache.ts";
import { createQueryRouter } from "./gateway/query-router.ts";
import { createReplyStore } from "./gateway/reply-store.ts";
import { reasonOf, SILENT, type WorkerLog } from "./log.ts";
import { createWorkerMetrics } from "./metrics.ts";
import type { ChainHead } from "./node/header-json.ts";
import { createNodeClient, type NodeClient } from "./node/node-client.ts";
import { type AheadLink, openAhead } from "./process/open-ahead.ts";
import { createLinkOpener, type OpenLink, type PRuntimeCommand } from "./process/pruntime-link.ts";
import { createRollingUpgrade } from "./process/rolling-upgrade.ts";
import { startWorker, type Worker, type WorkerLimits } from "./process/worker.ts";
import { createBatchSource } from "./relay/batch-source.ts";
import { createClusterWatch, STATE_NUMBERS } from "./relay/cluster-watch.ts";
import { startSubmitter } from "./submit/submitter.ts";

export interface WorkerHostOptions {
  readonly log?: WorkerLog;
  /** Given by tests instead of a connection to `nodeUrl`. */
  readonly node?: NodeClient;
  /** Given by tests instead of processes. */
  readonly openLink?: OpenLink;
  readonly gatewayLimits?: Partial<GatewayLimits>;
  readonly workerLimits?: Partial<WorkerLimits>;
  /** Before the collateral keeper's first round. @default 10000 */
  readonly keeperFirstMs?: number;
  /** The host cannot go on. @default throws */
  readonly onFailure?: (error: unknown) => void;
  /** How long to try to reach the node and, then, pRuntimes. @default 60000 */
  readonly startTimeoutMs?: number;
}

export interface WorkerHost {
  readonly url: string;
  readonly port: number;
  readonly genesisHash: Uint8Array;
  readonly workers: readonly Worker[];
  /** What `/v1/info` says. */
  info(): object;
  /** Goes over to the programs that another configuration names, one pRuntime after the other; nothing else changes. */
  upgrade(config: WorkerHostConfig): void;
  stop(): Promise<void>;
}

const RETRY_MS = 200;
/** The node is asked for its head when it said nothing for so long: a notification may be lost. */
const HEAD_POLL_MS = 2_000;
const UPGRADE_TICK_MS = 250;

/** @throws PhaError `worker/…`, `worker-config/…`, `rpc/…` */
export async function startWorkerHost(
  config: WorkerHostConfig,
  options: WorkerHostOptions = {},
): Promise<WorkerHost> {
  const log = options.log ?? SILENT;
  const until = performance.now() + (options.startTimeoutMs ?? 60_000);
  const signer = signerOf(await operatorSecret(config));
  for (const { dataDir } of config.pruntimes) await mkdir(dataDir, { recursive: true });
  const openLink = options.openLink ?? createLinkOpener(log);
  // Loading a pRuntime takes longest: it happens while the host connects to its node.
  const processes = config.pruntimes.map((pruntime): Process => {
    const command = commandOf(config, pruntime);
    return { config: pruntime, command, ahead: openAhead(openLink, command) };
  });
  try {
    const node = options.node ?? createNodeClient(await connect(config.nodeUrl, until, log));
    return await assemble(config, options, { signer, node, processes, until });
  } catch (error) {
    for (const { ahead } of processes) ahead.abandon();
    throw error;
  }
}

interface Process {
  readonly config: PRuntimeConfig;
  readonly command: PRuntimeCommand;
  readonly ahead: AheadLink;
}

async function assemble(
  config: WorkerHostConfig,
  options: WorkerHostOptions,
  parts: {
    readonly signer: Signer;
    readonly node: NodeClient;
    readonly processes: readonly Process[];
    readonly until: number;
  },
): Promise<WorkerHost> {
  const { signer, node, processes, until } = parts;
  const log = options.log ?? SILENT;
  const onFailure = options.onFailure ?? throwLater;
  const metrics = createWorkerMetrics();
  let head: ChainHead | undefined;
  let headAt = 0;
  let workers: readonly Worker[] = [];
  const genesis = await node.genesis();
  const genesisHash = await node.genesisHash();
  const submitter = await startSubmitter({
    node,
    signer,
    log,
    onLaneBroken: (boot, reason) => {
      const worker = workers.find((one) => one.boot && equalBytes(one.boot.boot, boot));
      worker?.restart(reason);
    },
    onOutcome: (kind, outcome) => metrics.extrinsics.inc({ kind, outcome }),
  });
  /** Of the round before; 0 of no round. */
  const collateral = { unlisted: 0, endsAtMs: 0 };
  const keeping =
    config.collateral ??
    ((await node.chainType()) === "Live" ? DEFAULT_COLLATERAL : (false as const));
  const keeper: CollateralKeeper | undefined = keeping
    ? startCollateralKeeper({
        ...keeping,
        node,
        submit: submitter.collateral,
        log,
        ...(options.keeperFirstMs !== undefined && { firstMs: options.keeperFirstMs }),
        onRound({ fetched, unlisted, endsAtMs }, brought) {
          for (const { source, failure } of fetched)
            metrics.collateralFetches.inc({ source, outcome: failure?.code ?? "answered" });
          for (const { slot } of brought) metrics.collateralBrought.inc({ item: slot.type });
          collateral.unlisted = unlisted.length;
          collateral.endsAtMs = Number(endsAtMs ?? 0n);
        },
      })
    : undefined;
  const chipKeys = createChipKeys({
    amdUrl: keeping ? keeping.services.amdUrl : undefined,
    folder: join(config.pruntimes[0]?.dataDir ?? ".", "chip-keys"),
    log,
  });
  const tdQuotes = createTdQuotes({ url: config.tdQuoteUrl, log });
  const replies = createReplyStore();
  const proofs = createProofCache(node.readProof);
  const batches = createBatchSource(node.syncBatch);
  const blobs = createBlobSource(node, config.peers ?? [], log);
  /** When there were queries of late, the next block's proofs are fetched ahead. */
  let answeredAt = Number.NEGATIVE_INFINITY;
  const clusterWatch = createClusterWatch({
    node,
    log,
    clusters: () => [
      ...new Map(
        workers
          .flatMap(({ status }) => status?.clusters ?? [])
          .map(({ cluster }) => [toHex(cluster), cluster]),
      ).values(),
    ],
  });
  const ready = new Set<string>();
  let onAllReady: () => void = () => {};
  const allReady = new Promise<void>((resolve) => {
    onAllReady = resolve;
  });
  workers = processes.map(({ config: { name, role, dataDir }, command, ahead }) =>
    startWorker({
      name,
      role,
      command,
      openLink: ahead.open,
      node,
      batches,
      blobs,
      chipKeys,
      tdQuotes,
      dataDir,
      submitter: {
        open: submitter.open,
        message: submitter.message,
        close: submitter.close,
        register(lane, args) {
          keeper?.sawEvidence(args);
          return submitter.register(lane, args);
        },
      },
      genesis,
      operator: signer.publicKey,
      log,
      metrics,
      onReady: () => {
        ready.add(name);
        if (ready.size === config.pruntimes.length) onAllReady();
      },
      onSynced: ({ boot }, status) => {
        if (boot === undefined || performance.now() - answeredAt > 10_000) return;
        for (const { cluster, phase } of status.clusters)
          if (phase === "serving")
            proofs
              .get({ block: status.head, identity: boot.identity, boot: boot.boot, cluster })
              .catch((error: unknown) =>
                log.debug({ reason: reasonOf(error) }, "a proof could not be fetched"),
              );
      },
      onReply: replies.put,
      ...(options.workerLimits && { limits: options.workerLimits }),
    }),
  );

  const upgrades = createRollingUpgrade({
    workers,
    running: new Map(processes.map(({ config: { name }, command }) => [name, command])),
    log,
  });
  const upgrading = setInterval(() => upgrades.tick(performance.now()), UPGRADE_TICK_MS);

  function onHead(next: ChainHead): void {
    headAt = performance.now();
    // Finality never goes back: the node was replaced, perhaps by one of another network.
    if (head !== undefined && next.number < head.number) check();
    if (head !== undefined && next.number <= head.number) return;
    head = next;
    for (const worker of workers) worker.onHead(next);
    clusterWatch.onHead(next);
    submitter.onHead(next);
  }

  let isChecking = false;
  function check(): void {
    if (isChecking) return;
    isChecking = true;
    checkNode(node, genesisHash)
      .then((next) => {
        if (head === undefined || next.number >= head.number) onHead(next);
      })
      .catch((error: unknown) => {
        if (isOtherChain(error)) onFailure(error);
        else log.debug({ reason: reasonOf(error) }, "the node does not answer");
      })
      .finally(() => {
        isChecking = false;
      });
  }

  const unfollow = await node.followFinalized(onHead);
  // The first notification may come before the subscription is known.
  check();
  const poll = setInterval(() => {
    if (performance.now() - headAt >= HEAD_POLL_MS) check();
  }, HEAD_POLL_MS);

  const state = (): HostState => ({
    genesisHash,
    finalized: head,
    headAgeMs: performance.now() - headAt,
    clusterState: clusterWatch.stateOf,
    upgrade: { phase: upgrades.phase, waiting: upgrades.waiting },
    raTlsPorts: new Map([...channelPorts].map(([name, { port }]) => [name, port])),
  });
  const channelPorts = new Map<string, ChannelPort>();
  const router = createQueryRouter({ workers, proofs, metrics, log });
  let gateway: Gateway | undefined;
  const stop = async (): Promise<void> => {
    await gateway?.stop();
    clearInterval(poll);
    clearInterval(upgrading);
    unfollow();
    chipKeys.stop();
    tdQuotes.stop();
    await keeper?.stop();
    await Promise.all([...channelPorts.values()].map((one) => one.stop()));
    submitter.stop();
    await Promise.all(workers.map((worker) => worker.stop()));
    node.close();
    metrics.stop();
  };
  try {
    gateway = await startGateway({
      port: config.httpPort,
      host: config.httpHost ?? "127.0.0.1",
      workers,
      router: {
        answer(body) {
          answeredAt = performance.now();
          return router.answer(body);
        },
      },
      replies,
      blob: (digest) => blobs.get(digest, 0),
      state,
      metrics,
      log,
      ...(options.gatewayLimits && { limits: options.gatewayLimits }),
    });
    const host = config.raTlsHost ?? "127.0.0.1";
    for (const [i, { name, raTlsPort: port }] of config.pruntimes.entries()) {
      const worker = workers[i];
      if (port === undefined || worker === undefined) continue;
      channelPorts.set(name, await startChannelPort({ host, port, worker, metrics, log }));
    }
    await within(allReady, until, () => {
      const missing = config.pruntimes.filter(({ name }) => !ready.has(name));
      return new PhaError("worker/not-ready", "a pRuntime did not start in time", {
        facts: { names: missing.map(({ name }) => name).join(" "), ended: lastEnds(workers) },
        hint: "Its lines in the host's log say why.",
      });
    });
  } catch (error) {
    await stop();
    throw error;
  }
  metrics.gauge("pha_worker_finalized_block_number", "Newest finalized block.", () => {
    return head?.number ?? 0;
  });
  metrics.gauge("pha_submit_waiting", "Extrinsics that wait.", () => submitter.size.waiting);
  metrics.gauge("pha_submit_in_flight", "Extrinsics under way.", () => submitter.size.inFlight);
  metrics.gauge("pha_submit_bytes", "Bytes of both.", () => submitter.size.bytes);
  metrics.gauge("pha_submit_operator_balance_plancks", "Operator's free balance.", () =>
    Number(submitter.balance),
  );
  if (keeper !== undefined) {
    metrics.gauge("pha_keeper_unlisted_phones", "Phones on Google's list and not on chain.", () => {
      return collateral.unlisted;
    });
    metrics.gauge(
      "pha_keeper_ends_seconds",
      "Unix time at which the first of the chain's items that were looked at ends; 0 of none.",
      () => collateral.endsAtMs / 1_000,
    );
  }
  if (channelPorts.size > 0)
    metrics.gaugePerWorker("pha_channel_open", "Open connections to ports of RA-TLS.", () =>
      workers.map(({ name, channels }) => [name, channels]),
    );
  metrics.gauge("pha_gateway_replies", "Replies kept.", () => replies.size.replies);
  metrics.gaugePerWorker("pha_worker_head_block_number", "Newest block of a pRuntime.", () =>
    workers.map(({ name, head: own }) => [name, own]),
  );
  metrics.gaugePerWorker("pha_worker_registered", "1 when the boot is registered.", () =>
    workers.map(({ name, status }) => [name, status?.registered === true ? 1 : 0]),
  );
  metrics.gaugePerWorker(
    "pha_worker_cluster_state",
    "Worst state of a pRuntime's clusters: 0 pending, 1 live, 2 late, 3 disputed, 4 halted.",
    () =>
      workers.flatMap(({ name, status }): [string, number][] => {
        const states = (status?.clusters ?? []).flatMap(
          ({ cluster }) => clusterWatch.stateOf(cluster) ?? [],
        );
        const numbers = states.map((one) => STATE_NUMBERS[one]);
        return numbers.length === 0 ? [] : [[name, Math.max(...numbers)]];
      }),
  );
  metrics.gauge(
    "pha_worker_upgrade_state",
    "Programs of pRuntimes: 0 as wanted, 1 being replaced, 2 stalled.",
    () => UPGRADE_NUMBERS[upgrades.phase],
  );
  log.info({ url: gateway.url, genesis: toHex(genesisHash) }, "worker host is up");

  return {
    url: gateway.url,
    port: gateway.port,
    genesisHash,
    workers,
    info: () => infoJson(state(), workers),
    upgrade(next) {
      const programs = wantedPrograms(config, next);
      if (programs === undefined)
        log.warn({}, "only programs change while the host runs: start it again for the rest");
      upgrades.want(programs ?? new Map());
    },
    stop,
  };
}

const UPGRADE_NUMBERS = { idle: 0, rolling: 1, stalled: 2 } as const;

/** Commands by name; `undefined` when anything else than programs differs. */
function wantedPrograms(
  before: WorkerHostConfig,
  next: WorkerHostConfig,
): ReadonlyMap<string, PRuntimeCommand> | undefined {
  const rest = ({ pruntimeProgram: _, pruntimes, ...others }: WorkerHostConfig) =>
    JSON.stringify({ ...others, pruntimes: pruntimes.map(({ program: _, ...one }) => one) });
  if (rest(before) !== rest(next)) return undefined;
  return new Map(next.pruntimes.map((one) => [one.name, commandOf(next, one)]));
}

function commandOf(
  { pruntimeProgram, provider }: WorkerHostConfig,
  { name, dataDir, platformFile, launcher, program = pruntimeProgram }: PRuntimeConfig,
): PRuntimeCommand {
  const [launched, ...rest] = launcher ?? [];
  if (launched !== undefined) return { name, program: launched, args: rest, isLauncher: true };
  const usual = platformFile === undefined ? "auto" : "simulated";
  const platform = platformFile === undefined ? [] : ["--platform", platformFile];
  const args = ["--data", dataDir, "--provider", provider ?? usual, ...platform];
  return { name, program, args };
}

function signerOf(uri: string): Signer {
  const signer = signerFromUri(uri);
  if (signer.ok) return signer.value;
  throw new PhaError("worker-config/bad-operator", "the operator's secret is not a secret URI", {
    hint: "It is a phrase or starts with //, as in //Operator.",
  });
}

async function connect(url: string, until: number, log: WorkerLog): Promise<RpcTransport> {
  for (;;) {
    try {
      return await connectWebSocket({ url, webSocket: WebSocket, reconnectMs: RETRY_MS });
    } catch (error) {
      if (performance.now() > until) throw error;
      log.debug({ url }, "the node does not answer yet");
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function lastEnds(workers: readonly Worker[]): string {
  return workers.flatMap(({ name, lastEnd }) => (lastEnd ? [`${name}: ${lastEnd}`] : [])).join(" ");
}

/** Head of the node, which must still be on the network of the start. */
async function checkNode(node: NodeClient, genesisHash: Uint8Array): Promise<ChainHead> {
  if (!equalBytes(await node.genesisHash(), genesisHash))
    throw new PhaError("worker/other-network", "the node is on another network now", {
      hint: "Start the worker host anew when the network was reset.",
    });
  return node.finalizedHead();
}

function isOtherChain(error: unknown): boolean {
  return error instanceof PhaError && error.code === "worker/other-network";
}

function within<T>(promise: Promise<T>, until: number, failure: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(failure()), Math.max(0, until - performance.now()));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
