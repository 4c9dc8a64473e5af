/** What an RPC method is given and may do. */
import type { Params } from "./params.ts";

export interface RpcCall {
  readonly params: Params;
  readonly connection: RpcConnection;
}

/** The caller's side of a method: where subscriptions live. */
export interface RpcConnection {
  readonly id: number;
  /**
   * Opens a subscription; what `start` sends at once reaches the client after the answer with the id.
   *
   * @param notification method name of the notifications
   * @returns subscription id
   * @throws PhaError `rpc/needs-websocket`, `rpc/too-many-subscriptions`
   */
  subscribe(notification: string, start: (sink: Sink) => () => void): string;
  /** Whether there was one. */
  unsubscribe(subscription: string): boolean;
  /** Runs when the connection closes. */
  onClose(run: () => void): void;
}

export interface Sink {
  readonly subscription: string;
  send(result: unknown): void;
  /** Ends the subscription from the node's side. */
  end(): void;
}

export type RpcMethod = (call: RpcCall) => unknown;
/** Name → method. */
export type MethodGroup = Readonly<Record<string, RpcMethod>>;
