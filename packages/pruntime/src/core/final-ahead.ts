/** Final roots of blocks that a replica has not executed yet. */
import type { BlockRef } from "@pha/protocol";

/** A cluster's root and the block of its commands. */
export interface FinalState {
  readonly root: Uint8Array;
  readonly block: BlockRef;
}

/** Most roots held; the oldest goes, a later one covers it. */
const MAX_AHEAD = 4096;

export interface FinalAhead {
  readonly size: number;
  add(final: FinalState): void;
  has(block: number): boolean;
  /** The root of this block, which is not ahead any more. */
  take(block: number): FinalState | undefined;
  /** What is executed up to this block is not ahead. */
  dropUpTo(block: number): void;
}

export function createFinalAhead(): FinalAhead {
  const roots = new Map<number, FinalState>();
  return {
    get size() {
      return roots.size;
    },
    add(final) {
      roots.set(final.block.number, final);
      const [oldest] = roots.keys();
      if (roots.size > MAX_AHEAD && oldest !== undefined) roots.delete(oldest);
    },
    has: (block) => roots.has(block),
    take(block) {
      const final = roots.get(block);
      roots.delete(block);
      return final;
    },
    dropUpTo(block) {
      for (const number of roots.keys()) if (number <= block) roots.delete(number);
    },
  };
}
