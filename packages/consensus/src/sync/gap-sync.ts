/**
 * Gap sync: the blocks below one that is final, downwards, so that each is proven by the hash that its child names.
 *
 * **Bounds**: one answer at a time. **Trust**: headers are right by their hashes, bodies by the headers' roots; nothing
 * is executed, because a final block stands above.
 */
import { equalBytes } from "@pha/scale";
import { orderedTrieRoot } from "@pha/state";
import type { BlockRef } from "../block-ref.ts";
import type { BlockData, BlockRequest } from "./block-messages.ts";
import { checkBlockResponse, type ReceivedBlock } from "./check-block-response.ts";
import { SerialFetch } from "./serial-fetch.ts";

const BLOCKS = 64;

/** Blocks from the highest down, and the one that is next; none: the gap is filled. */
export interface GapStep {
  readonly blocks: readonly ReceivedBlock[];
  readonly next: BlockRef | undefined;
}

export interface GapSync {
  readonly fetch: SerialFetch<BlockRequest, readonly BlockData[], GapStep>;
  /** Highest block that is missing. */
  readonly next: BlockRef | undefined;
}

/** @param start highest block that is missing, a final one or an ancestor of one */
export function createGapSync(start: BlockRef, genesisHash: Uint8Array): GapSync {
  let next: BlockRef | undefined = start;
  const fetch = new SerialFetch<BlockRequest, readonly BlockData[], GapStep>({
    want: () =>
      next && {
        parts: { header: true, body: true, justification: false },
        from: { hash: next.hash },
        direction: "descending",
        maxBlocks: Math.min(BLOCKS, next.number),
        namesEngines: true,
      },
    judge(_peer, request, answer) {
      const checked = checkBlockResponse(request, answer);
      if (!checked.ok) return { type: "bad", code: "peer/not-asked-for" };
      const blocks = checked.value;
      const lowest = blocks.at(-1);
      if (lowest === undefined) return { type: "nothing" };
      const isWhole = ({ header, body }: ReceivedBlock): boolean =>
        equalBytes(orderedTrieRoot(body), header.extrinsicsRoot);
      const { number, parentHash } = lowest.header;
      const isOfGenesis = number > 1 || equalBytes(parentHash, genesisHash);
      if (!blocks.every(isWhole) || !isOfGenesis) return { type: "bad", code: "peer/bad-block" };
      next = number > 1 ? { hash: parentHash, number: number - 1 } : undefined;
      return { type: "good", found: { blocks, next } };
    },
  });
  return {
    fetch,
    get next() {
      return next;
    },
  };
}
