/**
 * Follows the finalized chain: the light client, the blocks it made sure of, and a window of recent ones.
 *
 * **Bounds**: `WINDOW_BLOCKS` recent blocks are kept, and older ones as long as a replica needs them, at most
 * `MAX_KEPT_BLOCKS` and `WINDOW_BYTES` of messages for clusters (others are not kept); `KNOWN_HASHES` hashes are kept to
 * recognise a client's `at`. Nothing kept is a view of a batch.
 * **Trust**: batches come from the host and are hostile until the light client and the proofs accept them.
 */
import {
  advance,
  decodeHeader,
  type LightClientError,
  type LightClientState,
  verifyEncodedWarp,
  type WarpError,
} from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { type BlockRef, type SyncBatch, type SyncWarp, TOPIC } from "@pha/protocol";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import type { FinalizedBlock } from "./block.ts";
import type { HistoryBatch } from "./inputs.ts";
import { type ReadBlockError, readBlock } from "./read-block.ts";

export const WINDOW_BLOCKS = 256;
export const MAX_KEPT_BLOCKS = 1 << 16;
export const WINDOW_BYTES = 64 << 20;
export const KNOWN_HASHES = 4096;

export type BatchError = { readonly code: "batch/proof-count" } | LightClientError | ReadBlockError;

export type HistoryError =
  | { readonly code: "history/not-linked" }
  | { readonly code: "history/malformed" }
  | { readonly code: "history/too-much" }
  | ReadBlockError;

export type WarpBatchError = WarpError | ReadBlockError;

export interface Follower {
  readonly head: BlockRef;
  readonly headStateRoot: Uint8Array;
  /** Chain time of the head in ms; 0 at the start. */
  readonly headTimeMs: bigint;
  readonly light: LightClientState;
  /** All blocks of the batch or none. */
  take(batch: SyncBatch): Result<readonly FinalizedBlock[], BatchError>;
  /** Goes on at the last header of the warp; of the blocks before it nothing is known afterwards. */
  takeWarp(warp: SyncWarp): Result<FinalizedBlock, WarpBatchError>;
  /** Recent block by number, if still in the window. */
  block(number: number): FinalizedBlock | undefined;
  /** Number of the oldest block in the window; one above the head when it is empty. */
  readonly oldest: number;
  /** Hash of a finalized block if it is recent enough to be known. */
  hashOf(number: number): Uint8Array | undefined;
  /** Puts older blocks in front of the window; they must end at its oldest block's parent. */
  takeHistory(batch: HistoryBatch): Result<undefined, HistoryError>;
  /** Lets blocks before `needed` go that are out of the window. */
  trim(needed: number): void;
}

