/** From the outcomes of a job to what its step holds: writes, replies, and how many items are done. */
import {
  deriveContractSigningSeed,
  MAX_ON_CHAIN_REPLY_BYTES,
  MAX_REPLY_BLOB_BYTES,
  MAX_REPLY_BLOBS,
  placedReply,
  REPLY_OVERHEAD_BYTES,
  type Reply,
  type StateWrite,
} from "@pha/protocol";
import type { EngineOutcome } from "./engine-job.ts";
import {
  contractEntries,
  type EpochContext,
  type Prepared,
  replyOf,
  sealedReply,
  tooLargeReply,
  writesOf,
} from "./execution.ts";
import type { QueueItem } from "./queue.ts";

/**
 * Sealed bytes that one commit carries of its replies, after which only small ones are carried. With the largest delta and
 * small replies for the rest of a job, the commit stays below what the chain takes as one transaction, 1 MiB.
 */
export const MAX_REPLIES_BYTES = 384 << 10;
/** Sealed size of a reply in the smallest bucket. */
const SMALL_REPLY_BYTES = 256 + REPLY_OVERHEAD_BYTES;

export interface JobReply {
  /** As the commit holds it. */
  readonly reply: Reply;
  /** All of it, wherever it is placed. */
  readonly sealed: Uint8Array | undefined;
  readonly item: Extract<QueueItem, { readonly type: "command" }>;
}

export interface JobResult {
  /** Items done, from the first; the engine may have stopped before the last. */
  readonly done: number;
  readonly writes: readonly StateWrite[];
  readonly replies: readonly JobReply[];
  readonly fuelUsed: readonly bigint[];
}

export function resultOf(
  prepared: readonly Prepared[],
  outcomes: readonly EngineOutcome[],
  epoch: EpochContext,
): JobResult {
  const writes: StateWrite[] = [];
  const replies: JobReply[] = [];
  const fuelUsed: bigint[] = [];
  const room = createReplyRoom();
  let nextOutcome = 0;
  let done = 0;
  for (const one of prepared) {
    const { item, call } = one;
    const outcome = call && outcomes[nextOutcome];
    // The engine stopped here; items without a call need it not.
    if (call && outcome === undefined) break;
    if (call) nextOutcome += 1;
    done += 1;
    fuelUsed.push(outcome?.fuelUsed ?? 0n);
    if (item.type === "instantiate") {
      const seed = deriveContractSigningSeed(epoch.vetKey, item.contract);
      writes.push(...contractEntries(epoch.vetKey, item.contract, seed));
    }
    if (call && outcome) writes.push(...writesOf(call.contract, outcome));
    if (item.type !== "command") continue;
    const body = outcome ? replyOf(outcome) : one.refused;
    let sealed = sealedReply(item, one, body, epoch);
    if (!room.take(sealed)) {
      sealed = sealedReply(item, one, tooLargeReply(outcome?.fuelUsed ?? 0n), epoch);
      room.take(sealed);
    }
    const { contract, commandId } = item.command;
    const reply = { contract, commandId, sealed: sealed && placedReply(sealed) };
    replies.push({ reply, sealed, item });
  }
  return { done, writes, replies, fuelUsed };
}

/** What a step has room for: bytes in its commit, blobs beside it. */
function createReplyRoom() {
  let carried = 0;
  let blobs = 0;
  let blobBytes = 0;
  return {
    /** Whether the reply fits; small ones always do. */
    take(sealed: Uint8Array | undefined): boolean {
      const bytes = sealed?.length ?? 0;
      if (bytes <= MAX_ON_CHAIN_REPLY_BYTES) {
        if (bytes > SMALL_REPLY_BYTES && carried + bytes > MAX_REPLIES_BYTES) return false;
        carried += bytes;
        return true;
      }
      if (blobs === MAX_REPLY_BLOBS || blobBytes + bytes > MAX_REPLY_BLOB_BYTES) return false;
      blobs += 1;
      blobBytes += bytes;
      return true;
    },
  };
}
