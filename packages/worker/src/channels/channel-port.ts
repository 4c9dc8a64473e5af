/**
 * The port on which other servers reach a worker's attested channels. TLS is pRuntime's: whoever connects is given to it as
 * bytes, and nothing is decided here but how many may be there.
 *
 * **Bounds**: `MAX_CONNECTIONS`, `MAX_PER_CLIENT` an address; a connection that is silent for `silentMs` ends, as does one
 * whose client closed its half. What pRuntime demands of a handshake is its own.
 */
import { createServer, type Socket } from "node:net";
import { PhaError } from "@pha/scale";
import { type ClientLimits, createClientLimits } from "../gateway/client-limits.ts";
import type { WorkerLog } from "../log.ts";
import type { WorkerMetrics } from "../metrics.ts";
import type { Worker } from "../process/worker.ts";
import { MAX_LINES } from "./channel-lines.ts";

const MAX_CONNECTIONS = MAX_LINES;
const MAX_PER_CLIENT = 4;
const SILENT_MS = 120_000;
/** Further ones are counted as one. */
const MAX_OUTCOMES = 32;

export interface ChannelPort {
  readonly port: number;
  stop(): Promise<void>;
}

export interface ChannelPortOptions {
  readonly host: string;
  readonly port: number;
  readonly worker: Pick<Worker, "name" | "channel">;
  readonly metrics: Pick<WorkerMetrics, "channels">;
  readonly log: WorkerLog;
  /** @default 120000 */
  readonly silentMs?: number;
}

/** @throws PhaError `worker/channel-port-taken` */
export async function startChannelPort(options: ChannelPortOptions): Promise<ChannelPort> {
  const { host, worker, metrics, log, silentMs = SILENT_MS } = options;
  const clients = createClientLimits({ perClient: MAX_PER_CLIENT, total: MAX_CONNECTIONS });
  const sockets = new Set<Socket>();
  /** pRuntime names some of them. */
  const outcomes = new Set<string>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const client = socket.remoteAddress ?? "";
    socket.on("error", () => {});
    const refusal = admit(clients, client);
    if (refusal !== undefined) return refuse(socket, refusal);
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      clients.leave(client);
    });
    socket.setNoDelay(true);
    socket.setTimeout(silentMs, () => socket.destroy());
    if (!worker.channel(socket, (why) => count(why || "left"))) refuse(socket, "worker/overloaded");
  });

  function refuse(socket: Socket, why: string): void {
    socket.destroy();
    count(why);
  }

  function count(why: string): void {
    log.debug({ pruntime: worker.name, why }, "a connection to the port of RA-TLS is over");
    if (outcomes.size < MAX_OUTCOMES) outcomes.add(why);
    metrics.channels.inc({ name: worker.name, outcome: outcomes.has(why) ? why : "other" });
  }

  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new PhaError(
          "worker/channel-port-taken",
          `the host cannot listen on ${host}:${options.port}`,
          {
            cause,
            facts: { host, port: options.port },
            hint: "Choose another raTlsPort, or 0 for any free one.",
          },
        ),
      ),
    );
    server.listen(options.port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : options.port);
    });
  });
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function admit(clients: ClientLimits, client: string): string | undefined {
  switch (clients.enter(client)) {
    case "entered":
      return undefined;
    case "client-full":
      return "http/too-many-requests";
    case "full":
      return "worker/overloaded";
  }
}
