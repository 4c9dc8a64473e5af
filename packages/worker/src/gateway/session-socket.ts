/**
 * Many queries over one WebSocket: binary frames `u32 LE id ‖ SealedQuery` in, `u32 LE id ‖ QueryResponse` out, in the
 * order answers are ready. A query that fails is answered by a text frame `{"id", "code", "hint"}`. An answer whose proof
 * is that of the last proof sent on this connection comes with an empty one: most answers of a block have the same.
 *
 * **Bounds**: `maxConnections`, `maxInFlight` queries and `maxBufferedBytes` unread bytes per connection; a frame is at
 * most one query; a peer that answers no ping is cut off.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { MAX_QUERY_BYTES } from "@pha/protocol";
import { type WebSocket, WebSocketServer } from "ws";
import { problemOf } from "./problem.ts";
import type { QueryRouter } from "./query-router.ts";

export interface SessionLimits {
  readonly maxConnections: number;
  readonly maxPerClient: number;
  readonly maxInFlight: number;
  readonly maxBufferedBytes: number;
  readonly pingMs: number;
}

export const SESSION_LIMITS: SessionLimits = {
  maxConnections: 1024,
  maxPerClient: 256,
  maxInFlight: 512,
  maxBufferedBytes: 8 << 20,
  pingMs: 30_000,
};

export interface SessionServer {
  readonly connections: number;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  stop(): void;
}

const ID_BYTES = 4;
/** An encoded proof without nodes. */
const NO_PROOF = Uint8Array.of(0);
const BINARY = { binary: true } as const;
/** Boot, encapsulated key and length in front of the ciphertext. */
const QUERY_OVERHEAD_BYTES = 32 + 32 + 4;

export function createSessionServer(router: QueryRouter, limits: SessionLimits): SessionServer {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: ID_BYTES + QUERY_OVERHEAD_BYTES + MAX_QUERY_BYTES,
    perMessageDeflate: false,
    clientTracking: true,
  });
  const perClient = new Map<string, number>();
  const alive = new WeakSet<WebSocket>();
  const pinging = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.has(socket)) socket.terminate();
      alive.delete(socket);
      socket.ping();
    }
  }, limits.pingMs);

  function serve(socket: WebSocket, stream: Duplex, client: string): void {
    let inFlight = 0;
    let lastProof: Uint8Array | undefined;
    perClient.set(client, (perClient.get(client) ?? 0) + 1);
    alive.add(socket);
    socket.on("pong", () => alive.add(socket));
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      const left = (perClient.get(client) ?? 1) - 1;
      if (left === 0) perClient.delete(client);
      else perClient.set(client, left);
    });

    /** Answers of one turn of the event loop leave in one system call. */
    function gather(): void {
      if (stream.writableCorked > 0) return;
      stream.cork();
      setImmediate(() => stream.uncork());
    }

    function refuse(id: number, code: string): void {
      if (socket.readyState !== socket.OPEN) return;
      socket.send(JSON.stringify({ id, code, hint: problemOf(code).hint }));
    }

    async function ask(id: number, query: Uint8Array): Promise<void> {
      const result = await router.answer(query);
      inFlight -= 1;
      if (socket.readyState !== socket.OPEN) return;
      if (!result.ok) return refuse(id, result.error);
      if (socket.bufferedAmount > limits.maxBufferedBytes) return socket.terminate();
      gather();
      const { sealed, proof } = result.value;
      const sent = proof === lastProof ? NO_PROOF : proof;
      if (proof.length > NO_PROOF.length) lastProof = proof;
      const response = Buffer.allocUnsafe(ID_BYTES + sealed.length + sent.length);
      response.writeUInt32LE(id, 0);
      response.set(sealed, ID_BYTES);
      response.set(sent, ID_BYTES + sealed.length);
      socket.send(response, BINARY);
    }

    socket.on("message", (data, isBinary) => {
      if (!isBinary || !Buffer.isBuffer(data) || data.length < ID_BYTES) {
        socket.close(1003, "binary frames with an id only");
        return;
      }
      const id = data.readUInt32LE(0);
      if (inFlight >= limits.maxInFlight) return refuse(id, "http/too-many-requests");
      inFlight += 1;
      ask(id, data.subarray(ID_BYTES)).catch(() => socket.terminate());
    });
  }

  return {
    get connections() {
      return server.clients.size;
    },
    upgrade(request, socket, head) {
      const client = request.socket.remoteAddress ?? "";
      const full =
        server.clients.size >= limits.maxConnections ||
        (perClient.get(client) ?? 0) >= limits.maxPerClient;
      if (full) {
        socket.end("HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n");
        return;
      }
      server.handleUpgrade(request, socket, head, (opened) => serve(opened, socket, client));
    },
    stop() {
      clearInterval(pinging);
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}
