/** A WebSocket client that knows JSON-RPC and nothing else. */

import { WebSocket } from "ws";
import { startBlobKeeper } from "../blobs/blob-keeper.ts";
import { openEmbeddedBlobStore } from "../blobs/embedded-blob-store.ts";
import type { RpcLimits } from "../rpc/limits.ts";
import { nodeMethods } from "../rpc/methods/index.ts";
import { type RpcServer, startRpcServer } from "../rpc/server.ts";
import type { DevChain } from "./dev-chain.ts";

export interface Answer {
  readonly id: number | null;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

interface Notification {
  readonly method: string;
  readonly params: { readonly subscription: string; readonly result: unknown };
}

export interface RpcClient {
  readonly socket: WebSocket;
  /** Result; rejects with `code: message: data`. */
  call<T = unknown>(method: string, ...params: unknown[]): Promise<T>;
  /** Sends text as it is; the next message. */
  raw(text: string): Promise<unknown>;
  /** Notifications of a subscription so far. */
  notifications<T = unknown>(subscription: string): readonly T[];
  /** Resolves when a subscription has `count` notifications. */
  received<T = unknown>(subscription: string, count: number): Promise<readonly T[]>;
  close(): void;
}

export function serve(node: DevChain, limits: Partial<RpcLimits> = {}): Promise<RpcServer> {
  return startRpcServer({
    methods: nodeMethods({
      ...node,
      runtime: node.development.runtime,
      blobs: startBlobKeeper({
        chain: node.chain,
        store: openEmbeddedBlobStore(node.store, 1 << 20),
      }),
      spec: node.development.spec,
      nodeName: "test",
      nodeVersion: "0",
      isAuthority: true,
    }),
    port: 0,
    limits,
    health: () => ({ ok: true, facts: { best: node.chain.best.number } }),
    metrics: async () => ({ contentType: "text/plain", text: "up 1\n" }),
    onInternalError: (method, error) => {
      throw new Error(`${method} failed`, { cause: error });
    },
  });
}

export async function connect(server: RpcServer): Promise<RpcClient> {
  const socket = new WebSocket(`ws://${server.host}:${server.port}`);
  const waiting = new Map<number, (answer: Answer) => void>();
  const raw: ((message: unknown) => void)[] = [];
  const notified = new Map<string, unknown[]>();
  let wake: () => void = () => {};
  let nextId = 1;
  socket.on("message", (data) => {
    const message: (Answer & Notification) | Answer[] = JSON.parse(data.toString());
    if (!Array.isArray(message) && message.params) {
      const { subscription, result } = message.params;
      notified.set(subscription, [...(notified.get(subscription) ?? []), result]);
      wake();
      return;
    }
    const id = Array.isArray(message) ? undefined : message.id;
    const resolve = typeof id === "number" ? waiting.get(id) : undefined;
    if (resolve && !Array.isArray(message)) resolve(message);
    else raw.shift()?.(message);
  });
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const notifications = <T>(subscription: string): readonly T[] =>
    (notified.get(subscription) ?? []) as T[];
  return {
    socket,
    call: async <T>(method: string, ...params: unknown[]): Promise<T> => {
      const id = nextId++;
      const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      const { result, error } = await answered;
      waiting.delete(id);
      if (error) throw new Error(`${error.code}: ${error.message}: ${String(error.data)}`);
      return result as T;
    },
    raw: (text) => {
      const answered = new Promise<unknown>((resolve) => raw.push(resolve));
      socket.send(text);
      return answered;
    },
    notifications,
    received: async <T>(subscription: string, count: number): Promise<readonly T[]> => {
      while (notifications(subscription).length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 50);
        });
      return notifications<T>(subscription);
    },
    close: () => socket.terminate(),
  };
}
