/**
 * What one peer may take of this node in a time, per kind of message. Messages above it are not looked at; answers wait
 * until the peer may have so many bytes.
 *
 * **Bounds**: a bucket per kind and peer; the owner drops them with the connection.
 */
import type { NotificationKind, RequestKind } from "../wire/index.ts";
import { type BucketRate, fullBucket, takeTokens, untilTokensMs } from "./token-bucket.ts";

interface Rates {
  readonly messages: BucketRate;
  readonly bytes: BucketRate;
}

const KIB = 1 << 10;
const MIB = 1 << 20;

/** Bytes are of requests, and as many again of answers, counted after they were made: who took much waits for the next. */
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
  /** Whether one more notification of so many bytes is within the rate; counted when it is. */
  takeNotification(kind: NotificationKind, bytes: number, nowMs: number): boolean;
  /** Whether one more request of so many bytes is within the rate; counted when it is. */
  takeRequest(kind: RequestKind, bytes: number, nowMs: number): boolean;
  /** Ms until the peer may have an answer; 0: now. */
  answerWaitMs(kind: RequestKind, nowMs: number): number;
  /** Bytes of an answer; may go below zero, and then the next answers wait. */
  spendBytes(kind: RequestKind, bytes: number): void;
}

export function createPeerBudget(nowMs: number): PeerBudget {
  const rates = { ...REQUEST_RATES, ...NOTIFICATION_RATES };
  const fresh = (kind: NotificationKind | RequestKind) => ({
    messages: fullBucket(rates[kind].messages, nowMs),
    bytes: fullBucket(rates[kind].bytes, nowMs),
    /** Of answers. */
    sent: fullBucket(rates[kind].bytes, nowMs),
  });
  const buckets = new Map<NotificationKind | RequestKind, ReturnType<typeof fresh>>();
  const bucketsOf = (kind: NotificationKind | RequestKind): ReturnType<typeof fresh> => {
    const known = buckets.get(kind) ?? fresh(kind);
    buckets.set(kind, known);
    return known;
  };
  const take = (kind: NotificationKind | RequestKind, size: number, now: number): boolean => {
    const { messages, bytes } = bucketsOf(kind);
    return (
      takeTokens(bytes, rates[kind].bytes, size, now) &&
      takeTokens(messages, rates[kind].messages, 1, now)
    );
  };
  return {
    takeNotification: take,
    takeRequest: take,
    answerWaitMs(kind, now) {
      const { sent } = bucketsOf(kind);
      const rate = rates[kind].bytes;
      // Nothing is taken: how long the answer is will be known when it is made.
      return takeTokens(sent, rate, 0, now) ? 0 : untilTokensMs(sent, rate, 0);
    },
    spendBytes(kind, bytes) {
      bucketsOf(kind).sent.tokens -= bytes;
    },
  };
}
