/**
 * Queue of extrinsics of one operator account: which goes out under which nonce, what becomes of it, decided without I/O.
 *
 * A *lane* is one boot of one pRuntime; its messages carry sequences and leave in order. All lanes share the nonces.
 *
 * ```
 * waiting ─ next() ─► sending ─ accepted ─► pooled ─ nonce or sequence finalized ─► settled
 *    ▲                  │ lost: unsent, sent again under the same nonce
 *    └── nonce taken ◄──┴─ refused by the runtime: again some blocks later, after MAX_ATTEMPTS dropped (lane broken)
 * ```
 * A nonce given up below others in flight is a *gap*: the first entry that may take it does, else a filler, so that one
 * bad extrinsic never holds up the others. An entry must not take a nonce below its lane's predecessors: nonces and
 * sequences would wait for each other.
 * **Bounds**: `QueueLimits`. **Trust**: lanes' content is a pRuntime's, verdicts the node's; a lying node delays only.
 * **Not here**: signing, RPC, clocks (time is the finalized block number).
 */
import { assert, fail, ok, type Result } from "@pha/scale";
import type {
  FinalizedView,
  NewEntry,
  Report,
  SettledEntry,
  Submission,
  Verdict,
} from "./submission.ts";

export interface QueueLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly maxInFlight: number;
}

export interface SubmitQueue {
  readonly size: { readonly waiting: number; readonly inFlight: number; readonly bytes: number };
  push(entry: NewEntry): Result<number, { readonly code: "submit/queue-full" }>;
  /** The boot is gone: what waits is forgotten, what is in flight only watched. */
  closeLane(lane: string): void;
  /** What to send now, in this order, without waiting in between. */
  next(): readonly Submission[];
  verdict(ticket: number, verdict: Verdict): readonly Report[];
  finalized(view: FinalizedView): readonly Report[];
  /** The node's next nonce, pool included. */
  resync(nextNonce: number): void;
  /** Open lanes with messages that are not settled, and those with a registration. */
  lanes(): { readonly messages: readonly string[]; readonly registrations: readonly string[] };
}

interface Entry extends SettledEntry {
  readonly id: number;
  readonly lane: string;
  readonly kind: NewEntry["kind"];
  /** Of a registration: the block that its evidence names; 0 of others. */
  readonly at: number;
  readonly call: Uint8Array;
  readonly isFiller: boolean;
  ticket: number;
  state: "waiting" | "unsent" | "sending" | "pooled";
  nonce: number;
  attempts: number;
  staleCount: number;
  stalls: number;
  tip: bigint;
  /** Block at which it was signed; before it was, and when it must be again, `undefined`. */
  signedAt: number | undefined;
  pooledAt: number;
  notBefore: number;
}

interface Gap {
  /** `undefined`: given up by ourselves, free at once. */
  readonly since: number | undefined;
  /** Tip of what the pool may still hold under this nonce; whoever takes it must outbid. */
  readonly tip: bigint;
}

const LIMITS: QueueLimits = { maxEntries: 16_384, maxBytes: 96 << 20, maxInFlight: 256 };
/** Refusals by the runtime or failed dispatches after which an entry is dropped. */
const MAX_ATTEMPTS = 4;
/** Blocks without inclusion after which an extrinsic is sent again. */
const RESEND_BLOCKS = 4;
/** Blocks after which it is signed again; extrinsics live for 64. */
export const MORTAL_BLOCKS = 64;
const RESIGN_BLOCKS = 48;
/** Blocks for which an unknown nonce is left to whoever may have used it. */
const FOREIGN_BLOCKS = 4;
/** Highest tip that outbidding leads to. */
const MAX_TIP = 1_000_000_000_000n;
/** Fraction of a token that puts pRuntimes' messages before users' extrinsics without a tip. */
const MESSAGE_TIP = 1_000_000n;
/** Outbids the message whose nonce it takes. */
const FILLER_TIP = 10n * MESSAGE_TIP;
/** Blocks without inclusion after which an extrinsic of a boot that is gone gives its nonce up. */
const ORPHAN_BLOCKS = 2;
/** Times the lowest nonce was found waiting in the pool before its entry counts as refused. */
const MAX_STALLS = 3;
const NO_LANE = "";

