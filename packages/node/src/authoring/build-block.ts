/** Fills a block from the pool until it is full or its time is up. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Trie } from "@pha/state";
import { type BlockStart, beginBlock, type ExecutedBlock } from "../chain/execute-block.ts";
import { inherentDataAt } from "../chain/inherent-data.ts";
import type { NodeRuntime } from "../chain/node-runtime.ts";
import type { ReadyQueue } from "../pool/ready-queue.ts";
import type { PoolTransaction } from "../pool/transaction.ts";

/** Refusals in a row after which a full block is closed. */
const MAX_SKIPS = 16;

export interface BuildLimits {
  /** Encoded length of all extrinsics in bytes. */
  readonly maxBlockBytes: number;
  /** Work between two turns of the event loop. */
  readonly sliceMs: number;
}

export const DEFAULT_BUILD_LIMITS: BuildLimits = { maxBlockBytes: 5 << 20, sliceMs: 20 };

export interface BuildInput {
  readonly runtime: NodeRuntime;
  readonly parentState: Trie;
  readonly start: BlockStart;
  /** Time of the block. */
  readonly timestampMs: number;
  readonly queue: ReadyQueue;
  readonly limits: BuildLimits;
  readonly now: () => number;
  /** No extrinsic is begun later. */
  readonly deadline: number;
  /** Told of transactions that the runtime refuses for good. */
  readonly onInvalid: (transaction: PoolTransaction, reason: "stale" | "invalid") => void;
}

/** `undefined` when the runtime refuses an inherent: there is no valid block for this slot. */
export async function buildBlock(input: BuildInput): Promise<ExecutedBlock | undefined> {
  const { runtime, parentState, start, queue, limits, now, deadline } = input;
  const block = beginBlock(runtime, parentState, start);
  const body: Uint8Array[] = [];
  let bytes = 0;
  for (const inherent of block.inherents(inherentDataAt(input.timestampMs))) {
    if (!block.apply(inherent).ok) return undefined;
    body.push(inherent);
    bytes += inherent.length;
  }
  let skips = 0;
  let sliceEnd = now() + limits.sliceMs;
  for (;;) {
    const time = now();
    if (time >= deadline || skips > MAX_SKIPS) break;
    if (time >= sliceEnd) {
      await nextTurn();
      // However long the others took, the block gets as much: a flood of requests cannot starve it.
      sliceEnd = now() + Math.max(limits.sliceMs, now() - time);
    }
    const transaction = queue.next();
    if (transaction === undefined) break;
    if (bytes + transaction.bytes.length > limits.maxBlockBytes) {
      queue.reject();
      skips++;
      continue;
    }
    const applied = block.apply(transaction.bytes);
    if (applied.ok) {
      body.push(transaction.bytes);
      bytes += transaction.bytes.length;
      continue;
    }
    queue.reject();
    const reason = applied.error.value.type;
    if (reason === "ExhaustsResources") skips++;
    // A nonce not reached yet waits for its predecessor, which may be in the next block.
    else if (reason !== "Future")
      input.onInvalid(transaction, reason === "Stale" ? "stale" : "invalid");
  }
  return block.finish(body);
}