/** @param maxBytes of messages kept */
export function createFollower(start: LightClientState, maxBytes = WINDOW_BYTES): Follower {
  let light = start;
  let headTimeMs = 0n;
  const window = new Map<number, FinalizedBlock>();
  const hashes = new Map<number, Uint8Array>([[start.finalized.number, start.finalized.hash]]);
  let oldest = start.finalized.number + 1;
  let windowBytes = 0;

  function keep(block: FinalizedBlock): void {
    const { number, hash } = block.ref;
    const kept = forClusters(block);
    window.set(number, kept);
    hashes.set(number, hash);
    hashes.delete(number - KNOWN_HASHES);
    windowBytes += sizeOf(kept);
  }

  return {
    get head() {
      return { number: light.finalized.number, hash: light.finalized.hash };
    },
    get headStateRoot() {
      return light.finalized.stateRoot;
    },
    get headTimeMs() {
      return headTimeMs;
    },
    get light() {
      return light;
    },
    get oldest() {
      return oldest;
    },
    block: (number) => window.get(number),
    hashOf: (number) => hashes.get(number),
    take(batch) {
      if (batch.proofs.length !== batch.headers.length) return fail({ code: "batch/proof-count" });
      const advanced = advance(light, {
        headers: batch.headers,
        justification: batch.justification,
      });
      if (!advanced.ok) return advanced;
      const blocks: FinalizedBlock[] = [];
      for (const [index, finalized] of advanced.value.finalizedHeaders.entries()) {
        const block = readBlock(
          {
            ref: { number: finalized.number, hash: finalized.hash },
            stateRoot: finalized.stateRoot,
            parentHash: finalized.header.parentHash,
          },
          batch.proofs[index] ?? [],
        );
        if (!block.ok) return block;
        blocks.push(block.value);
      }
      light = advanced.value.state;
      for (const block of blocks) {
        headTimeMs = block.timestampMs;
        keep(block);
      }
      return ok(blocks);
    },
    takeWarp(warp) {
      const warped = verifyEncodedWarp(light, warp);
      if (!warped.ok) return warped;
      const { state, head } = warped.value;
      const { number, hash, stateRoot } = state.finalized;
      const { parentHash } = head;
      const block = readBlock({ ref: { number, hash }, stateRoot, parentHash }, warp.proof);
      if (!block.ok) return block;
      light = state;
      headTimeMs = block.value.timestampMs;
      window.clear();
      hashes.clear();
      windowBytes = 0;
      oldest = number;
      keep(block.value);
      return block;
    },
    takeHistory(batch) {
      const first = window.get(oldest);
      const expected = first?.parentHash ?? hashes.get(oldest - 1);
      if (expected === undefined) return fail({ code: "history/not-linked" });
      const read = readHistory(batch, expected);
      if (!read.ok) return read;
      const blocks = read.value;
      const bytes = blocks.reduce((sum, block) => sum + sizeOf(block), windowBytes);
      if (bytes > maxBytes || window.size + blocks.length > MAX_KEPT_BLOCKS)
        return fail({ code: "history/too-much" });
      for (const block of blocks) {
        window.set(block.ref.number, block);
        oldest = Math.min(oldest, block.ref.number);
      }
      windowBytes = bytes;
      return ok(undefined);
    },
    trim(needed) {
      const head = light.finalized.number;
      const from = Math.min(needed, head - WINDOW_BLOCKS + 1);
      while (
        oldest < from ||
        (oldest < head && (window.size > MAX_KEPT_BLOCKS || windowBytes > maxBytes))
      ) {
        const dropped = window.get(oldest);
        if (dropped) windowBytes -= sizeOf(dropped);
        window.delete(oldest);
        oldest += 1;
      }
    },
  };
}

/** Blocks that end at a known hash, the newest first, each with what clusters read of it. */
export function readHistory(
  batch: HistoryBatch,
  last: Uint8Array,
): Result<readonly FinalizedBlock[], Exclude<HistoryError, { readonly code: "history/too-much" }>> {
  let expected = last;
  const blocks: FinalizedBlock[] = [];
  for (let i = batch.headers.length - 1; i >= 0; i--) {
    const encoded = batch.headers[i];
    const proof = batch.proofs[i];
    if (encoded === undefined || proof === undefined) return fail({ code: "history/malformed" });
    const hash = blake2b256(encoded);
    if (!equalBytes(hash, expected)) return fail({ code: "history/not-linked" });
    const header = decodeHeader(encoded);
    if (!header.ok) return fail({ code: "history/malformed" });
    const { number, stateRoot, parentHash } = header.value;
    const block = readBlock({ ref: { number, hash }, stateRoot, parentHash }, proof);
    if (!block.ok) return block;
    blocks.push(forClusters(block.value));
    expected = parentHash.slice();
  }
  return ok(blocks);
}

/** Only what replicas read of a block later. */
function forClusters(block: FinalizedBlock): FinalizedBlock {
  if (block.messages.length === 0) return block;
  const messages = block.messages.filter(
    ({ destination }) =>
      equalBytes(destination, TOPIC.command) || equalBytes(destination, TOPIC.cluster),
  );
  return { ...block, messages };
}

function sizeOf(block: FinalizedBlock): number {
  let bytes = 256;
  for (const { payload } of block.messages) bytes += payload.length + 128;
  return bytes;
}
