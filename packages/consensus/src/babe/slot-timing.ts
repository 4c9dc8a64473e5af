/**
 * When a block may be imported, by its slot and the clock: clocks of honest nodes differ, and a block of a slot that has
 * not begun here may have been made in time.
 *
 * **Trust**: the slot is hostile, the clock is the caller's.
 */

export type SlotTiming =
  /** Its slot has begun, or begins within the tolerance. */
  | { readonly type: "due" }
  /** At most a slot too soon: to be imported in so long. */
  | { readonly type: "early"; readonly waitMs: number }
  /** No clock that is of use is so far ahead. */
  | { readonly type: "future" };

export interface SlotClock {
  /** Unix time. */
  readonly nowMs: number;
  readonly slotDurationMs: number;
  /** A slot that begins so soon counts as begun. */
  readonly toleranceMs: number;
}

/** More than any that is waited for, whatever the tolerance. */
const MOST_SLOTS_AHEAD = 2n;

export function slotTiming(slot: bigint, clock: SlotClock): SlotTiming {
  const { nowMs, slotDurationMs, toleranceMs } = clock;
  // Before it is made a number: a slot is any u64.
  if (slot > BigInt(Math.floor(nowMs / slotDurationMs)) + MOST_SLOTS_AHEAD)
    return { type: "future" };
  const waitMs = Number(slot) * slotDurationMs - nowMs - toleranceMs;
  if (waitMs <= 0) return { type: "due" };
  return waitMs + toleranceMs <= slotDurationMs ? { type: "early", waitMs } : { type: "future" };
}
