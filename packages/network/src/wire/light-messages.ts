/**
 * `light/2`: read proofs and call proofs at a block.
 *
 * @see polkadot-spec "Light clients"
 */

import { decode, encode, fail, ok, type Result } from "@pha/scale";
import { storageProof } from "@pha/state";
import {
  byteString,
  decodeMessage,
  encodeMessage,
  fixedByteString,
  message,
  optional,
  repeated,
  required,
  text,
} from "./protobuf.ts";
import type { WireError } from "./wire-error.ts";

/** Storage keys of one request. */
export const MAX_LIGHT_KEYS = 4096;

export type LightRequest =
  | {
      readonly type: "call";
      readonly block: Uint8Array;
      readonly method: string;
      readonly data: Uint8Array;
    }
  | { readonly type: "read"; readonly block: Uint8Array; readonly keys: readonly Uint8Array[] }
  | {
      readonly type: "read-child";
      readonly block: Uint8Array;
      readonly childKey: Uint8Array;
      readonly keys: readonly Uint8Array[];
    };

export interface LightResponse {
  readonly type: "call" | "read";
  /** `undefined`: the answerer cannot prove it. */
  readonly proof: readonly Uint8Array[] | undefined;
}

const keys = repeated(3, byteString, { maxItems: MAX_LIGHT_KEYS });
const requestMessage = message({
  call: optional(
    1,
    message({
      block: required(2, fixedByteString(32)),
      method: required(3, text),
      data: optional(4, byteString),
    }),
  ),
  read: optional(2, message({ block: required(2, fixedByteString(32)), keys })),
  readChild: optional(
    4,
    message({
      block: required(2, fixedByteString(32)),
      childKey: required(3, byteString),
      keys: repeated(6, byteString, { maxItems: MAX_LIGHT_KEYS }),
    }),
  ),
});
const proofMessage = message({ proof: optional(2, byteString) });
const responseMessage = message({
  call: optional(1, proofMessage),
  read: optional(2, proofMessage),
});

export function encodeLightRequest(request: LightRequest): Uint8Array {
  const { type } = request;
  return encodeMessage(requestMessage, {
    call: type === "call" ? request : undefined,
    read: type === "read" ? request : undefined,
    readChild: type === "read-child" ? request : undefined,
  });
}

export function decodeLightRequest(bytes: Uint8Array): Result<LightRequest, WireError> {
  const decoded = decodeMessage(requestMessage, bytes);
  if (!decoded.ok) return decoded;
  const { call, read, readChild } = decoded.value;
  const requests: LightRequest[] = [];
  if (call) requests.push({ type: "call", ...call, data: call.data ?? new Uint8Array(0) });
  if (read) requests.push({ type: "read", ...read });
  if (readChild) requests.push({ type: "read-child", ...readChild });
  return theOnly(requests);
}

export function encodeLightResponse({ type, proof }: LightResponse): Uint8Array {
  const answer = { proof: proof && encode(storageProof, proof) };
  return encodeMessage(responseMessage, {
    call: type === "call" ? answer : undefined,
    read: type === "read" ? answer : undefined,
  });
}

export function decodeLightResponse(bytes: Uint8Array): Result<LightResponse, WireError> {
  const decoded = decodeMessage(responseMessage, bytes);
  if (!decoded.ok) return decoded;
  const { call, read } = decoded.value;
  const answers: { type: "call" | "read"; encoded: Uint8Array | undefined }[] = [];
  if (call) answers.push({ type: "call", encoded: call.proof });
  if (read) answers.push({ type: "read", encoded: read.proof });
  const only = theOnly(answers);
  if (!only.ok) return only;
  const { type, encoded } = only.value;
  if (encoded === undefined) return ok({ type, proof: undefined });
  const proof = decode(storageProof, encoded);
  return proof.ok
    ? ok({ type, proof: proof.value })
    : fail({ code: "wire/malformed", reason: proof.error.reason });
}

function theOnly<T>([first, second]: readonly T[]): Result<T, WireError> {
  if (first === undefined) return fail({ code: "wire/malformed", reason: "missing-field" });
  if (second !== undefined) return fail({ code: "wire/malformed", reason: "repeated-field" });
  return ok(first);
}
