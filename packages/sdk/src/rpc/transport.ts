/** JSON-RPC to a node, whatever carries it. */
export interface RpcTransport {
  request(method: string, params: readonly unknown[], options?: RequestOptions): Promise<unknown>;
  /**
   * Calls `onMessage` for each notification until the returned function is called.
   *
   * When the connection ends it is made again on the next one, unless `onEnd` is given, which is then called instead:
   * some methods must not be called twice.
   */
  subscribe(
    method: string,
    params: readonly unknown[],
    unsubscribe: string,
    onMessage: (result: unknown) => void,
    onEnd?: (error: Error) => void,
  ): Promise<() => void>;
  close(): void;
}

/** Of one request. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Default: the transport's own, 30 s. */
  readonly timeoutMs?: number;
}
