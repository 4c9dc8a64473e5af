/** What a peer is asked for, and the request that asks for it. */
import type { BlockRef } from "../block-ref.ts";
import { type BlockLine, RANGE_BLOCKS } from "./block-line.ts";
import type { BlockParts, BlockRequest } from "./block-messages.ts";
import type { SyncPeer } from "./sync-peer.ts";

export type SyncWork =
  | { readonly type: "probe"; readonly number: number }
  | { readonly type: "range"; readonly line: BlockLine; readonly start: number }
  | { readonly type: "descent"; readonly target: BlockRef }
  | { readonly type: "justification"; readonly from: BlockRef };

/** Blocks asked for when a descent goes on. */
const DESCENT_STEP = 16;
/** Most blocks of one request for proofs of finality. */
export const JUSTIFICATIONS = 32;

const WHOLE: BlockParts = { header: true, body: true, justification: true };
const HEADER_ONLY: BlockParts = { header: true, body: false, justification: false };
const JUSTIFICATION_ONLY: BlockParts = { header: false, body: false, justification: true };

/** @param bestNumber height of our own best block */
export function requestFor(peer: SyncPeer, work: SyncWork, bestNumber: number): BlockRequest {
  const upwards = { direction: "ascending", namesEngines: true } as const;
  const downwards = { direction: "descending", namesEngines: true } as const;
  switch (work.type) {
    case "probe":
      return { parts: HEADER_ONLY, from: { number: work.number }, maxBlocks: 1, ...upwards };
    case "range": {
      const maxBlocks = work.line.countAt(work.start) ?? RANGE_BLOCKS;
      return { parts: WHOLE, from: { number: work.start }, maxBlocks, ...upwards };
    }
    case "descent": {
      const lowest = peer.descent?.blocks.at(-1);
      const from = { hash: lowest?.header.parentHash ?? work.target.hash };
      const above = Math.max(1, work.target.number - bestNumber);
      const maxBlocks = lowest ? DESCENT_STEP : Math.min(above, RANGE_BLOCKS);
      return { parts: WHOLE, from, maxBlocks, ...downwards };
    }
    case "justification": {
      const from = { hash: work.from.hash };
      return { parts: JUSTIFICATION_ONLY, from, maxBlocks: JUSTIFICATIONS, ...downwards };
    }
  }
}
