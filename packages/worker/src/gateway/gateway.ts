/**
 * HTTP of the worker host: queries, replies, who runs here, health and metrics.
 *
 * **Bounds**: `GatewayLimits`; long polls are counted apart from other requests. **Trust**: clients are hostile, answers
 * are pRuntime's and prove themselves; nothing here knows a secret.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { MAX_QUERY_BYTES, parseCid } from "@pha/protocol";
import { PhaError, toHex } from "@pha/scale";
import { reasonOf, type WorkerLog } from "../log.ts";
import type { WorkerMetrics } from "../metrics.ts";
import type { Worker } from "../process/worker.ts";
import { type ClientLimits, createClientLimits } from "./client-limits.ts";
import { type HostState, infoJson, unreadiness } from "./info.ts";
import { sendProblem } from "./problem.ts";
import type { QueryRouter } from "./query-router.ts";
import { readBody } from "./read-body.ts";
import type { ReplyStore } from "./reply-store.ts";
import { createSessionServer, SESSION_LIMITS, type SessionLimits } from "./session-socket.ts";

export interface GatewayLimits {
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly maxConnections: number;
  /** Requests under way of one address, and of all. */
  readonly perClient: number;
  readonly total: number;
  readonly pollsPerClient: number;
  readonly polls: number;
  readonly maxWaitMs: number;
  readonly session: SessionLimits;
}

export const GATEWAY_LIMITS: GatewayLimits = {
  maxBodyBytes: MAX_QUERY_BYTES + 128,
  bodyTimeoutMs: 10_000,
  maxConnections: 8_192,
  perClient: 256,
  total: 2_048,
  pollsPerClient: 4_096,
  polls: 8_192,
  maxWaitMs: 30_000,
  session: SESSION_LIMITS,
};

export interface GatewayOptions {
  readonly port: number;
  readonly host: string;
  readonly workers: readonly Worker[];
  readonly router: QueryRouter;
  readonly replies: ReplyStore;
  /** Content of a blob that the host's node keeps. */
  readonly blob: (digest: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly state: () => HostState;
  readonly metrics: WorkerMetrics;
  readonly log: WorkerLog;
  readonly limits?: Partial<GatewayLimits>;
}

export interface Gateway {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

interface Route {
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly path: RegExp;
  readonly isPoll?: boolean;
  /** Health and metrics answer even when everything else is full. */
  readonly isUnlimited?: boolean;
  readonly serve: (exchange: Exchange, argument: string) => Promise<void> | void;
}

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "retry-after",
} as const;
const PREFLIGHT = {
  ...CORS,
  "access-control-allow-methods": "GET, POST, OPTIONS",
  "access-control-allow-headers": "content-type",
  "access-control-allow-private-network": "true",
  "access-control-max-age": "86400",
  "content-length": "0",
} as const;
const BINARY = "application/octet-stream";

/**
 * Binary frames `u32 LE id ‖ SealedQuery` in, `u32 LE id ‖ QueryResponse` out, with an empty proof where it is the last
 * one sent on this connection; failures as text `{ id, code, hint }`.
 */
const SESSION_PATH = "/v1/session";

/** @throws PhaError `worker/port-taken` */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { workers, router, replies, metrics, log } = options;
  const limits: GatewayLimits = { ...GATEWAY_LIMITS, ...options.limits };
  const requests = createClientLimits({ perClient: limits.perClient, total: limits.total });
  const polls = createClientLimits({ perClient: limits.pollsPerClient, total: limits.polls });
  const sessions = createSessionServer(router, limits.session);

