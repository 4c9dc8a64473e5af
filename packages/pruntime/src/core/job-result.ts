/** From the outcomes of a job to what its step holds: writes, replies, and how many items are done. */
import type { Reply, StateWrite } from "@pha/protocol";
import { deriveContractSigningSeed } from "@pha/protocol";
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
 * Sealed bytes of one commit's replies after which only small ones are carried. With the largest delta and small replies
 * for the rest of a job, the commit stays below what the chain takes as one transaction, 1 MiB.
 */
export const MAX_REPLIES_BYTES = 384 << 10;
/** Sealed size of a reply in the smallest bucket. */
const SMALL_REPLY_BYTES = 32 + 256 + 16;

export interface JobReply {
  readonly reply: Reply;
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
  let replyBytes = 0;
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
    let reply = sealedReply(item, one, body, epoch);
    const bytes = reply.sealed?.length ?? 0;
    if (bytes > SMALL_REPLY_BYTES && replyBytes + bytes > MAX_REPLIES_BYTES)
      reply = sealedReply(item, one, tooLargeReply(outcome?.fuelUsed ?? 0n), epoch);
    replyBytes += reply.sealed?.length ?? 0;
    replies.push({ reply, item });
  }
  return { done, writes, replies, fuelUsed };
}
