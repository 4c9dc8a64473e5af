/**
 * Finalized blocks that somebody verified, and who waits for the next ones.
 *
 * **Bounds**: `KEPT_BLOCKS` newest blocks are kept to check answers against.
 */
import type { BlockRef } from "@pha/protocol";
import { PhaError } from "@pha/scale";

const KEPT_BLOCKS = 4096;

/** A block that was verified to be final. */
export interface VerifiedBlock extends BlockRef {
  readonly stateRoot: Uint8Array;
}

export interface VerifiedHeads {
  readonly head: VerifiedBlock;
  /** A finalized block that is still kept. */
  block(number: number): VerifiedBlock | undefined;
  /** Resolves when the head is at least this high. */
  reach(number: number, timeoutMs?: number): Promise<VerifiedBlock>;
  onHead(listener: (head: VerifiedBlock) => void): () => void;
  /** Blocks above the head, ascending. */
  add(blocks: readonly VerifiedBlock[]): void;
  /** Nothing more will come; who waits is told why. */
  fail(error: PhaError): void;
}

export function createVerifiedHeads(first: VerifiedBlock): VerifiedHeads {
  const blocks = new Map<number, VerifiedBlock>([[first.number, first]]);
  const listeners = new Set<(head: VerifiedBlock) => void>();
  let head = first;
  let failure: PhaError | undefined;
  const tell = (): void => {
    for (const listener of listeners) listener({ ...head });
  };
  return {
    get head() {
      return { ...head };
    },
    block: (number) => blocks.get(number),
    reach(number, timeoutMs = 30_000) {
      return new Promise((resolve, reject) => {
        const done = (): boolean => {
          if (failure) reject(failure);
          else if (head.number < number) return false;
          else resolve({ ...head });
          return true;
        };
        if (done()) return;
        const timer = setTimeout(() => {
          listeners.delete(check);
          reject(
            new PhaError(
              "chain/not-reached",
              `block ${number} was not finalized in ${timeoutMs} ms`,
              {
                facts: { wanted: number, head: head.number, timeoutMs },
                hint: "Look whether the chain still finalizes blocks: `pha status`.",
              },
            ),
          );
        }, timeoutMs);
        const check = (): void => {
          if (!done()) return;
          clearTimeout(timer);
          listeners.delete(check);
        };
        listeners.add(check);
      });
    },
    onHead(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add(fresh) {
      for (const block of fresh) {
        blocks.set(block.number, block);
        blocks.delete(block.number - KEPT_BLOCKS);
        head = block;
      }
      if (fresh.length > 0) tell();
    },
    fail(error) {
      failure = error;
      tell();
    },
  };
}
