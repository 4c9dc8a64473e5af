/**
 * Whether an answer of `sync/2` is one to its request: blocks with what was asked for, each the neighbour of the one
 * before, in the direction asked for. An empty answer is one.
 *
 * **Not here**: seals, bodies against their roots, justifications: whoever imports the blocks checks these.
 */
import { decodeHeader, type Header } from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import type { BlockRequest } from "./block-request.ts";
import type { BlockData, BlockJustification } from "./block-response.ts";

export interface ReceivedBlock {
  readonly hash: Uint8Array;
  readonly header: Header;
  readonly body: readonly Uint8Array[];
  readonly justifications: readonly BlockJustification[];
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
    const block = { hash, header: header.value, body, justifications };
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
