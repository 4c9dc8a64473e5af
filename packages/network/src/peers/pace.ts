/**
 * How fast this node sends to one peer: below what a peer of the same kind allows (`peer-budget.ts`), whatever the node
 * has to tell or to ask. A node that imports hundreds of blocks a second is no flood to others.
 *
 * **Bounds**: a bucket per kind and peer; the owner drops them with the connection.
 */
import type { RequestKind } from "../wire/index.ts";
import { REQUEST_RATES } from "./peer-budget.ts";
import { type BucketRate, fullBucket, takeTokens, untilTokensMs } from "./token-bucket.ts";

export type PacedKind = "block-announces" | RequestKind;

/** Of what the peer allows; the rest is for messages that were under way and come together. */
const SHARE = 3 / 4;
const asked = (kind: RequestKind): BucketRate => {
  const { capacity, perSecond } = REQUEST_RATES[kind].messages;
  return { capacity: capacity * SHARE, perSecond: perSecond * SHARE };
};

/**
 * Announces have a quarter of the budget: each new one makes the one before it worthless, and a peer that stood still for
 * half a minute finds all of them at once.
 */
export const PACES: Readonly<Record<PacedKind, BucketRate>> = {
  "block-announces": { capacity: 64, perSecond: 8 },
  sync: asked("sync"),
  state: asked("state"),
  light: asked("light"),
  warp: asked("warp"),
  kad: asked("kad"),
};

export interface Pace {
  /** 0: one more message of the kind may leave, and is counted. Otherwise ms until it is worth asking again. */
  take(kind: PacedKind, nowMs: number): number;
}

export function createPace(nowMs: number): Pace {
  const buckets = new Map<PacedKind, ReturnType<typeof fullBucket>>();
  return {
    take(kind, now) {
      const rate = PACES[kind];
      const bucket = buckets.get(kind) ?? fullBucket(rate, nowMs);
      buckets.set(kind, bucket);
      return takeTokens(bucket, rate, 1, now) ? 0 : untilTokensMs(bucket, rate, 1);
    },
  };
}
