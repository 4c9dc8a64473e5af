/** The one table from error codes to JSON-RPC numbers. */
import { PhaError } from "@pha/scale";

export const INTERNAL_ERROR = -32603;

/** Numbers below −32000 are JSON-RPC's own; 1010–1016 and −32801… are those that Polkadot clients know. */
const NUMBERS: Readonly<Record<string, number>> = {
  "rpc/parse-error": -32700,
  "rpc/invalid-request": -32600,
  "rpc/unknown-method": -32601,
  "rpc/invalid-params": -32602,
  "rpc/batch-too-long": -32600,
  "rpc/busy": -32005,
  "rpc/deadline": -32006,
  "rpc/needs-websocket": -32000,
  "rpc/too-many-subscriptions": -32007,
  "rpc/unsafe-method": -32601,
  "rpc/stopping": -32008,
  "rpc/limit-reached": -32800,
  "rpc/block-not-found": 4003,
  "database/state-discarded": 4003,
  "rpc/invalid-block": -32801,
  "rpc/invalid-runtime-call": -32802,
  "rpc/not-for-clients": -32802,
  "rpc/invalid-continue": -32804,
  "extrinsic/malformed": 1002,
  "extrinsic/invalid": 1010,
  "extrinsic/unknown-validity": 1011,
  "pool/temporarily-banned": 1012,
  "pool/already-imported": 1013,
  "pool/too-low-priority": 1014,
  "pool/stale": 1010,
  "pool/sender-limit": 1016,
  "pool/full": 1016,
  "grandpa/not-finalized": 1,
};

export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** What the caller may know of a failure; the rest goes to the log. */
export function rpcErrorOf(error: unknown): RpcErrorObject {
  if (!(error instanceof PhaError))
    return { code: INTERNAL_ERROR, message: "internal error", data: "rpc/internal" };
  const { reason } = error.facts;
  return {
    code: NUMBERS[error.code] ?? -32000,
    message: error.message,
    // Clients print text data after the message: "1010: Invalid Transaction: Stale".
    data: typeof reason === "string" ? reason : error.code,
  };
}

export function isKnownRpcError(error: unknown): boolean {
  return error instanceof PhaError;
}

export function invalidParams(message: string): PhaError {
  return new PhaError("rpc/invalid-params", message, {
    hint: "see rpc_methods and the method's documentation",
  });
}

export function unknownBlock(): PhaError {
  return new PhaError("rpc/block-not-found", "this node does not know the block", {
    hint: "ask for a block that was imported, or wait until it is",
  });
}
