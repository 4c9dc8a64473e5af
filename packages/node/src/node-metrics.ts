/**
 * Metrics of a node, read when scraped: nothing is counted twice.
 *
 * `substrate_*` are named and labelled as those of Substrate's nodes, so that their dashboards work; `pha_*` are ours.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { AuthoredBlock } from "./authoring/authoring-service.ts";
import type { Chain } from "./chain/chain.ts";
import type { JournaledStore } from "./database/journaled-store.ts";
import type { PoolService } from "./pool/pool-service.ts";

export interface NodeMetrics {
  countRequest(method: string): void;
  noteAuthored(block: AuthoredBlock): void;
  text(): Promise<{ readonly contentType: string; readonly text: string }>;
  stop(): void;
}

export interface MetricSources {
  readonly chain: Chain;
  readonly pool: PoolService;
  readonly store: JournaledStore;
  readonly name: string;
  readonly version: string;
  readonly isAuthority: boolean;
  /** Round of the GRANDPA voter, and its set. */
  readonly finality: () => { readonly setId: bigint; readonly round: bigint };
  readonly peerCount: () => number;
  readonly isSyncing: () => boolean;
  /** Highest block that anyone named. */
  readonly highestBlock: () => number;
  /** Solutions of elections that this node mined. */
  readonly minedSolutions: () => number;
  readonly rpcQueue: () => number;
  readonly rpcConnections: () => number;
  /** Names that get a label of their own; others are counted together. */
  readonly methods: ReadonlySet<string>;
}

/** Bits of `substrate_node_roles`. */
const ROLES = { full: 1, authority: 4 } as const;
const BUILD_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createMetrics(sources: MetricSources): NodeMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  addSubstrateMetrics(registry, gauge, sources);
  const { chain, pool, store } = sources;
  gauge("pha_pool_future_total", "Transactions that wait for others.", () => pool.size.futureCount);
  gauge("pha_pool_bytes", "Bytes of all transactions in the pool.", () => {
    return pool.size.readyBytes + pool.size.futureBytes;
  });
  gauge("pha_database_pending_bytes", "Bytes that only the journal holds so far.", () =>
    store.pendingBytes(),
  );
  gauge("pha_rpc_queue_total", "Requests that wait for their turn.", sources.rpcQueue);
  gauge("pha_rpc_connections_total", "Open connections.", sources.rpcConnections);
  gauge(
    "pha_election_mined_solutions_total",
    "Solutions of elections that this node submitted.",
    sources.minedSolutions,
  );
  const requests = new Counter({
    name: "pha_rpc_requests_total",
    help: "Requests begun, by method.",
    labelNames: ["method"],
    registers: [registry],
  });
  const extrinsics = new Counter({
    name: "pha_node_extrinsics_total",
    help: "Extrinsics in blocks of the best chain.",
    registers: [registry],
  });
  const reorgs = new Counter({
    name: "pha_node_retracted_blocks_total",
    help: "Blocks that were best once and are not any more.",
    registers: [registry],
  });
  const built = new Histogram({
    name: "substrate_proposer_block_constructed",
    help: "Seconds to make an own block.",
    buckets: BUILD_SECONDS,
    registers: [registry],
  });
  const included = new Gauge({
    name: "substrate_proposer_number_of_transactions",
    help: "Extrinsics in the last own block.",
    registers: [registry],
  });
  const stop = chain.events.subscribe((event) => {
    if (event.type !== "best") return;
    reorgs.inc(event.retracted.length);
    for (const { hash } of event.enacted) extrinsics.inc(chain.body(hash)?.length ?? 0);
  });
  return {
    countRequest: (method) =>
      requests.inc({ method: sources.methods.has(method) ? method : "other" }),
    noteAuthored: ({ extrinsicCount, durationMs }) => {
      built.observe(durationMs / 1_000);
      included.set(extrinsicCount);
    },
    text: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    stop: () => {
      stop();
      registry.clear();
    },
  };
}

function addSubstrateMetrics(
  registry: Registry,
  gauge: (name: string, help: string, read: () => number) => void,
  sources: MetricSources,
): void {
  const { chain, pool, isAuthority } = sources;
  new Gauge({
    name: "substrate_block_height",
    help: "Heights of the chain, by status.",
    labelNames: ["status"],
    registers: [registry],
    collect() {
      this.set({ status: "best" }, chain.best.number);
      this.set({ status: "finalized" }, chain.finalized.number);
      this.set({ status: "sync_target" }, Math.max(sources.highestBlock(), chain.best.number));
    },
  });
  new Gauge({
    name: "substrate_build_info",
    help: "Name and version; the value is always 1.",
    labelNames: ["name", "version"],
    registers: [registry],
  }).set({ name: sources.name, version: sources.version }, 1);
  const startedAt = Math.floor(Date.now() / 1_000);
  gauge("substrate_process_start_time_seconds", "Unix time of the start.", () => startedAt);
  gauge("substrate_node_roles", "Roles as bits: 1 full node, 4 authority.", () =>
    isAuthority ? ROLES.authority : ROLES.full,
  );
  gauge("substrate_finality_grandpa_round", "Round of the voter.", () =>
    Number(sources.finality().round),
  );
  gauge("pha_finality_set_id", "Set of voters of the present round.", () =>
    Number(sources.finality().setId),
  );
  gauge("substrate_sub_libp2p_peers_count", "Connected peers.", sources.peerCount);
  gauge("substrate_sub_libp2p_is_major_syncing", "1 when blocks of peers are missing.", () =>
    sources.isSyncing() ? 1 : 0,
  );
  gauge(
    "substrate_ready_transactions_number",
    "Transactions that may enter a block.",
    () => pool.size.readyCount,
  );
  gauge("substrate_number_leaves", "Tips of the tree of blocks that are not final.", () => {
    const blocks = chain.unfinalized();
    const parents = new Set(blocks.map(({ header }) => header.parentHash.join()));
    return Math.max(1, blocks.filter(({ hash }) => !parents.has(hash.join())).length);
  });
}