  const routes: readonly Route[] = [
    /** SCALE `SealedQuery` in, SCALE `QueryResponse` out, with the read proof of boot, lease, cluster and root at the answer's block. */
    { name: "query", method: "POST", path: /^\/v1\/query$/, serve: query },
    /**
     * SCALE `SignedReply` to the command with this id; `?wait=<ms>` waits up to 30 s for one; `&contract=<id>`
     * names whose command it is, because anybody may use a public command id again with a contract of their
     * own.
     */
    {
      name: "replies",
      method: "GET",
      path: /^\/v1\/replies\/(?:0x)?([0-9a-fA-F]{64})$/,
      isPoll: true,
      serve: reply,
    },
    /** Who runs here, as JSON: hints that a client proves against the chain. */
    {
      name: "info",
      method: "GET",
      path: /^\/v1\/info$/,
      serve: ({ response }) => sendJson(response, 200, infoJson(options.state(), workers)),
    },
    /** SCALE registration and evidence of the boot. */
    {
      name: "evidence",
      method: "GET",
      path: /^\/v1\/evidence\/(?:0x)?([0-9a-fA-F]{64})$/,
      serve: evidence,
    },
    /**
     * 32 bytes of nonce in, evidence out that the boot made now over them: the client verifies it.
     */
    {
      name: "challenge",
      method: "POST",
      path: /^\/v1\/challenge\/(?:0x)?([0-9a-fA-F]{64})$/,
      serve: challenge,
    },
    /** Content of a blob that the host's node keeps; other hosts restore from it. */
    { name: "blobs", method: "GET", path: /^\/v1\/blobs\/([a-z2-7]{1,128})$/, serve: blob },
    /** The host lives. */
    {
      name: "healthz",
      method: "GET",
      path: /^\/healthz$/,
      isUnlimited: true,
      serve: ({ response }) => sendJson(response, 200, { ok: true }),
    },
    /** Node and pRuntimes serve; else 503 with the reasons. */
    {
      name: "readyz",
      method: "GET",
      path: /^\/readyz$/,
      isUnlimited: true,
      serve: ({ response }) => {
        const reasons = unreadiness(options.state(), workers);
        sendJson(response, reasons.length === 0 ? 200 : 503, { ok: reasons.length === 0, reasons });
      },
    },
    /** Prometheus. */
    {
      name: "metrics",
      method: "GET",
      path: /^\/metrics$/,
      isUnlimited: true,
      serve: async ({ response }) => {
        const { contentType, text } = await metrics.text();
        send(response, 200, contentType, Buffer.from(text));
      },
    },
  ];

  async function query({ request, response }: Exchange): Promise<void> {
    const { maxBodyBytes: maxBytes, bodyTimeoutMs: timeoutMs } = limits;
    const body = await readBody(request, { maxBytes, timeoutMs });
    if (!body.ok) {
      if (body.error === "http/aborted") return;
      // What is left of the body is not read: the connection cannot be used again.
      return sendProblem(response, body.error, { ...CORS, connection: "close" });
    }
    const result = await router.answer(body.value);
    if (result.ok)
      send(response, 200, BINARY, Buffer.concat([result.value.sealed, result.value.proof]));
    else sendProblem(response, result.error, CORS);
  }

  async function reply({ request, response, url }: Exchange, id: string): Promise<void> {
    const wait = url.searchParams.get("wait") ?? "0";
    const contract = url.searchParams.get("contract")?.replace(/^0x/, "").toLowerCase();
    if (!/^\d{1,9}$/.test(wait) || (contract !== undefined && !/^[0-9a-f]{64}$/.test(contract)))
      return sendProblem(response, "http/bad-parameter", CORS);
    const abort = new AbortController();
    response.once("close", () => abort.abort());
    request.resume();
    const found = await replies.get(
      `0x${id.toLowerCase()}`,
      contract === undefined ? undefined : `0x${contract}`,
      Math.min(Number(wait), limits.maxWaitMs),
      abort.signal,
    );
    if (found === undefined) sendProblem(response, "reply/not-found", CORS);
    else send(response, 200, BINARY, found);
  }

  function evidence({ response }: Exchange, boot: string): void {
    const wanted = `0x${boot.toLowerCase()}`;
    const worker = workers.find((one) => one.boot && toHex(one.boot.boot) === wanted);
    if (worker?.evidence !== undefined) send(response, 200, BINARY, worker.evidence);
    else sendProblem(response, worker ? "worker/no-evidence" : "query/unknown-boot", CORS);
  }

