/**
 * Relays finalized batches to one pRuntime: which blocks come next and when, decided without I/O.
 *
 * ```
 * starting ─ ready ─► idle ─ finalized above head ─► fetching ─ fetched ─► sent ─ synced ─► idle
 *                      ▲ └────────── nothing, failed ───┘                     └─ refused ─► idle (a pause later)
 * ```
 * One batch is outstanding at a time: pRuntime's `Synced` is the credit for the next. A worker that is far behind and does
 * not register yet is given a warp instead, unless one was refused or not to be had.
 * **Bounds**: no container; `MAX_REFUSALS` in a row end the pRuntime. **Trust**: the numbers come from a pRuntime or a
 * node that may lie; a lie costs fetches, and the pRuntime judges each batch itself.
 */
export type RelayInput =
  /** pRuntime started; `head` is the newest block it has. */
  | { readonly type: "ready"; readonly head: number }
  | { readonly type: "synced"; readonly head: number; readonly registered: boolean }
  | { readonly type: "refused" }
  | { readonly type: "finalized"; readonly number: number }
  /** The batch that was asked for was sent to pRuntime. */
  | { readonly type: "sent"; readonly from: number }
  /** The node has nothing finalized from there on. */
  | { readonly type: "nothing"; readonly from: number }
  | { readonly type: "failed"; readonly from: number }
  /** A pause is over. */
  | { readonly type: "again" };

export type RelayOutput =
  | { readonly type: "fetch"; readonly from: number }
  /** As `fetch`, of a warp over the blocks from there on. */
  | { readonly type: "fetch-warp"; readonly from: number }
  /** What the cache holds from this block on is not to be used again. */
  | { readonly type: "forget"; readonly from: number }
  | { readonly type: "pause"; readonly ms: number }
  | { readonly type: "register" }
  | { readonly type: "restart"; readonly reason: "worker/batches-refused" };

export interface RelayCore {
  readonly head: number;
  readonly isCaughtUp: boolean;
  step(input: RelayInput): readonly RelayOutput[];
}

const MAX_REFUSALS = 5;
const PAUSE_MS = 100;

/** Blocks that a warp must save: two batches of the node's. */
export const MIN_WARP_BLOCKS = 512;

/** @param mayWarp whether pRuntime's role lets it skip blocks before it registers */
export function createRelayCore({ mayWarp }: { readonly mayWarp: boolean }): RelayCore {
  let canWarp = mayWarp;
  let isWarp = false;
  let phase: "starting" | "idle" | "fetching" | "sent" = "starting";
  let head = 0;
  let finalized = 0;
  let refusals = 0;
  let hasRegistered = false;
  /** The node has said what is finalized: only then is genesis known to be the newest. */
  let knowsFinalized = false;

  function next(): readonly RelayOutput[] {
    if (phase !== "idle" || finalized <= head) return [];
    phase = "fetching";
    isWarp = canWarp && !hasRegistered && finalized - head >= MIN_WARP_BLOCKS;
    return [{ type: isWarp ? "fetch-warp" : "fetch", from: head + 1 }];
  }

  /** Once, as soon as the head is the chain's. On a new chain that is genesis: block 1 knows its hash. */
  function register(registered: boolean): readonly RelayOutput[] {
    if (hasRegistered || registered || !knowsFinalized || head < finalized) return [];
    hasRegistered = true;
    return [{ type: "register" }];
  }

  return {
    get head() {
      return head;
    },
    get isCaughtUp() {
      return phase !== "starting" && head > 0 && head + 1 >= finalized;
    },
    step(input) {
      switch (input.type) {
        case "ready":
          if (phase !== "starting") return [];
          phase = "idle";
          head = input.head;
          return [...(head === 0 ? register(false) : []), ...next()];
        case "finalized":
          finalized = Math.max(finalized, input.number);
          knowsFinalized = true;
          return [...(phase === "idle" && head === 0 ? register(false) : []), ...next()];
        case "sent":
          if (phase === "fetching" && input.from === head + 1) phase = "sent";
          return [];
        case "synced":
          head = input.head;
          refusals = 0;
          if (phase === "sent") phase = "idle";
          return [...register(input.registered), ...next()];
        case "nothing":
        case "failed":
          if (phase !== "fetching") return [];
          phase = "idle";
          if (isWarp) canWarp = false;
          return [{ type: "pause", ms: PAUSE_MS }];
        case "refused":
          if (phase !== "sent") return [];
          phase = "idle";
          if (isWarp) canWarp = false;
          refusals += 1;
          if (refusals >= MAX_REFUSALS)
            return [{ type: "restart", reason: "worker/batches-refused" }];
          return [
            { type: "forget", from: head + 1 },
            { type: "pause", ms: PAUSE_MS * refusals },
          ];
        case "again":
          return next();
      }
    },
  };
}
