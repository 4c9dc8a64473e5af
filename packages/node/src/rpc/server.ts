/**
 * JSON-RPC over WebSocket and HTTP on one port, with `/health` and `/metrics`.
 *
 * **Bounds**: `RpcLimits`. **Trust**: everything that connects is hostile.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { assert, PhaError } from "@pha/scale";
import { type WebSocket, WebSocketServer } from "ws";
import { Connection, type Outlet } from "./connection.ts";
import { Dispatcher } from "./dispatcher.ts";
import { DEFAULT_RPC_LIMITS, type RpcLimits } from "./limits.ts";
import type { MethodGroup } from "./method.ts";

/** Ports tried after a busy one. */
const PORT_ATTEMPTS = 20;

export interface RpcServerOptions {
  readonly methods: MethodGroup;
  /** First port to try; 0 takes any. */
  readonly port: number;
  /** @default "127.0.0.1" */
  readonly host?: string;
  readonly limits?: Partial<RpcLimits>;
  readonly health: () => { readonly ok: boolean; readonly facts: object };
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly onInternalError: (method: string, error: unknown) => void;
  readonly onRequest?: (method: string) => void;
}

export interface RpcServer {
  readonly port: number;
  readonly host: string;
  connections(): number;
  queued(): number;
  close(): Promise<void>;
}

export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const limits = { ...DEFAULT_RPC_LIMITS, ...options.limits };
  const host = options.host ?? "127.0.0.1";
  const dispatcher = new Dispatcher(limits, () => performance.now());
  const connections = new Set<Connection>();
  let nextId = 1;

  const connect = (outlet: Outlet): Connection => {
    const connection = new Connection({
      id: nextId++,
      outlet,
      methods: options.methods,
      limits,
      lane: dispatcher.lane(),
      newSubscriptionId: () => randomBytes(12).toString("base64url"),
      onInternalError: options.onInternalError,
      onRequest: options.onRequest ?? (() => {}),
    });
    connections.add(connection);
    connection.onClose(() => connections.delete(connection));
    return connection;
  };

  const http = createServer((request, response) => {
    void answerHttp(request, response, { options, limits, connect, connections });
  });
  http.requestTimeout = limits.deadlineMs;
  http.headersTimeout = 10_000;
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.maxRequestBytes,
  });
  http.on("upgrade", (request, socket, head) => {
    if (connections.size >= limits.maxConnections) {
      socket.end("HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => serveSocket(client, socket, connect));
  });

  const port = await listen(http, host, options.port);
  return {
    port,
    host,
    connections: () => connections.size,
    queued: () => dispatcher.queued,
    close: async () => {
      for (const client of sockets.clients) client.close(1001, "the node stops");
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      // A client that does not answer the close must not hold up the stop.
      setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
        http.closeAllConnections();
      }, 200).unref();
      http.closeIdleConnections();
      await closed;
      for (const connection of connections) connection.close();
    },
  };
}

function serveSocket(
  client: WebSocket,
  socket: Duplex,
  connect: (outlet: Outlet) => Connection,
): void {
  let isCorked = false;
  /** What is sent in one turn of the event loop leaves in one write. */
  const cork = (): void => {
    if (isCorked) return;
    isCorked = true;
    socket.cork();
    process.nextTick(() => {
      isCorked = false;
      socket.uncork();
    });
  };
  const connection = connect({
    canNotify: true,
    send: (text) => {
      if (text === "" || client.readyState !== client.OPEN) return;
      cork();
      client.send(text);
    },
    bufferedBytes: () => client.bufferedAmount,
    close: (reason) => {
      client.close(1013, reason);
      setTimeout(() => client.terminate(), 1_000).unref();
    },
  });
  client.on("message", (data, isBinary) => {
    if (isBinary) client.close(1003, "requests are text");
    else connection.receive(data.toString());
  });
  client.on("close", () => connection.close());
  // Protocol errors close the socket, and "close" follows.
  client.on("error", () => client.terminate());
}

interface HttpContext {
  readonly options: RpcServerOptions;
  readonly limits: RpcLimits;
  readonly connect: (outlet: Outlet) => Connection;
  readonly connections: ReadonlySet<Connection>;
}

async function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  context: HttpContext,
): Promise<void> {
  const { options, limits, connect, connections } = context;
  response.setHeader("access-control-allow-origin", "*");
  if (request.method === "OPTIONS") {
    response.setHeader("access-control-allow-methods", "GET, POST, OPTIONS");
    response.setHeader("access-control-allow-headers", "content-type");
    response.writeHead(204).end();
    return;
  }
  const path = (request.url ?? "/").split("?")[0];
  if (request.method === "GET" && path === "/health") {
    const { ok, facts } = options.health();
    sendJson(response, ok ? 200 : 503, JSON.stringify(facts));
    return;
  }
  if (request.method === "GET" && path === "/metrics") {
    const { contentType, text } = await options.metrics();
    response.setHeader("content-type", contentType);
    response.writeHead(200).end(text);
    return;
  }
  if (request.method !== "POST") {
    response.writeHead(405, { allow: "GET, POST, OPTIONS" }).end();
    return;
  }
  if (connections.size >= limits.maxConnections) {
    response.writeHead(503).end();
    return;
  }
  const body = await readBody(request, limits.maxRequestBytes);
  if (body === undefined) {
    response.writeHead(413, { connection: "close" }).end();
    return;
  }
  const connection = connect({
    canNotify: false,
    send: (text) => {
      if (!response.writableEnded) sendJson(response, 200, text);
      connection.close();
    },
    bufferedBytes: () => 0,
    close: () => response.destroy(),
  });
  response.on("close", () => connection.close());
  connection.receive(body);
}

function sendJson(response: ServerResponse, status: number, text: string): void {
  response.setHeader("content-type", "application/json");
  response.writeHead(status).end(text);
}

/** `undefined` when it is too large or the client left. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of request) {
      if (!(part instanceof Uint8Array)) return undefined;
      length += part.length;
      if (length > maxBytes) return undefined;
      parts.push(part);
    }
  } catch {
    // The client went away: there is nobody to answer.
    return undefined;
  }
  return Buffer.concat(parts).toString("utf8");
}

async function listen(server: Server, host: string, first: number): Promise<number> {
  const last = first === 0 ? 0 : Math.min(first + PORT_ATTEMPTS, 65_535);
  for (let port = first; port <= last; port++) {
    const error = await tryListen(server, host, port);
    if (error === undefined) {
      const address: AddressInfo | string | null = server.address();
      assert(address !== null && typeof address === "object", "a TCP server has an address");
      return address.port;
    }
    if (error.code !== "EADDRINUSE")
      throw new PhaError("rpc/cannot-listen", `cannot listen on ${host}:${port}`, {
        facts: { host, port },
        hint: "choose another address or port for the RPC server",
        cause: error,
      });
  }
  throw new PhaError("rpc/ports-busy", `the ports ${first} to ${last} are in use`, {
    facts: { host, first, last },
    hint: "stop what uses them or choose another port for the RPC server",
  });
}

function tryListen(
  server: Server,
  host: string,
  port: number,
): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off("listening", onListening);
      resolve(error);
    };
    const onListening = (): void => {
      server.off("error", onError);
      resolve(undefined);
    };
    server.once("error", onError);
    server.once("listening", onListening);
    server.listen(port, host);
  });
}