  /** Fresh evidence of a boot over 32 bytes of the caller's. */
  async function challenge({ request, response }: Exchange, boot: string): Promise<void> {
    const nonce = await readBody(request, { maxBytes: 32, timeoutMs: limits.bodyTimeoutMs });
    if (!nonce.ok) {
      if (nonce.error === "http/aborted") return;
      return sendProblem(response, nonce.error, { ...CORS, connection: "close" });
    }
    if (nonce.value.length !== 32) return sendProblem(response, "worker/bad-nonce", CORS);
    const wanted = `0x${boot.toLowerCase()}`;
    const worker = workers.find((one) => one.boot && toHex(one.boot.boot) === wanted);
    if (worker === undefined) return sendProblem(response, "query/unknown-boot", CORS);
    const outcome = await worker.challenge(nonce.value);
    if (outcome.type === "evidence") send(response, 200, BINARY, outcome.evidence);
    else sendProblem(response, outcome.code, CORS);
  }

  async function blob({ request, response }: Exchange, cid: string): Promise<void> {
    request.resume();
    const digest = parseCid(cid);
    if (!digest.ok) return sendProblem(response, "http/bad-parameter", CORS);
    const content = await options.blob(digest.value);
    if (content) send(response, 200, BINARY, content);
    else sendProblem(response, "blob/not-here", CORS);
  }

  function limitsOf(route: Route): ClientLimits | undefined {
    if (route.isUnlimited) return undefined;
    return route.isPoll ? polls : requests;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "OPTIONS") {
      response.writeHead(204, PREFLIGHT).end();
      return;
    }
    const url = urlOf(request);
    const matches = url && routes.filter(({ path }) => path.test(url.pathname));
    const route = matches?.find(({ method }) => method === request.method);
    if (url === undefined || !matches?.length) return sendProblem(response, "http/not-found", CORS);
    if (route === undefined)
      return sendProblem(response, "http/method-not-allowed", {
        ...CORS,
        allow: matches.map(({ method }) => method).join(", "),
      });
    const client = request.socket.remoteAddress ?? "";
    const own = limitsOf(route);
    const entered = own?.enter(client) ?? "entered";
    response.once("finish", () =>
      metrics.requests.inc({ route: route.name, status: String(response.statusCode) }),
    );
    if (entered !== "entered") {
      const code = entered === "full" ? "http/overloaded" : "http/too-many-requests";
      return sendProblem(response, code, CORS);
    }
    try {
      await route.serve({ request, response, url }, route.path.exec(url.pathname)?.[1] ?? "");
    } finally {
      own?.leave(client);
    }
  }

  const server = createServer(
    { maxHeaderSize: 16 << 10, requestTimeout: 60_000, headersTimeout: 10_000 },
    (request, response) => {
      handle(request, response).catch((error: unknown) => {
        log.error({ path: request.url, reason: reasonOf(error) }, "a request failed");
        sendProblem(response, "http/internal", CORS);
      });
    },
  );
  server.keepAliveTimeout = 65_000;
  server.maxConnections = limits.maxConnections;
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    if (urlOf(request)?.pathname !== SESSION_PATH) {
      socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n");
      return;
    }
    sessions.upgrade(request, socket, head);
  });
  metrics.gauge("pha_gateway_requests", "Requests under way.", () => requests.total);
  metrics.gauge("pha_gateway_polls", "Clients that wait for a reply.", () => polls.total);
  metrics.gauge("pha_gateway_sessions", "Open sessions.", () => sessions.connections);

  const port = await listen(server, options.port, options.host);
  return {
    port,
    url: `http://${options.host}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        sessions.stop();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function urlOf(request: IncomingMessage): URL | undefined {
  try {
    return new URL(request.url ?? "/", "http://host");
  } catch {
    // Not an address: nothing is there.
    return undefined;
  }
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: Uint8Array,
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...CORS,
    "content-type": contentType,
    "content-length": body.length,
    "cache-control": "no-store",
  });
  response.end(body);
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  send(response, status, "application/json", Buffer.from(JSON.stringify(value)));
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new PhaError("worker/port-taken", `the host cannot listen on ${host}:${port}`, {
          cause,
          facts: { host, port },
          hint: "Choose another httpPort, or 0 for any free one.",
        }),
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
