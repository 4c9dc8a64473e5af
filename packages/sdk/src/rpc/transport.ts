/** JSON-RPC to a node, whatever carries it. */
export interface RpcTransport {
  request(method: string, params: readonly unknown[], options?: RequestOptions): Promise<unknown>;
  /** Calls `onMessage` for each notification until the returned function is called or the connection ends. */
  subscribe(
    method: string,
    params: readonly unknown[],
    unsubscribe: string,
    onMessage: (result: unknown) => void,
  ): Promise<() => void>;
  close(): void;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Default: the transport's own, 30 s. */
  readonly timeoutMs?: number;
}
