/**
 * Blocks that are next to be imported, each with the peer that sent it; parents come before children.
 *
 * **Bounds**: `MAX_QUEUED_BLOCKS` blocks and `MAX_QUEUED_BYTES`, from which on it is full and its owner asks for no more;
 * what was under way by then still comes in.
 */
import { bytesKey } from "../block-ref.ts";
import type { ReceivedBlock } from "./check-block-response.ts";
import type { SyncPeerName } from "./sync-io.ts";

export const MAX_QUEUED_BLOCKS = 512;
export const MAX_QUEUED_BYTES = 64 << 20;

export interface QueuedBlock {
  readonly peer: SyncPeerName;
  readonly block: ReceivedBlock;
}

export class ImportQueue {
  #waiting: QueuedBlock[] = [];
  #bytes = 0;
  readonly #hashes = new Set<string>();
  #importing: QueuedBlock | undefined;

  get length(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#waiting.length >= MAX_QUEUED_BLOCKS || this.#bytes >= MAX_QUEUED_BYTES;
  }

  /** Nothing waits or is imported. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#importing === undefined;
  }

  /** The block waits or is imported. */
  has(hash: Uint8Array): boolean {
    return this.#hashes.has(bytesKey(hash));
  }

  /** Adds blocks in the order of their heights; those that are here already are left out. */
  add(peer: SyncPeerName, blocks: readonly ReceivedBlock[]): void {
    for (const block of blocks) {
      if (this.has(block.hash)) continue;
      this.#hashes.add(bytesKey(block.hash));
      this.#waiting.push({ peer, block });
      this.#bytes += block.size;
    }
  }

  /** At most `count` of those that wait, in order. */
  upcoming(count: number): readonly ReceivedBlock[] {
    return this.#waiting.slice(0, count).map(({ block }) => block);
  }

  /** The block to import now; `undefined` while there is one under import, or none. */
  next(): QueuedBlock | undefined {
    if (this.#importing !== undefined) return undefined;
    const next = this.#waiting.shift();
    if (next === undefined) return undefined;
    this.#importing = next;
    this.#bytes -= next.block.size;
    return next;
  }

  /** The import under way is over. */
  done(): QueuedBlock | undefined {
    const done = this.#importing;
    this.#importing = undefined;
    if (done) this.#hashes.delete(bytesKey(done.block.hash));
    return done;
  }

  /** Forgets those that follow from a block; how many. */
  dropDescendants(hash: Uint8Array): number {
    const dropped = new Set([bytesKey(hash)]);
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter(({ block }) => {
      if (!dropped.has(bytesKey(block.header.parentHash))) return true;
      dropped.add(bytesKey(block.hash));
      this.#hashes.delete(bytesKey(block.hash));
      this.#bytes -= block.size;
      return false;
    });
    return before - this.#waiting.length;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
    this.#hashes.clear();
    if (this.#importing) this.#hashes.add(bytesKey(this.#importing.block.hash));
  }
}
