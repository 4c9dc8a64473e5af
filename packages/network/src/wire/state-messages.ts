/**
 * `state/2`: a range of a block's state, entry by entry or as a proof.
 *
 * @see polkadot-spec "State requests"
 */
import { ok, type Result } from "@pha/scale";
import {
  boolean,
  byteString,
  decodeMessage,
  defaulted,
  encodeMessage,
  fixedByteString,
  message,
  optional,
  repeated,
  required,
} from "./protobuf.ts";
import type { WireError } from "./wire-error.ts";

const MAX_START_KEYS = 2;
const MAX_TRIES = 1024;
const MAX_ENTRIES = 1 << 18;

export interface StateRequest {
  /** Block's hash, 32 bytes. */
  readonly block: Uint8Array;
  /** Last key that the asker has; a second one is inside the child trie that the first names. Empty: from the start. */
  readonly start: readonly Uint8Array[];
  /** Entries alone: the asker checks the root when it has them all. */
  readonly noProof: boolean;
}

export interface StateEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface StateEntries {
  /** Empty for the main trie, else the root of a child trie. */
  readonly stateRoot: Uint8Array;
  readonly entries: readonly StateEntry[];
  /** No entry of this trie follows. */
  readonly isComplete: boolean;
}

export interface StateResponse {
  readonly tries: readonly StateEntries[];
  /** Encoded; empty when none was asked for. */
  readonly proof: Uint8Array;
}

const requestMessage = message({
  block: required(1, fixedByteString(32)),
  start: repeated(2, byteString, { maxItems: MAX_START_KEYS }),
  noProof: defaulted(3, boolean, false),
});
const entryMessage = message({ key: optional(1, byteString), value: optional(2, byteString) });
const responseMessage = message({
  tries: repeated(
    1,
    message({
      stateRoot: optional(1, byteString),
      entries: repeated(2, entryMessage, { maxItems: MAX_ENTRIES }),
      isComplete: defaulted(3, boolean, false),
    }),
    { maxItems: MAX_TRIES },
  ),
  proof: optional(2, byteString),
});

const NOTHING = new Uint8Array(0);

export function encodeStateRequest(request: StateRequest): Uint8Array {
  return encodeMessage(requestMessage, request);
}

export function decodeStateRequest(bytes: Uint8Array): Result<StateRequest, WireError> {
  return decodeMessage(requestMessage, bytes);
}

export function encodeStateResponse({ tries, proof }: StateResponse): Uint8Array {
  return encodeMessage(responseMessage, {
    tries,
    proof: proof.length === 0 ? undefined : proof,
  });
}

export function decodeStateResponse(bytes: Uint8Array): Result<StateResponse, WireError> {
  const decoded = decodeMessage(responseMessage, bytes);
  if (!decoded.ok) return decoded;
  const { tries, proof = NOTHING } = decoded.value;
  return ok({
    tries: tries.map(({ stateRoot = NOTHING, entries, isComplete }) => ({
      stateRoot,
      entries: entries.map(({ key = NOTHING, value = NOTHING }) => ({ key, value })),
      isComplete,
    })),
    proof,
  });
}
