import type { BlockSummary } from "../../chain/recent-blocks.ts";

/** Seconds from each block to the next, for neighbours alone: over a gap nothing is known. Oldest first. */
export function secondsBetween(
  blocks: readonly Pick<BlockSummary, "number" | "at">[],
): readonly number[] {
  const seconds: number[] = [];
  for (let i = 1; i < blocks.length; i++) {
    const before = blocks[i - 1];
    const block = blocks[i];
    if (before?.at === undefined || block?.at === undefined) continue;
    if (block.number === before.number + 1) seconds.push((block.at - before.at) / 1000);
  }
  return seconds;
}
