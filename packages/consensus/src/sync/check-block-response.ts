/**
 * Whether an answer of `sync/2` is one to its request: blocks with what was asked for, each the neighbour of the one
 * before, in the direction asked for. An empty answer is one.
 *
 * **Not here**: seals, bodies against their roots, justifications: whoever imports the blocks checks these.
 */
import { blake2b256 } from "@pha/crypto";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { decodeHeader, type Header } from "../header.ts";
import type { BlockData, BlockJustification, BlockRequest } from "./block-messages.ts";

export interface ReceivedBlock {
  readonly hash: Uint8Array;
  readonly header: Header;
  readonly body: readonly Uint8Array[];
  readonly justifications: readonly BlockJustification[];
  /** Bytes that it takes, about. */
  readonly size: number;
}

export interface BlockResponseError {
  readonly code: "sync/not-asked-for";
  readonly reason:
    | "too-many"
    | "no-header"
    | "bad-header"
    | "wrong-hash"
    | "other-start"
    | "not-a-chain";
}

/** @param request must ask for headers */
export function checkBlockResponse(
  request: BlockRequest,
  blocks: readonly BlockData[],
): Result<readonly ReceivedBlock[], BlockResponseError> {
  if (blocks.length > request.maxBlocks) return refuse("too-many");
  const received: ReceivedBlock[] = [];
  for (const { hash, header: encoded, body, justifications } of blocks) {
    if (encoded === undefined) return refuse("no-header");
    if (!equalBytes(blake2b256(encoded), hash)) return refuse("wrong-hash");
    const header = decodeHeader(encoded);
    if (!header.ok) return refuse("bad-header");
    const size = sizeOf(encoded, body, justifications);
    const block = { hash, header: header.value, body, justifications, size };
    const before = received.at(-1);
    if (before === undefined ? !isStart(request, block) : !isNext(request, before, block))
      return refuse(before === undefined ? "other-start" : "not-a-chain");
    received.push(block);
  }
  return ok(received);
}

function isStart({ from }: BlockRequest, { hash, header }: ReceivedBlock): boolean {
  return from.hash === undefined ? header.number === from.number : equalBytes(hash, from.hash);
}

function isNext({ direction }: BlockRequest, before: ReceivedBlock, block: ReceivedBlock): boolean {
  const [parent, child] = direction === "ascending" ? [before, block] : [block, before];
  return (
    child.header.number === parent.header.number + 1 &&
    equalBytes(child.header.parentHash, parent.hash)
  );
}

function refuse(reason: BlockResponseError["reason"]): Result<never, BlockResponseError> {
  return fail({ code: "sync/not-asked-for", reason });
}

/** With what stands around the bytes in memory. */
function sizeOf(
  header: Uint8Array,
  body: readonly Uint8Array[],
  justifications: readonly BlockJustification[],
): number {
  const parts = [header, ...body, ...justifications.map(({ justification }) => justification)];
  return parts.reduce((sum, part) => sum + part.length + 64, 256);
}
