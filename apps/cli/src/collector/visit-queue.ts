/**
 * Sealed visits that wait to be brought: what a collector takes, and how many.
 *
 * **Bounds**: `MAX_WAITING` visits in all; of each address `BURST` at once and `PER_SECOND` after; `MAX_ADDRESSES` are
 * remembered, the one heard longest ago goes. **Trust**: boxes are anybody's; here they are lengths and bytes. An address is
 * kept for as long as its visit waits, and in the count of its rate.
 */
import { MAX_VIEWS, VISIT_BUCKETS } from "@pha/contract-analytics";
import { PhaError } from "@pha/scale";

export const MAX_WAITING = 4_096;
export const MAX_ADDRESSES = 4_096;
export const BURST = 60;
export const PER_SECOND = 10;
/** Suite byte, encapsulated key, tag. */
const BOX_OVERHEAD = 1 + 32 + 16;
export const MAX_BOX_BYTES = BOX_OVERHEAD + Math.max(...VISIT_BUCKETS);

export interface WaitingVisit {
  readonly box: Uint8Array;
  readonly address: string;
}

export interface VisitQueue {
  readonly length: number;
  /** @throws PhaError `collector/not-a-box`, `collector/too-many`, `collector/full` */
  add(box: Uint8Array, address: string, nowMs: number): void;
  /** The oldest, as many as one command takes. */
  take(): readonly WaitingVisit[];
  /** Puts back what could not be brought, in front; what has no room is dropped, and how many is said. */
  putBack(visits: readonly WaitingVisit[]): number;
}

interface Rate {
  readonly left: number;
  readonly atMs: number;
}

export function createVisitQueue(): VisitQueue {
  let waiting: WaitingVisit[] = [];
  const rates = new Map<string, Rate>();

  function pay(address: string, nowMs: number): void {
    const { left, atMs } = rates.get(address) ?? { left: BURST, atMs: nowMs };
    const now = Math.min(BURST, left + (Math.max(0, nowMs - atMs) / 1000) * PER_SECOND);
    if (now < 1)
      throw new PhaError("collector/too-many", "too many visits come from this address", {
        facts: { perSecond: PER_SECOND },
        hint: "Send them more slowly; the tracker tries again by itself.",
      });
    rates.delete(address);
    rates.set(address, { left: now - 1, atMs: nowMs });
    for (const oldest of rates.keys()) {
      if (rates.size <= MAX_ADDRESSES) break;
      rates.delete(oldest);
    }
  }

  return {
    get length() {
      return waiting.length;
    },
    add(box, address, nowMs) {
      if (box[0] !== 1 || !VISIT_BUCKETS.includes(box.length - BOX_OVERHEAD))
        throw new PhaError("collector/not-a-box", "this is no sealed visit", {
          facts: { bytes: box.length },
          hint: "Send what the tracker seals, one visit at a time.",
        });
      pay(address, nowMs);
      if (waiting.length >= MAX_WAITING)
        throw new PhaError("collector/full", "too many visits wait already", {
          facts: { waiting: waiting.length },
          hint: "Look whether the network can be reached and the collector is appointed: GET /v1/site.",
        });
      waiting.push({ box, address });
    },
    take() {
      const taken = waiting.slice(0, MAX_VIEWS);
      waiting = waiting.slice(MAX_VIEWS);
      return taken;
    },
    putBack(visits) {
      const room = Math.max(0, MAX_WAITING - waiting.length);
      waiting = [...visits.slice(0, room), ...waiting];
      return Math.max(0, visits.length - room);
    },
  };
}
