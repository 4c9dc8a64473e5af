/**
 * A long stretch of blocks under download: ranges of heights, asked of several peers at once, put together in order.
 *
 * ```
 *  imported ── tip │ ready │ asked of A │ ready │ asked of B │ open │
 *                  └ first: linked to the tip and taken out when it is ready
 * ```
 *
 * **Bounds**: `MAX_RANGES` ranges of `RANGE_BLOCKS` blocks, `MAX_READY_BYTES` of blocks that wait for those before them,
 * counted before more is asked for. **Trust**: answers were checked to be runs of linked blocks; whether a run follows
 * from the one before is checked here.
 */
import { equalBytes } from "@pha/scale";
import type { BlockRef } from "../block-ref.ts";
import type { ReceivedBlock } from "./check-block-response.ts";
import type { SyncPeerName } from "./sync-io.ts";

export const RANGE_BLOCKS = 64;
export const MAX_RANGES = 12;
export const MAX_READY_BYTES = 32 << 20;

interface Range {
  readonly start: number;
  readonly count: number;
  /** Whoever was asked, or answered. */
  peer: SyncPeerName | undefined;
  blocks: readonly ReceivedBlock[] | undefined;
}

export interface LineWork {
  readonly start: number;
  readonly count: number;
}

/** Blocks that are next on the line; `stranger`: the peer's blocks do not follow from those before. */
export type NextOnLine =
  | {
      readonly type: "blocks";
      readonly peer: SyncPeerName;
      readonly blocks: readonly ReceivedBlock[];
    }
  | { readonly type: "stranger"; readonly peer: SyncPeerName };

export class BlockLine {
  /** Last block that was taken out, or the one that the line starts from. */
  #tip: BlockRef;
  #ranges: Range[] = [];
  #readyBytes = 0;
  /** Peers on another chain than this line's. */
  readonly #strangers = new Set<SyncPeerName>();

  constructor(base: BlockRef) {
    this.#tip = base;
  }

  get tip(): BlockRef {
    return this.#tip;
  }

  get rangeCount(): number {
    return this.#ranges.length;
  }

  get readyBytes(): number {
    return this.#readyBytes;
  }

  /** First height that no range covers. */
  get end(): number {
    const last = this.#ranges.at(-1);
    return last === undefined ? this.#tip.number + 1 : last.start + last.count;
  }

  /** Blocks of the range that starts at a height. */
  countAt(start: number): number | undefined {
    return this.#ranges.find((range) => range.start === start)?.count;
  }

  isStranger(peer: SyncPeerName): boolean {
    return this.#strangers.has(peer);
  }

  /** A range for a peer that has blocks up to `best`, the lowest first; `undefined`: nothing it can do now. */
  workFor(peer: SyncPeerName, best: number): LineWork | undefined {
    if (this.isStranger(peer)) return undefined;
    const isFull = this.#readyBytes >= MAX_READY_BYTES;
    for (const [i, range] of this.#ranges.entries()) {
      if (range.peer !== undefined) continue;
      // What the others wait for is asked for even when there is no room.
      if (range.start > best || (isFull && i > 0)) return undefined;
      range.peer = peer;
      return range;
    }
    const start = this.end;
    if (isFull || this.#ranges.length >= MAX_RANGES || start > best) return undefined;
    const range = {
      start,
      count: Math.min(RANGE_BLOCKS, best - start + 1),
      peer,
      blocks: undefined,
    };
    this.#ranges.push(range);
    return range;
  }

  /** The peer's answer, at least one block. What is missing of the range stays open. */
  arrived(peer: SyncPeerName, start: number, blocks: readonly ReceivedBlock[]): void {
    const at = this.#askedRange(peer, start);
    const range = this.#ranges[at];
    if (range === undefined) return;
    const { length } = blocks;
    const rest = range.count - length;
    this.#ranges.splice(
      at,
      1,
      { start, count: length, peer, blocks },
      ...(rest > 0
        ? [{ start: start + length, count: rest, peer: undefined, blocks: undefined }]
        : []),
    );
    this.#readyBytes += bytesOf(blocks);
  }

  /** The peer did not answer, or left: someone else may. */
  reopen(peer: SyncPeerName, start: number): void {
    const range = this.#ranges[this.#askedRange(peer, start)];
    if (range) range.peer = undefined;
  }

  /** Lowest height that is asked of nobody; `undefined` when all are asked for or here. */
  get lowestOpen(): number | undefined {
    return this.#ranges.find(({ peer }) => peer === undefined)?.start;
  }

  /** Forgets heights that nobody claims to have any more. */
  trim(highest: number): void {
    for (let last = this.#ranges.at(-1); last; last = this.#ranges.at(-1)) {
      if (last.start <= highest || last.peer !== undefined) return;
      this.#ranges.pop();
    }
  }

  /** Takes the first range out when it is there. */
  next(): NextOnLine | undefined {
    const [first] = this.#ranges;
    if (first?.blocks === undefined || first.peer === undefined) return undefined;
    const { peer, blocks } = first;
    this.#readyBytes -= bytesOf(blocks);
    const [lowest] = blocks;
    const highest = blocks.at(-1);
    if (!lowest || !highest || !equalBytes(lowest.header.parentHash, this.#tip.hash)) {
      this.#strangers.add(peer);
      first.peer = undefined;
      first.blocks = undefined;
      return { type: "stranger", peer };
    }
    this.#ranges.shift();
    this.#tip = { hash: highest.hash, number: highest.header.number };
    return { type: "blocks", peer, blocks };
  }

  #askedRange(peer: SyncPeerName, start: number): number {
    return this.#ranges.findIndex(
      (range) => range.start === start && range.peer === peer && range.blocks === undefined,
    );
  }
}

export function bytesOf(blocks: readonly ReceivedBlock[]): number {
  return blocks.reduce((sum, { size }) => sum + size, 0);
}
