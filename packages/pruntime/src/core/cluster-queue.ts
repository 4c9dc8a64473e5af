/**
 * A cluster's queue on its way into jobs: which block is executed next, and with which items.
 *
 * A block becomes a job when something waits at it: its own items, or what an earlier block left over. Which items a job
 * gets depends on the chain alone, so that every replica makes the same jobs, a restored one too.
 *
 * **Bounds**: `MAX_WAITING_ITEMS` items are held, later blocks are read when there is room; a job takes at most
 * `MAX_JOB_ITEMS` items, `MAX_JOB_BYTES` of sealed commands, `MAX_JOB_INSTANTIATIONS`, and the cluster's fuel per block.
 */
import type { BlockRef } from "@pha/protocol";
import type { Follower } from "./follower.ts";
import { isBefore, type Position } from "./position.ts";
import { itemsOf, type QueueItem } from "./queue.ts";

export const MAX_JOB_ITEMS = 1024;
export const MAX_JOB_BYTES = 4 << 20;
export const MAX_JOB_INSTANTIATIONS = 16;
/** More than one job takes, so that a job never sees an end that is none. */
export const MAX_WAITING_ITEMS = 4 * MAX_JOB_ITEMS;

export type NextJob =
  | { readonly type: "job"; readonly block: BlockRef; readonly items: readonly QueueItem[] }
  /** A block that is out of the follower's window. */
  | { readonly type: "missing"; readonly number: number };

export interface ClusterQueue {
  /** Number of the oldest block that it still reads. */
  readonly needs: number;
  /** Number of the next block that may become a job. */
  readonly next: number;
  /** The next job; the same one until `done`. Absent when nothing waits up to the head. */
  take(fuelPerBlock: bigint): NextJob | undefined;
  /** The first `count` items of the job are executed; tells where the next job goes on. */
  done(count: number): Position;
}

export function createClusterQueue(parts: {
  readonly follower: Pick<Follower, "block"> & { readonly head: Pick<BlockRef, "number"> };
  readonly cluster: Uint8Array;
  /** Hex ids of the cluster's contracts; instantiations add theirs. */
  readonly contracts: Set<string>;
  /** First item that is not executed. */
  readonly position: Position;
  /** First block that may become a job. */
  readonly firstJob: number;
}): ClusterQueue {
  const { follower, cluster, contracts, position } = parts;
  let waiting: QueueItem[] = [];
  let unread = position.block;
  let next = parts.firstJob;
  let current: BlockRef | undefined;

  /** Reads blocks up to `last` into the queue; number of a block that is missing, if any. */
  function readTo(last: number): number | undefined {
    while (unread <= last && waiting.length < MAX_WAITING_ITEMS) {
      const block = follower.block(unread);
      if (block === undefined) return unread;
      if (block.messages.length > 0)
        for (const item of itemsOf(block, cluster, contracts))
          if (!isBefore(item.at, position)) waiting.push(item);
      unread += 1;
    }
    return undefined;
  }

  return {
    get needs() {
      return Math.min(unread, current?.number ?? next);
    },
    get next() {
      return next;
    },
    take(fuelPerBlock) {
      while (current === undefined) {
        if (next > follower.head.number) return undefined;
        const missing = readTo(next);
        if (missing !== undefined) return { type: "missing", number: missing };
        const block = follower.block(next);
        if (block === undefined) return { type: "missing", number: next };
        next += 1;
        if (waiting.length > 0) current = block.ref;
      }
      return { type: "job", block: current, items: fitting(waiting, fuelPerBlock) };
    },
    done(count) {
      waiting = waiting.slice(count);
      current = undefined;
      return waiting[0]?.at ?? { block: unread, index: 0 };
    },
  };
}

/** Items in order as long as they fit one job; at least one, so that nothing waits for ever. */
function fitting(items: readonly QueueItem[], fuelPerBlock: bigint): readonly QueueItem[] {
  let fuel = 0n;
  let bytes = 0;
  let instantiations = 0;
  let count = 0;
  for (const item of items) {
    if (item.type === "command") {
      fuel += item.command.fuelLimit;
      bytes += item.command.sealed.length;
    } else instantiations += 1;
    const tooMuch =
      fuel > fuelPerBlock ||
      bytes > MAX_JOB_BYTES ||
      instantiations > MAX_JOB_INSTANTIATIONS ||
      count >= MAX_JOB_ITEMS;
    if (count > 0 && tooMuch) break;
    count += 1;
  }
  return items.slice(0, count);
}
