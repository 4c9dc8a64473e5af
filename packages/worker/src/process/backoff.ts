/** Pause before a restart: doubles while starts fail, starts over after a good run. */
export interface Backoff {
  /** @param ranMs how long the last run lasted */
  next(ranMs: number): number;
}

export function createBackoff(options: {
  readonly firstMs: number;
  readonly maxMs: number;
  /** A run as long as this was good. */
  readonly goodMs: number;
}): Backoff {
  let pauseMs = options.firstMs;
  return {
    next(ranMs) {
      if (ranMs >= options.goodMs) pauseMs = options.firstMs;
      const now = pauseMs;
      pauseMs = Math.min(pauseMs * 2, options.maxMs);
      return now;
    },
  };
}
