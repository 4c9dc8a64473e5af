/** Metrics of a worker host; gauges are read when scraped. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface WorkerMetrics {
  readonly restarts: Counter<"name">;
  readonly batches: Counter<"name">;
  readonly batchBytes: Counter<"name">;
  readonly messages: Counter<"name">;
  readonly replies: Counter<"name">;
  readonly reads: Counter<"name" | "kind" | "found">;
  readonly extrinsics: Counter<"kind" | "outcome">;
  /** From the node's word of a finalized block to its batch at a pRuntime. */
  readonly deliverySeconds: Histogram;
  readonly queries: Counter<"outcome">;
  readonly querySeconds: Histogram;
  readonly requests: Counter<"route" | "status">;
  readonly channels: Counter<"name" | "outcome">;
  readonly collateralFetches: Counter<"source" | "outcome">;
  readonly collateralBrought: Counter<"item">;
  gauge(name: string, help: string, read: () => number): void;
  gaugePerWorker(
    name: string,
    help: string,
    read: () => readonly (readonly [name: string, value: number])[],
  ): void;
  text(): Promise<{ readonly contentType: string; readonly text: string }>;
  stop(): void;
}

/** Of all durations, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createWorkerMetrics(): WorkerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
  ): Counter<L> => new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
  const histogram = (name: string, help: string): Histogram =>
    new Histogram({ name, help, buckets: BUCKETS, registers: [registry] });
  return {
    restarts: counter("pha_worker_restarts_total", "Restarts of a pRuntime.", ["name"]),
    batches: counter("pha_relay_batches_total", "Batches of blocks given to a pRuntime.", ["name"]),
    batchBytes: counter("pha_relay_batch_bytes", "Bytes of these batches.", ["name"]),
    messages: counter("pha_worker_messages_total", "Messages a pRuntime sent to the chain.", [
      "name",
    ]),
    replies: counter("pha_worker_replies_total", "Replies to commands.", ["name"]),
    reads: counter("pha_relay_reads_total", "Reads of chain state for a pRuntime.", [
      "name",
      "kind",
      "found",
    ]),
    extrinsics: counter("pha_submit_extrinsics_total", "Extrinsics settled or dropped.", [
      "kind",
      "outcome",
    ]),
    queries: counter("pha_gateway_queries_total", "Queries, by outcome.", ["outcome"]),
    deliverySeconds: histogram(
      "pha_relay_delivery_seconds",
      "From the word of a finalized block to its batch at a pRuntime.",
    ),
    querySeconds: histogram("pha_gateway_query_seconds", "From request to answer."),
    collateralFetches: counter("pha_keeper_fetches_total", "Answers of sources of collateral.", [
      "source",
      "outcome",
    ]),
    collateralBrought: counter("pha_keeper_items_total", "Items brought to the chain, by kind.", [
      "item",
    ]),
    channels: counter(
      "pha_channel_connections_total",
      "Connections to ports of RA-TLS that are over, by why they ended; `left` of those whose client left.",
      ["name", "outcome"],
    ),
    requests: counter("pha_gateway_requests_total", "HTTP requests.", ["route", "status"]),
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    },
    gaugePerWorker(name, help, read) {
      new Gauge({
        name,
        help,
        labelNames: ["name"],
        registers: [registry],
        collect() {
          for (const [worker, value] of read()) this.set({ name: worker }, value);
        },
      });
    },
    text: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    stop: () => registry.clear(),
  };
}
