/**
 * Blocks whose slots have not begun by the own clock, until they do. A peer whose clock is a little ahead is no attacker,
 * and its block is needed in a moment.
 *
 * **Bounds**: `MAX_EARLY_BLOCKS` blocks and `MAX_EARLY_BYTES`, one of a peer; what does not fit is not kept, and asked for
 * anew when its time has come. **Trust**: they are as hostile as any that was not imported yet.
 */
import { bytesKey } from "../block-ref.ts";
import type { QueuedBlock } from "./import-queue.ts";
import type { SyncPeerName } from "./sync-io.ts";

export const MAX_EARLY_BLOCKS = 16;
export const MAX_EARLY_BYTES = 16 << 20;

interface EarlyBlock extends QueuedBlock {
  readonly dueMs: number;
}

export class EarlyBlocks {
  readonly #blocks = new Map<string, EarlyBlock>();
  #bytes = 0;

  get length(): number {
    return this.#blocks.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(hash: Uint8Array): boolean {
    return this.#blocks.has(bytesKey(hash));
  }

  /** Keeps the block until then, if there is room. */
  add(queued: QueuedBlock, dueMs: number): void {
    const { peer, block } = queued;
    const hasOne = [...this.#blocks.values()].some((kept) => kept.peer === peer);
    const isFull =
      this.#blocks.size >= MAX_EARLY_BLOCKS || this.#bytes + block.size > MAX_EARLY_BYTES;
    if (hasOne || isFull || this.has(block.hash)) return;
    this.#blocks.set(bytesKey(block.hash), { ...queued, dueMs });
    this.#bytes += block.size;
  }

  /** Takes out those whose time has come, parents before children. */
  due(nowMs: number): readonly QueuedBlock[] {
    return this.#take(({ dueMs }) => dueMs <= nowMs).toSorted(
      (a, b) => a.block.header.number - b.block.header.number,
    );
  }

  /** Forgets what a peer that left had sent. */
  leave(peer: SyncPeerName): void {
    this.#take((one) => one.peer === peer);
  }

  #take(isTaken: (block: EarlyBlock) => boolean): EarlyBlock[] {
    const taken: EarlyBlock[] = [];
    for (const [key, early] of this.#blocks) {
      if (!isTaken(early)) continue;
      this.#blocks.delete(key);
      this.#bytes -= early.block.size;
      taken.push(early);
    }
    return taken;
  }
}
