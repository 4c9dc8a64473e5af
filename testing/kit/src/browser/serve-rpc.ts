/** JSON-RPC over a WebSocket on loopback, answered by a transport of the test. */
import type { AddressInfo } from "node:net";
import type { RpcTransport } from "@pha/sdk";
import { WebSocketServer } from "ws";

export interface RpcServer {
  readonly url: string;
  /** The transport itself, for a client in this process. */
  rpc(): RpcTransport;
  stop(): Promise<void>;
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** @param open makes a transport for each connection; subscriptions are taken and stay silent */
export async function serveRpc(open: () => RpcTransport): Promise<RpcServer> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  server.on("connection", (socket) => {
    const rpc = open();
    socket.on("message", async (data) => {
      // The SDK's own requests.
      const { id, method, params } = JSON.parse(String(data)) as Request;
      const isSubscription = /subscribe/i.test(method);
      const result = isSubscription ? `subscription-${id}` : await rpc.request(method, params);
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, result }));
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    rpc: open,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of server.clients) socket.terminate();
        server.close(() => resolve());
      }),
  };
}
