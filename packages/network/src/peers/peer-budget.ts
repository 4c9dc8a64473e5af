/**
 * What one peer may take of this node in a time, per kind of message. Above it messages are not looked at.
 *
 * **Bounds**: a bucket per kind and peer; the owner drops them with the connection.
 */
import type { NotificationKind, RequestKind } from "../wire/index.ts";
import { type BucketRate, fullBucket, takeTokens } from "./token-bucket.ts";

interface Rates {
  readonly messages: BucketRate;
  readonly bytes: BucketRate;
}

const KIB = 1 << 10;
const MIB = 1 << 20;

/** Answers count with their bytes, after they were made: who took much waits long. */
export const REQUEST_RATES: Readonly<Record<RequestKind, Rates>> = {
  sync: {
    messages: { capacity: 64, perSecond: 16 },
    bytes: { capacity: 32 * MIB, perSecond: 8 * MIB },
  },
  state: {
    messages: { capacity: 16, perSecond: 4 },
    bytes: { capacity: 32 * MIB, perSecond: 8 * MIB },
  },
  light: {
    messages: { capacity: 256, perSecond: 64 },
    bytes: { capacity: 32 * MIB, perSecond: 8 * MIB },
  },
  warp: {
    messages: { capacity: 16, perSecond: 2 },
    bytes: { capacity: 64 * MIB, perSecond: 8 * MIB },
  },
  kad: {
    messages: { capacity: 64, perSecond: 8 },
    bytes: { capacity: 1 * MIB, perSecond: 128 * KIB },
  },
};

export const NOTIFICATION_RATES: Readonly<Record<NotificationKind, Rates>> = {
  "block-announces": {
    messages: { capacity: 256, perSecond: 32 },
    bytes: { capacity: 4 * MIB, perSecond: 512 * KIB },
  },
  transactions: {
    messages: { capacity: 1024, perSecond: 256 },
    bytes: { capacity: 16 * MIB, perSecond: 4 * MIB },
  },
  grandpa: {
    messages: { capacity: 4096, perSecond: 1024 },
    bytes: { capacity: 16 * MIB, perSecond: 4 * MIB },
  },
};

export interface PeerBudget {
  /** Whether one more message of so many bytes is within the rate; counted when it is. */
  takeMessage(kind: NotificationKind | RequestKind, bytes: number, nowMs: number): boolean;
  /** Bytes of an answer; may go below zero, and then the next requests wait. */
  spendBytes(kind: RequestKind, bytes: number): void;
}

export function createPeerBudget(nowMs: number): PeerBudget {
  const rates = { ...REQUEST_RATES, ...NOTIFICATION_RATES };
  const fresh = (kind: NotificationKind | RequestKind) => ({
    messages: fullBucket(rates[kind].messages, nowMs),
    bytes: fullBucket(rates[kind].bytes, nowMs),
  });
  const buckets = new Map<NotificationKind | RequestKind, ReturnType<typeof fresh>>();
  const bucketsOf = (kind: NotificationKind | RequestKind): ReturnType<typeof fresh> => {
    const known = buckets.get(kind) ?? fresh(kind);
    buckets.set(kind, known);
    return known;
  };
  return {
    takeMessage(kind, bytes, now) {
      const { messages, bytes: byteBucket } = bucketsOf(kind);
      return (
        takeTokens(byteBucket, rates[kind].bytes, bytes, now) &&
        takeTokens(messages, rates[kind].messages, 1, now)
      );
    },
    spendBytes(kind, bytes) {
      bucketsOf(kind).bytes.tokens -= bytes;
    },
  };
}
