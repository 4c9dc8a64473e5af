/** Allowance that fills with time: so many at once, so many a second. */
export interface TokenBucket {
  tokens: number;
  filledAt: number;
}

export interface BucketRate {
  readonly capacity: number;
  readonly perSecond: number;
}

export function fullBucket({ capacity }: BucketRate, nowMs: number): TokenBucket {
  return { tokens: capacity, filledAt: nowMs };
}

/** Takes `amount` if it is there. A clock that goes back fills nothing. */
export function takeTokens(
  bucket: TokenBucket,
  { capacity, perSecond }: BucketRate,
  amount: number,
  nowMs: number,
): boolean {
  const passedMs = Math.max(0, nowMs - bucket.filledAt);
  bucket.tokens = Math.min(capacity, bucket.tokens + (passedMs * perSecond) / 1000);
  bucket.filledAt = Math.max(bucket.filledAt, nowMs);
  if (bucket.tokens < amount) return false;
  bucket.tokens -= amount;
  return true;
}

/** Ms from its last filling until `amount` is there, at least 1; it may be in debt. */
export function untilTokensMs(
  { tokens }: TokenBucket,
  { perSecond }: BucketRate,
  amount: number,
): number {
  return Math.max(1, Math.ceil(((amount - tokens) * 1000) / perSecond));
}