/** @param fillerCall encoded call that does nothing */
export function createSubmitQueue(
  firstNonce: number,
  fillerCall: Uint8Array,
  limits: Partial<QueueLimits> = {},
): SubmitQueue {
  const { maxEntries, maxBytes, maxInFlight } = { ...LIMITS, ...limits };
  const waiting: Entry[] = [];
  /** By nonce; every entry that has one. */
  const inFlight = new Map<number, Entry>();
  const byId = new Map<number, Entry>();
  const byTicket = new Map<number, Entry>();
  /** Nonces above the chain's that no entry holds. */
  const gaps = new Map<number, Gap>();
  const closed = new Set<string>();
  let bytes = 0;
  let nextId = 1;
  let nextTicket = 1;
  let nextNonce = firstNonce;
  let chainNonce = 0;
  let block = 0;

  function forget(entry: Entry): void {
    if (byId.delete(entry.id)) bytes -= entry.call.length;
    byTicket.delete(entry.ticket);
  }

  function giveUpNonce(entry: Entry): void {
    inFlight.delete(entry.nonce);
    gaps.set(entry.nonce, { since: undefined, tip: entry.tip });
    trim();
  }

  /** Somebody else has it: left to them for some blocks. */
  function cedeNonce(entry: Entry): void {
    inFlight.delete(entry.nonce);
    gaps.set(entry.nonce, { since: block, tip: entry.tip });
  }

  /** Nonces at the very end of which the pool holds nothing are simply used again. */
  function trim(): void {
    for (;;) {
      const last = gaps.get(nextNonce - 1);
      if (nextNonce <= chainNonce || last?.since !== undefined || last?.tip !== 0n) return;
      nextNonce -= 1;
      gaps.delete(nextNonce);
    }
  }

  function hasSuccessors(entry: Entry): boolean {
    for (const other of inFlight.values())
      if (other.lane === entry.lane && other.id > entry.id && !other.isFiller) return true;
    return false;
  }

  /** Puts an entry back among the waiting, and all after it in its lane: they must not have lower nonces. */
  function requeue(entry: Entry): void {
    for (const other of [...inFlight.values()])
      if (other.lane === entry.lane && other.id > entry.id && !other.isFiller) {
        giveUpNonce(other);
        putBack(other);
      }
    putBack(entry);
  }

  function putBack(entry: Entry): void {
    entry.state = "waiting";
    entry.signedAt = undefined;
    byTicket.delete(entry.ticket);
    const at = waiting.findIndex(({ id }) => id > entry.id);
    if (at === -1) waiting.push(entry);
    else waiting.splice(at, 0, entry);
  }

  function drop(entry: Entry, reason: string): readonly Report[] {
    forget(entry);
    if (entry.isFiller) return [];
    const { lane, kind, sequence } = entry;
    const reports: Report[] = [{ type: "dropped", entry: settledOf(entry), reason }];
    if (closed.has(lane)) return reports;
    reports.push({ type: "lane-broken", lane, reason });
    closeLane(lane);
    if (kind === "message" && sequence !== undefined)
      // Their predecessor never comes: the pool would keep them, and every nonce after them, waiting.
      for (const other of [...inFlight.values()])
        if (other.lane === lane && other.id > entry.id) {
          forget(other);
          giveUpNonce(other);
        }
    return reports;
  }

  function closeLane(lane: string): void {
    closed.add(lane);
    // Boots come one after the other: names of old ones are not needed once nothing of them is in flight.
    for (const name of closed)
      if (name !== lane && ![...inFlight.values()].some((entry) => entry.lane === name))
        closed.delete(name);
    for (let i = waiting.length - 1; i >= 0; i--) {
      const entry = waiting[i];
      if (entry?.lane !== lane) continue;
      waiting.splice(i, 1);
      forget(entry);
    }
  }

  function submissionOf(entry: Entry): Submission {
    const sign = entry.signedAt === undefined;
    if (sign) entry.signedAt = block;
    entry.state = "sending";
    byTicket.delete(entry.ticket);
    entry.ticket = nextTicket++;
    byTicket.set(entry.ticket, entry);
    const { id, ticket, nonce, call, tip } = entry;
    return { id, ticket, nonce, call, tip, sign };
  }

  function assign(entry: Entry, nonce: number): Submission {
    entry.nonce = nonce;
    inFlight.set(nonce, entry);
    const outbid = 10n * (gaps.get(nonce)?.tip ?? 0n);
    const least = entry.isFiller ? FILLER_TIP : MESSAGE_TIP;
    entry.tip = outbid > MAX_TIP ? MAX_TIP : outbid > least ? outbid : least;
    gaps.delete(nonce);
    entry.signedAt = undefined;
    return submissionOf(entry);
  }

  /** First waiting entry that may have this nonce: nothing earlier of its lane waits or flies above it. */
  function takeWaiting(nonce: number): Entry | undefined {
    const barred = new Set<string>();
    for (const entry of inFlight.values()) if (entry.nonce > nonce) barred.add(entry.lane);
    for (const [index, entry] of waiting.entries()) {
      if (barred.has(entry.lane)) continue;
      if (entry.notBefore > block) {
        barred.add(entry.lane);
        continue;
      }
      waiting.splice(index, 1);
      return entry;
    }
    return undefined;
  }

  function filler(): Entry {
    return newEntry({ lane: NO_LANE, kind: "message", call: fillerCall }, true);
  }

  function newEntry(entry: NewEntry, isFiller: boolean): Entry {
    const made: Entry = {
      ...entry,
      at: entry.at ?? 0,
      id: nextId++,
      isFiller,
      ticket: 0,
      state: "waiting",
      nonce: -1,
      attempts: 0,
      staleCount: 0,
      stalls: 0,
      tip: MESSAGE_TIP,
      signedAt: undefined,
      pooledAt: 0,
      notBefore: 0,
    };
    byId.set(made.id, made);
    bytes += entry.call.length;
    return made;
  }

  /** The runtime refused it, or its dispatch failed. */
  function failed(entry: Entry, reason: string): readonly Report[] {
    entry.attempts += 1;
    if (entry.attempts >= MAX_ATTEMPTS || closed.has(entry.lane)) {
      giveUpNonce(entry);
      return drop(entry, reason);
    }
    entry.notBefore = block + 2 ** (entry.attempts - 1);
    entry.signedAt = undefined;
    if (entry.isFiller || hasSuccessors(entry)) {
      // Its successors hold the nonces above: only this one is low enough for it.
      entry.state = "unsent";
      return [];
    }
    giveUpNonce(entry);
    requeue(entry);
    return [];
  }

  return {
    get size() {
      return { waiting: waiting.length, inFlight: inFlight.size, bytes };
    },
    push(entry) {
      if (byId.size >= maxEntries || bytes + entry.call.length > maxBytes)
        return fail({ code: "submit/queue-full" });
      const made = newEntry(entry, false);
      waiting.push(made);
      return ok(made.id);
    },
    closeLane,
    next() {
      const out: Submission[] = [];
      for (const entry of inFlight.values())
        if (entry.state === "unsent" && entry.notBefore <= block) out.push(submissionOf(entry));
      const highest = Math.max(-1, ...inFlight.keys());
      for (const [gap, { since }] of [...gaps].sort(([a], [b]) => a - b)) {
        if (since !== undefined && since > block - FOREIGN_BLOCKS) continue;
        const entry = takeWaiting(gap) ?? (gap < highest ? filler() : undefined);
        if (entry !== undefined) out.push(assign(entry, gap));
      }
      while (inFlight.size < maxInFlight) {
        const entry = takeWaiting(nextNonce);
        if (entry === undefined) break;
        out.push(assign(entry, nextNonce));
        nextNonce += 1;
      }
      return out.sort((a, b) => a.nonce - b.nonce);
    },
    verdict(ticket, verdict) {
      const entry = byTicket.get(ticket);
      // Settled, dropped or submitted anew while the request was under way.
      if (entry === undefined || entry.state !== "sending") return [];
      switch (verdict.type) {
        case "accepted":
        case "known":
          if (verdict.type === "known") entry.stalls += 1;
          entry.state = "pooled";
          entry.pooledAt = block;
          entry.staleCount = 0;
          return [];
        case "lost":
          entry.state = "unsent";
          return [];
        case "stale":
          entry.state = "pooled";
          entry.pooledAt = block;
          entry.staleCount += 1;
          return [{ type: "resync" }];
        case "occupied":
          if (entry.isFiller || entry.attempts > 0) {
            // What is there is useless or a former form of this one: outbid it.
            if (entry.tip < MAX_TIP) entry.tip *= 10n;
            entry.signedAt = undefined;
            entry.state = "unsent";
            entry.notBefore = block + 1;
            return [];
          }
          cedeNonce(entry);
          requeue(entry);
          return [{ type: "resync" }];
        case "expired":
          entry.attempts += 1;
          if (entry.attempts >= MAX_ATTEMPTS) return failed(entry, verdict.reason);
          entry.state = "unsent";
          entry.signedAt = undefined;
          return [];
        case "invalid":
          return failed(entry, verdict.reason);
      }
    },
    finalized(view) {
      block = Math.max(block, view.block);
      chainNonce = Math.max(chainNonce, view.nonce);
      const reports: Report[] = [];
      for (const entry of [...inFlight.values()].sort((a, b) => a.nonce - b.nonce)) {
        // Put back or dropped together with one before it.
        if (inFlight.get(entry.nonce) !== entry) continue;
        const waited = entry.state === "pooled" ? block - entry.pooledAt : 0;
        const isUsed = entry.nonce < view.nonce;
        const outcome = outcomeOf(entry, view, closed);
        if (isUsed) {
          inFlight.delete(entry.nonce);
          if (outcome === "pending") {
            entry.attempts += 1;
            if (entry.attempts >= MAX_ATTEMPTS) reports.push(...drop(entry, "submit/not-executed"));
            else requeue(entry);
          } else {
            forget(entry);
            if (!entry.isFiller) reports.push({ type: "settled", entry: settledOf(entry) });
          }
        } else if (outcome === "settled" && !entry.isFiller) {
          // An earlier copy was included: what the pool holds under this nonce will be refused.
          forget(entry);
          cedeNonce(entry);
          reports.push({ type: "settled", entry: settledOf(entry) });
        } else if (closed.has(entry.lane) && waited >= ORPHAN_BLOCKS) {
          // The pool keeps messages of a replaced boot waiting, and all later nonces with them.
          forget(entry);
          giveUpNonce(entry);
        } else if (waited >= RESEND_BLOCKS) {
          if (entry.stalls >= MAX_STALLS && entry.nonce === view.nonce) {
            reports.push(...failed(entry, "submit/not-included"));
            continue;
          }
          if (entry.staleCount >= 2) {
            giveUpNonce(entry);
            // The pool calls it stale too when it stands in a block and did nothing there.
            const reason = entry.attempts > 0 ? "submit/not-executed" : "submit/stale";
            reports.push(...drop(entry, reason));
            continue;
          }
          entry.state = "unsent";
          if (entry.signedAt !== undefined && block - entry.signedAt >= RESIGN_BLOCKS)
            entry.signedAt = undefined;
        }
      }
      for (const gap of [...gaps.keys()]) if (gap < chainNonce) gaps.delete(gap);
      if (nextNonce < chainNonce) nextNonce = chainNonce;
      // Nonces between the chain's and our first: extrinsics of a former run, or lost ones.
      for (let nonce = chainNonce; nonce < nextNonce; nonce++)
        if (!inFlight.has(nonce) && !gaps.has(nonce)) gaps.set(nonce, { since: block, tip: 0n });
      trim();
      return reports;
    },
    resync(next) {
      if (next <= nextNonce) return;
      assert(Number.isInteger(next), "nonces are whole numbers");
      for (let nonce = nextNonce; nonce < Math.min(next, nextNonce + maxInFlight); nonce++)
        gaps.set(nonce, { since: block, tip: 0n });
      nextNonce = Math.min(next, nextNonce + maxInFlight);
    },
    lanes() {
      const messages = new Set<string>();
      const registrations = new Set<string>();
      for (const { lane, kind, isFiller } of inFlight.values())
        if (!isFiller && !closed.has(lane) && kind !== "collateral")
          (kind === "message" ? messages : registrations).add(lane);
      return { messages: [...messages], registrations: [...registrations] };
    },
  };
}

function settledOf({ lane, kind, sequence }: Entry): SettledEntry {
  return sequence === undefined ? { lane, kind } : { lane, kind, sequence };
}

/** What the finalized chain says of an entry, whatever nonce it had. */
function outcomeOf(
  { lane, kind, sequence, at, isFiller }: Entry,
  view: FinalizedView,
  closed: ReadonlySet<string>,
): "settled" | "pending" | "unknown" {
  if (isFiller || closed.has(lane)) return "unknown";
  if (kind === "registration") {
    const on = view.registered.get(lane);
    return on !== undefined && on >= at ? "settled" : "pending";
  }
  const expected = view.expected.get(lane);
  if (expected === undefined || sequence === undefined) return "unknown";
  return sequence < expected ? "settled" : "pending";
}
