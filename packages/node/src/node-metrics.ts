/** Metrics of a node, read when scraped: nothing is counted twice. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Chain } from "./chain/chain.ts";
import type { JournaledStore } from "./database/journaled-store.ts";
import type { PoolService } from "./pool/pool-service.ts";

export interface NodeMetrics {
  countRequest(method: string): void;
  text(): Promise<{ readonly contentType: string; readonly text: string }>;
  stop(): void;
}

export interface MetricSources {
  readonly chain: Chain;
  readonly pool: PoolService;
  readonly store: JournaledStore;
  readonly rpcQueue: () => number;
  readonly rpcConnections: () => number;
  /** Names that get a label of their own; others are counted together. */
  readonly methods: ReadonlySet<string>;
}

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
  const { chain, pool, store } = sources;
  gauge("pha_node_best_block_number", "Height of the best block.", () => chain.best.number);
  gauge(
    "pha_node_finalized_block_number",
    "Newest finalized height.",
    () => chain.finalized.number,
  );
  gauge("pha_pool_ready_total", "Transactions that may enter a block.", () => pool.size.readyCount);
  gauge("pha_pool_future_total", "Transactions that wait for others.", () => pool.size.futureCount);
  gauge("pha_pool_bytes", "Bytes of all transactions in the pool.", () => {
    return pool.size.readyBytes + pool.size.futureBytes;
  });
  gauge("pha_database_pending_bytes", "Bytes that only the journal holds so far.", () =>
    store.pendingBytes(),
  );
  gauge("pha_rpc_queue_total", "Requests that wait for their turn.", sources.rpcQueue);
  gauge("pha_rpc_connections_total", "Open connections.", sources.rpcConnections);
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
  const stop = chain.events.subscribe((event) => {
    if (event.type !== "best") return;
    for (const { hash } of event.enacted) extrinsics.inc(chain.body(hash)?.length ?? 0);
  });
  return {
    countRequest: (method) =>
      requests.inc({ method: sources.methods.has(method) ? method : "other" }),
    text: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    stop: () => {
      stop();
      registry.clear();
    },
  };
}
