/** How fast one peer is asked: below what nodes allow their peers, so that asking is never taken for a flood. */

/** Requests at once, and a second. */
const BURST = 24;
const PER_SECOND = 8;

export interface RequestPace {
  tokens: number;
  filledAtMs: number;
}

export function newPace(nowMs: number): RequestPace {
  return { tokens: BURST, filledAtMs: nowMs };
}

/** Whether one more request may go now. A clock that goes back fills nothing. */
export function hasPace(pace: RequestPace, nowMs: number): boolean {
  const passedMs = Math.max(0, nowMs - pace.filledAtMs);
  pace.tokens = Math.min(BURST, pace.tokens + (passedMs * PER_SECOND) / 1000);
  pace.filledAtMs = Math.max(pace.filledAtMs, nowMs);
  return pace.tokens >= 1;
}
