/** Limits of the RPC server; each is an operator's choice with a default. */
export interface RpcLimits {
  /** Of one message in bytes. */
  readonly maxRequestBytes: number;
  readonly maxBatch: number;
  readonly maxConnections: number;
  /** Requests of one connection that wait or run. */
  readonly maxInFlight: number;
  /** Of all connections together. */
  readonly maxQueued: number;
  readonly maxSubscriptions: number;
  /** Bytes a consumer may lag behind before its connection is closed. */
  readonly maxBufferedBytes: number;
  /** From arrival to answer. */
  readonly deadlineMs: number;
  /** The longest the server works without letting others have the thread. */
  readonly sliceMs: number;
}

export const DEFAULT_RPC_LIMITS: RpcLimits = {
  maxRequestBytes: 8 << 20,
  maxBatch: 256,
  maxConnections: 512,
  maxInFlight: 4_096,
  maxQueued: 16_384,
  maxSubscriptions: 1_024,
  maxBufferedBytes: 32 << 20,
  deadlineMs: 30_000,
  sliceMs: 8,
};
