/**
 * What can be checked of a cluster's history without any key (protocol §9): that its roots follow each other up to the final
 * one, that deltas and replies have the sizes that tell nothing, and that replicas answered every command that the chain
 * queued, in its order.
 *
 * **Trust**: steps are proven under a verified header, blocks are linked to the last step's. **Not here**: whether a step is
 * what the contracts would have done; that takes the keys of its epoch.
 */
import {
  COMMAND_BUCKETS,
  type Command,
  DELTA_BUCKETS,
  type FinalRoot,
  MAX_ON_CHAIN_DELTA_BYTES,
  NO_ROOT,
  REPLY_OVERHEAD_BYTES,
  replyBlobs,
  type SealedReply,
  type StateStep,
} from "@pha/protocol";
import { equalBytes, fail, ok, type Result, toHex } from "@pha/scale";

/** Steps and commands of a cluster. */
export interface AuditInput {
  /** Index of the first step. */
  readonly from: bigint;
  readonly steps: readonly StateStep[];
  /** Root that the first step follows, where another says it: a snapshot, or nothing for the first of all. */
  readonly before: Uint8Array | undefined;
  /** Final root of the cluster. */
  readonly final: FinalRoot;
  /** Commands of the cluster as the chain queued them: from before the first step's on, up to the last step's block. */
  readonly queue: readonly Command[];
}

/** What a history shows. */
export interface Audited {
  readonly from: bigint;
  readonly to: bigint;
  readonly root: Uint8Array;
  readonly replies: number;
  /** Commands that no replica opened. */
  readonly unopened: number;
  /** Steps whose delta is a blob. */
  readonly blobs: number;
  /** Replies that are blobs. */
  readonly replyBlobs: number;
  readonly deltaBytes: number;
  /** Commands that were queued by the last step's block and wait. */
  readonly waiting: number;
}

/** What does not fit in a cluster's history. */
export type AuditError =
  | { readonly code: "audit/no-steps" }
  /** A step does not follow the one before it, or goes back. */
  | { readonly code: "audit/not-chained"; readonly index: bigint }
  /** A delta or a reply has a size that no honest replica gives it. */
  | { readonly code: "audit/wrong-size"; readonly index: bigint; readonly bytes: number }
  /** A reply is to no queued command, or to one out of its turn. */
  | {
      readonly code: "audit/wrong-order";
      readonly index: bigint;
      readonly replied: string;
      readonly expected: string | undefined;
    }
  /** The last step does not have the cluster's final root. */
  | { readonly code: "audit/not-final"; readonly index: bigint };

const TAG_BYTES = 16;

/** Whether steps follow each other, answer the commands in order, and lead to the final root. */
export function auditSteps(input: AuditInput): Result<Audited, AuditError> {
  const { from, steps, queue, final } = input;
  const [first] = steps;
  if (first === undefined) return fail({ code: "audit/no-steps" });
  let previous = from === 0n ? NO_ROOT : (input.before ?? first.previousRoot);
  let block = -1;
  let keyVersion = 0;
  let at = from === 0n ? 0 : startOf(queue, steps);
  let replies = 0;
  let unopened = 0;
  let deltaBytes = 0;
  for (const [offset, step] of steps.entries()) {
    const index = from + BigInt(offset);
    const isNext =
      equalBytes(step.previousRoot, previous) &&
      step.block.number > block &&
      step.keyVersion >= keyVersion;
    if (!isNext) return fail({ code: "audit/not-chained", index });
    ({ keyVersion } = step);
    previous = step.newRoot;
    block = step.block.number;
    const size = deltaSize(step);
    const wrong = [size, ...step.replies.map(({ sealed }) => replySize(sealed))].find(
      (one) => !one.isGood,
    );
    if (wrong) return fail({ code: "audit/wrong-size", index, bytes: wrong.bytes });
    deltaBytes += size.bytes;
    for (const { contract, commandId, sealed } of step.replies) {
      const next = queue[at];
      const isTurn =
        next !== undefined &&
        equalBytes(next.contract, contract) &&
        equalBytes(next.commandId, commandId);
      const named = { replied: toHex(commandId), expected: next && toHex(next.commandId) };
      if (!isTurn) return fail({ code: "audit/wrong-order", index, ...named });
      at += 1;
      replies += 1;
      if (sealed === undefined) unopened += 1;
    }
  }
  const to = from + BigInt(steps.length) - 1n;
  if (to === final.index && !equalBytes(previous, final.root))
    return fail({ code: "audit/not-final", index: to });
  const blobs = steps.filter(({ delta }) => delta.type === "Blob").length;
  const large = steps.reduce((sum, step) => sum + replyBlobs(step.replies).length, 0);
  const counted = { replies, unopened, blobs, replyBlobs: large, deltaBytes };
  return ok({ from, to, root: previous, ...counted, waiting: queue.length - at });
}

/** Where in the queue the first reply's command is: what comes before it was answered by earlier steps. */
function startOf(queue: readonly Command[], steps: readonly StateStep[]): number {
  const first = steps.find(({ replies }) => replies.length > 0)?.replies[0];
  const found = queue.findIndex(({ commandId }) => first && equalBytes(commandId, first.commandId));
  return Math.max(0, found);
}

function deltaSize({ delta }: StateStep): { readonly bytes: number; readonly isGood: boolean } {
  const bytes = delta.type === "Blob" ? delta.value.bytes : delta.value.length;
  const isBucket = DELTA_BUCKETS.includes(bytes - TAG_BYTES);
  const isPlaced = bytes > MAX_ON_CHAIN_DELTA_BYTES === (delta.type === "Blob");
  return { bytes, isGood: isBucket && isPlaced };
}

/** Where it is follows from its size already as it decodes. */
function replySize(sealed: SealedReply | undefined) {
  if (sealed === undefined) return { bytes: 0, isGood: true };
  const bytes = sealed.type === "Blob" ? sealed.value.bytes : sealed.value.length;
  return { bytes, isGood: COMMAND_BUCKETS.includes(bytes - REPLY_OVERHEAD_BYTES) };
}
