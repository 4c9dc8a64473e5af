/**
 * `sync/2`, the question: a run of blocks from one on, upwards or downwards.
 *
 * @see polkadot-spec "Block request"
 */
import { type BlockId, type BlockRequest, MAX_BLOCKS_PER_RESPONSE } from "@pha/consensus";
import { assert, decode, encode, fail, ok, type Result, u32 } from "@pha/scale";
import {
  boolean,
  byteString,
  decodeMessage,
  defaulted,
  encodeMessage,
  enumeration,
  fixedByteString,
  message,
  optional,
  uint32,
} from "./protobuf.ts";
import type { WireError } from "./wire-error.ts";

const HEADER = 1;
const BODY = 2;
const JUSTIFICATION = 16;
/** What peers may ask for; receipts, message queues and indexed bodies do not exist here and are left out. */
const KNOWN_PARTS = 0x3f;

const requestMessage = message({
  fields: defaulted(1, uint32, 0),
  hash: optional(2, fixedByteString(32)),
  number: optional(3, byteString),
  direction: defaulted(5, enumeration(["ascending", "descending"]), "ascending"),
  maxBlocks: defaulted(6, uint32, 0),
  namesEngines: defaulted(7, boolean, false),
});

export function encodeBlockRequest(request: BlockRequest): Uint8Array {
  const { parts, from, direction, maxBlocks, namesEngines } = request;
  assert(maxBlocks >= 1 && maxBlocks <= MAX_BLOCKS_PER_RESPONSE, "a request has a bound");
  const bits =
    (parts.header ? HEADER : 0) |
    (parts.body ? BODY : 0) |
    (parts.justification ? JUSTIFICATION : 0);
  return encodeMessage(requestMessage, {
    fields: bits * 2 ** 24,
    hash: from.hash,
    number: from.number === undefined ? undefined : encode(u32, from.number),
    direction,
    maxBlocks,
    namesEngines,
  });
}

export function decodeBlockRequest(bytes: Uint8Array): Result<BlockRequest, WireError> {
  const decoded = decodeMessage(requestMessage, bytes);
  if (!decoded.ok) return decoded;
  const { fields, direction, namesEngines } = decoded.value;
  const bits = fields >>> 24;
  if (fields % 2 ** 24 !== 0 || (bits & ~KNOWN_PARTS) !== 0)
    return fail({ code: "wire/malformed", reason: "out-of-range" });
  const from = blockIdOf(decoded.value.hash, decoded.value.number);
  if (!from.ok) return from;
  const { maxBlocks } = decoded.value;
  return ok({
    parts: {
      header: (bits & HEADER) !== 0,
      body: (bits & BODY) !== 0,
      justification: (bits & JUSTIFICATION) !== 0,
    },
    from: from.value,
    direction,
    // None means no wish.
    maxBlocks:
      maxBlocks === 0 ? MAX_BLOCKS_PER_RESPONSE : Math.min(maxBlocks, MAX_BLOCKS_PER_RESPONSE),
    namesEngines,
  });
}

function blockIdOf(
  hash: Uint8Array | undefined,
  number: Uint8Array | undefined,
): Result<BlockId, WireError> {
  if (hash !== undefined && number !== undefined)
    return fail({ code: "wire/malformed", reason: "repeated-field" });
  if (hash !== undefined) return ok({ hash });
  if (number === undefined) return fail({ code: "wire/malformed", reason: "missing-field" });
  const read = decode(u32, number);
  return read.ok
    ? ok({ number: read.value })
    : fail({ code: "wire/malformed", reason: read.error.reason });
}
