/**
 * Proxies in front of a devnet's node and worker host that see, record and change what passes.
 *
 * They stand for the servers nobody has to trust: every test that changes an answer expects a coded refusal.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";

/** A request to the worker host and the answer that would be passed on. */
export interface HttpExchange {
  readonly method: string;
  readonly path: string;
  readonly request: Uint8Array;
  readonly status: number;
  readonly response: Uint8Array;
}

/** The answer to pass on instead. */
export type ChangeHttp = (exchange: HttpExchange) => Uint8Array | undefined;

/** The JSON-RPC result to pass on instead; `undefined` passes the node's own. */
export type ChangeRpc = (call: {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly result: unknown;
}) => unknown;

export interface WorkerProxy {
  readonly url: string;
  /** Everything that passed, bodies and paths. */
  readonly recorded: Uint8Array[];
  readonly exchanges: HttpExchange[];
  change: ChangeHttp | undefined;
  stop(): Promise<void>;
}

export interface NodeProxy {
  readonly url: string;
  readonly recorded: Uint8Array[];
  change: ChangeRpc | undefined;
  stop(): Promise<void>;
}

export async function startWorkerProxy(target: string): Promise<WorkerProxy> {
  const recorded: Uint8Array[] = [];
  const exchanges: HttpExchange[] = [];
  const proxy: { change: ChangeHttp | undefined } = { change: undefined };
  const server = createServer(async (incoming, outgoing) => {
    try {
      const { method = "GET", url: path = "/" } = incoming;
      const request = await readAll(incoming);
      const answer = await fetch(`${target}${path}`, {
        method,
        ...(method === "POST" && { body: new Uint8Array(request) }),
      });
      const cors = [...answer.headers].filter(([name]) => name.startsWith("access-control-"));
      const response = new Uint8Array(await answer.arrayBuffer());
      const exchange = { method, path, request, status: answer.status, response };
      const passed = (answer.ok && proxy.change?.(exchange)) || response;
      exchanges.push(exchange);
      recorded.push(new TextEncoder().encode(path), request, response);
      const type = answer.headers.get("content-type") ?? "application/octet-stream";
      outgoing.writeHead(answer.status, { ...Object.fromEntries(cors), "content-type": type });
      outgoing.end(passed);
    } catch {
      // The host behind is away: so is this one.
      outgoing.destroy();
    }
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  return {
    url,
    recorded,
    exchanges,
    get change() {
      return proxy.change;
    },
    set change(next) {
      proxy.change = next;
    },
    stop: () => close(server),
  };
}

export async function startNodeProxy(target: string): Promise<NodeProxy> {
  const recorded: Uint8Array[] = [];
  const proxy: { change: ChangeRpc | undefined } = { change: undefined };
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (client) => {
    const node = new WebSocket(target);
    const asked = new Map<unknown, { method: string; params: readonly unknown[] }>();
    const early: string[] = [];
    node.on("open", () => {
      for (const text of early.splice(0)) node.send(text);
    });
    client.on("message", (data) => {
      const text = record(recorded, data);
      const { id, method, params } = JSON.parse(text);
      asked.set(id, { method, params });
      if (node.readyState === WebSocket.OPEN) node.send(text);
      else early.push(text);
    });
    node.on("message", (data) => {
      const text = record(recorded, data);
      const message = JSON.parse(text);
      const call = asked.get(message.id);
      asked.delete(message.id);
      const changed =
        call && proxy.change && "result" in message
          ? proxy.change({ ...call, result: message.result })
          : undefined;
      client.send(changed === undefined ? text : JSON.stringify({ ...message, result: changed }));
    });
    client.on("close", () => node.close());
    node.on("close", () => client.close());
    node.on("error", () => client.close());
  });
  const url = `ws://127.0.0.1:${await listen(server)}`;
  return {
    url,
    recorded,
    get change() {
      return proxy.change;
    },
    set change(next) {
      proxy.change = next;
    },
    async stop() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      await close(server);
    },
  };
}

function record(recorded: Uint8Array[], data: RawData): string {
  const text = data.toString();
  recorded.push(new TextEncoder().encode(text));
  return text;
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
