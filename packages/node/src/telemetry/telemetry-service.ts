/**
 * Tells telemetry servers of the node. A server that does not answer is asked again ever more seldom; the node does
 * not wait for any.
 *
 * **Bounds**: one connection per server; what a slow server has not taken is not added to beyond `MAX_BUFFERED_BYTES`;
 * messages of servers are not read.
 */
import { WebSocket } from "ws";
import type { Chain, ImportedBlock } from "../chain/chain.ts";
import { toHex } from "../hex.ts";
import type { NodeLog } from "../node-log.ts";
import type { PoolService } from "../pool/pool-service.ts";
import {
  type TelemetryBlock,
  type TelemetryEvent,
  type TelemetryNode,
  telemetryText,
} from "./messages.ts";

const INTERVAL_MS = 5_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
const CONNECT_MS = 10_000;
const MAX_BUFFERED_BYTES = 256 << 10;
const MAX_ANSWER_BYTES = 4_096;

export interface TelemetryOptions {
  /** URLs; none: nothing happens. */
  readonly endpoints: readonly string[];
  readonly node: TelemetryNode;
  readonly chain: Chain;
  readonly pool: PoolService;
  readonly peerCount: () => number;
  readonly log: NodeLog;
  /** @default 5000 */
  readonly intervalMs?: number;
  /** Wait after the first failure; doubles with each. @default 1000 */
  readonly retryMs?: number;
}

export interface TelemetryService {
  stop(): void;
}

export function startTelemetry(options: TelemetryOptions): TelemetryService {
  const { endpoints, chain, pool, log, intervalMs = INTERVAL_MS } = options;
  if (endpoints.length === 0) return { stop: () => undefined };
  const startedAtMs = Date.now();
  const connected: TelemetryEvent = { type: "connected", node: options.node, startedAtMs };
  const interval = (): TelemetryEvent => ({
    type: "interval",
    state: {
      peers: options.peerCount(),
      best: blockOf(chain.best),
      finalized: blockOf(chain.finalized),
      readyTransactions: pool.size.readyCount,
    },
  });
  const retryMs = options.retryMs ?? FIRST_RETRY_MS;
  const links = endpoints.map((url) =>
    openLink(url, { log, retryMs, greeting: () => [connected, interval()] }),
  );
  const tell = (event: TelemetryEvent): void => {
    for (const link of links) link.send(event);
  };
  const unsubscribe = chain.events.subscribe((event) => {
    if (event.type === "best") tell({ type: "import", block: blockOf(event.block) });
    if (event.type === "finalized") tell({ type: "finalized", block: blockOf(chain.finalized) });
  });
  const timer = setInterval(() => tell(interval()), intervalMs);
  timer.unref();
  return {
    stop: () => {
      unsubscribe();
      clearInterval(timer);
      for (const link of links) link.close();
    },
  };
}

function blockOf({ hash, number }: Pick<ImportedBlock, "hash" | "number">): TelemetryBlock {
  return { hash: toHex(hash), number };
}

interface Link {
  send(event: TelemetryEvent): void;
  close(): void;
}

interface LinkOptions {
  readonly log: NodeLog;
  readonly retryMs: number;
  /** Said first on every connection. */
  readonly greeting: () => readonly TelemetryEvent[];
}

function openLink(url: string, { log, retryMs, greeting }: LinkOptions): Link {
  let socket: WebSocket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let waitMs = retryMs;
  let isClosed = false;

  const send = (event: TelemetryEvent): void => {
    if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > MAX_BUFFERED_BYTES) return;
    socket.send(telemetryText(event, Date.now()));
  };
  const connect = (): void => {
    socket = new WebSocket(url, { handshakeTimeout: CONNECT_MS, maxPayload: MAX_ANSWER_BYTES });
    socket.on("open", () => {
      waitMs = retryMs;
      log.info({ url }, "telemetry connected");
      for (const event of greeting()) send(event);
    });
    // `close` follows, and tries again.
    socket.on("error", (error) => log.debug({ url, error: error.message }, "telemetry failed"));
    socket.on("close", () => {
      if (isClosed) return;
      timer = setTimeout(connect, waitMs);
      timer.unref();
      waitMs = Math.min(waitMs * 2, MAX_RETRY_MS);
    });
  };
  connect();
  return {
    send,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      socket?.terminate();
    },
  };
}
