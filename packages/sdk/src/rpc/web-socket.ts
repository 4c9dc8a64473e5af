/**
 * JSON-RPC over one WebSocket that reconnects.
 *
 * A request that was under way when the connection ended fails with `rpc/connection-lost`: the caller knows whether it
 * may be repeated. Subscriptions are made again after a reconnection.
 */
import { PhaError } from "@pha/scale";
import type { RequestOptions, RpcTransport } from "./transport.ts";

/** The part of a browser's `WebSocket` that is used; npm `ws` has it too. */
export interface WebSocketLike {
  send(data: string): void;
  close(): void;
  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}

/** Where a node is, and how it is reached. */
export interface WebSocketOptions {
  readonly url: string;
  /** Class to use where there is no global one (Node 20). */
  readonly webSocket?: new (
    url: string,
  ) => WebSocketLike;
  /** Tries to reconnect for ever when absent; 0 never. */
  readonly reconnectMs?: number;
  /** Longest wait for a connection and for an answer. Default 30 s. */
  readonly timeoutMs?: number;
}

interface Waiting {
  /** Called in the turn in which the answer comes. */
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Subscription {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly unsubscribe: string;
  readonly onMessage: (result: unknown) => void;
  readonly onEnd: ((error: Error) => void) | undefined;
  id: unknown;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** JSON-RPC over a WebSocket that is made anew when it breaks. */
export async function connectWebSocket(options: WebSocketOptions): Promise<RpcTransport> {
  const Socket: (new (url: string) => WebSocketLike) | undefined =
    options.webSocket ?? globalThis.WebSocket;
  if (Socket === undefined)
    throw new PhaError("rpc/no-websocket", "this platform has no WebSocket", {
      hint: "On Node 20 give the class of the npm package `ws` as `webSocket`.",
    });
  const Connection = Socket;
  const limitMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const waiting = new Map<number, Waiting>();
  const subscriptions = new Set<Subscription>();
  let nextId = 1;
  let socket: WebSocketLike | undefined;
  let closed = false;

  function connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = new Connection(options.url);
      const timer = setTimeout(() => {
        reject(
          new PhaError("rpc/timed-out", `no connection to ${options.url} after ${limitMs} ms`, {
            facts: { url: options.url, timeoutMs: limitMs },
            hint: "Something else may listen there: check the address.",
          }),
        );
        next.close();
      }, limitMs);
      next.addEventListener("open", () => {
        clearTimeout(timer);
        socket = next;
        resolve();
      });
      next.addEventListener("error", () => {
        clearTimeout(timer);
        reject(
          new PhaError("rpc/unreachable", `no node answers at ${options.url}`, {
            facts: { url: options.url },
            hint: "Start one with `npm start`, or give its address with --url or PHA_RPC_URL.",
          }),
        );
      });
      next.addEventListener("message", ({ data }) => onMessage(String(data)));
      next.addEventListener("close", () => {
        if (socket === next) lost();
      });
    });
  }

  function lost(): void {
    socket = undefined;
    const error = new PhaError("rpc/connection-lost", "the connection to the node ended", {
      facts: { url: options.url },
      hint: "The node may be restarting; try again in a few seconds.",
    });
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    for (const subscription of subscriptions) {
      if (subscription.onEnd === undefined) continue;
      subscriptions.delete(subscription);
      subscription.onEnd(error);
    }
    if (!closed && options.reconnectMs !== 0) void reconnect();
  }

  async function reconnect(): Promise<void> {
    while (!closed) {
      await new Promise((resolve) => setTimeout(resolve, options.reconnectMs ?? 500));
      try {
        await connect();
        // One that is refused now stays silent; the connection itself is good.
        await Promise.allSettled([...subscriptions].map(start));
        return;
      } catch {
        // Still down: the loop tries again.
      }
    }
  }

  function onMessage(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      // Not JSON-RPC: a node never sends it, so there is nobody to tell.
      return;
    }
    if (typeof message !== "object" || message === null) return;
    const { id, result, error, params } = message as Record<string, unknown>;
    if (typeof id === "number") {
      const request = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) request?.resolve(result);
      else request?.reject(rpcError(error));
      return;
    }
    if (typeof params !== "object" || params === null) return;
    // Any fields: the id is compared with ours, the content is the subscriber's to check.
    const { subscription, result: content } = params as Record<string, unknown>;
    for (const known of subscriptions) if (known.id === subscription) known.onMessage(content);
  }

  function request(
    method: string,
    params: readonly unknown[],
    how: RequestOptions = {},
  ): Promise<unknown> {
    return ask(method, params, how, () => undefined);
  }

  function ask(
    method: string,
    params: readonly unknown[],
    how: RequestOptions,
    onAnswer: (result: unknown) => void,
  ): Promise<unknown> {
    const open = socket;
    if (open === undefined)
      return Promise.reject(
        new PhaError("rpc/not-connected", "there is no connection to the node now", {
          facts: { url: options.url },
          hint: "The node may be restarting; try again in a few seconds.",
        }),
      );
    return new Promise((resolve, reject) => {
      const id = nextId++;
      const timeoutMs = how.timeoutMs ?? limitMs;
      const end = (): void => {
        clearTimeout(timer);
        how.signal?.removeEventListener("abort", abort);
        waiting.delete(id);
      };
      const abort = (): void => {
        end();
        reject(
          new PhaError("rpc/aborted", `${method} was aborted`, {
            hint: "The caller gave it up; ask again when the answer is wanted.",
          }),
        );
      };
      const timer = setTimeout(() => {
        end();
        reject(
          new PhaError("rpc/timed-out", `${method} took longer than ${timeoutMs} ms`, {
            facts: { method, timeoutMs },
            hint: "Try again; if it stays so, look at the node's log.",
          }),
        );
      }, timeoutMs);
      how.signal?.addEventListener("abort", abort);
      waiting.set(id, {
        resolve: (value) => {
          end();
          onAnswer(value);
          resolve(value);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      });
      open.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  /** The first notification may come in the same turn as the id, before anybody who waits for the id goes on. */
  async function start(subscription: Subscription): Promise<void> {
    const { method, params } = subscription;
    await ask(method, params, {}, (id) => {
      subscription.id = id;
    });
  }

  await connect();
  return {
    request,
    async subscribe(method, params, unsubscribe, listener, onEnd) {
      const subscription: Subscription = {
        method,
        params,
        unsubscribe,
        onMessage: listener,
        onEnd,
        id: undefined,
      };
      subscriptions.add(subscription);
      try {
        await start(subscription);
      } catch (error) {
        // The caller hears of it: it must not be made by the next connection behind their back.
        subscriptions.delete(subscription);
        throw error;
      }
      return () => {
        subscriptions.delete(subscription);
        request(unsubscribe, [subscription.id]).catch(() => undefined);
      };
    },
    close() {
      closed = true;
      socket?.close();
    },
  };
}

function rpcError(error: unknown): PhaError {
  // Any fields, turned into text.
  const { code, message, data } = (
    typeof error === "object" && error !== null ? error : {}
  ) as Record<string, unknown>;
  const detail = typeof data === "string" ? `${String(message)}: ${data}` : String(message);
  return new PhaError("rpc/refused", detail, {
    facts: {
      rpcCode: typeof code === "number" ? code : 0,
      ...(typeof data === "string" && { data }),
    },
    hint: "The node did not accept the request; its message says why.",
  });
}
