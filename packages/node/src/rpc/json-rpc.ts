/** JSON-RPC 2.0 messages: reading requests strictly, writing answers and notifications. */
import { fail, ok, PhaError, type Result } from "@pha/scale";
import type { Params } from "./params.ts";
import { type RpcErrorObject, rpcErrorOf } from "./rpc-errors.ts";

export type RequestId = string | number | null;

export interface RpcRequest {
  /** `undefined` marks a notification, which gets no answer. */
  readonly id: RequestId | undefined;
  readonly method: string;
  readonly params: Params;
}

/** A request that cannot be run, with the answer it gets. */
export interface BadRequest {
  readonly id: RequestId;
  readonly error: RpcErrorObject;
}

export interface RpcMessage {
  readonly isBatch: boolean;
  readonly requests: readonly Result<RpcRequest, BadRequest>[];
}

export function readMessage(
  text: string,
  { maxBatch }: { readonly maxBatch: number },
): Result<RpcMessage, BadRequest> {
  const json = parseJson(text);
  if (!json.ok) return fail(bad(null, "rpc/parse-error", "the message is not JSON"));
  if (!Array.isArray(json.value))
    return ok({ isBatch: false, requests: [readRequest(json.value)] });
  if (json.value.length === 0)
    return fail(bad(null, "rpc/invalid-request", "a batch has at least one request"));
  if (json.value.length > maxBatch)
    return fail(bad(null, "rpc/batch-too-long", `a batch has at most ${maxBatch} requests`));
  return ok({ isBatch: true, requests: json.value.map(readRequest) });
}

export function resultText(id: RequestId, result: unknown): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${JSON.stringify(result ?? null)}}`;
}

export function errorText(id: RequestId, error: RpcErrorObject): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error });
}

export function notificationText(method: string, subscription: string, result: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", method, params: { subscription, result } });
}

function parseJson(text: string): Result<unknown, undefined> {
  try {
    const value: unknown = JSON.parse(text);
    return ok(value);
  } catch {
    // A syntax error is the caller's, and is answered as such.
    return fail(undefined);
  }
}

function readRequest(value: unknown): Result<RpcRequest, BadRequest> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return fail(bad(null, "rpc/invalid-request", "a request is an object"));
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { id, jsonrpc, method, params } = fields;
  if (id !== undefined && id !== null && typeof id !== "string" && typeof id !== "number")
    return fail(bad(null, "rpc/invalid-request", "an id is a string or a number"));
  if (jsonrpc !== "2.0") return fail(bad(id ?? null, "rpc/invalid-request", 'jsonrpc is "2.0"'));
  if (typeof method !== "string" || method.length > 128)
    return fail(bad(id ?? null, "rpc/invalid-request", "a method is a name"));
  if (params !== undefined && params !== null && !Array.isArray(params))
    return fail(bad(id ?? null, "rpc/invalid-params", "parameters are given by position"));
  return ok({ id, method, params: params ?? [] });
}

function bad(id: RequestId, code: string, message: string): BadRequest {
  const hint = "write requests as JSON-RPC 2.0 says, with parameters by position";
  return { id, error: rpcErrorOf(new PhaError(code, message, { hint })) };
}
