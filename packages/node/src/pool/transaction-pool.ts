/**
 * Transactions on their way into blocks: which are ready, which wait for others, which give way.
 *
 * A transaction is *ready* when each tag it requires is provided by a ready one or by a recent block, else *future*.
 * A tag has one provider: a newcomer replaces those it collides with if its priority is greater than theirs together.
 *
 * ```
 *  submit ─► future ◄──► ready ─► in block ─► finalized
 *               └── usurped, dropped, invalid ──┘
 * ```
 *
 * **Bounds**: counts and bytes of both kinds, transactions per sender, bans (`PoolLimits`); over a limit the one of
 * least priority goes, of equal ones the newest. Blocks waiting for finality: those above the finalized one.
 * **Trust**: bytes are hostile, verdicts are the runtime's. **Not here**: asking the runtime, clocks, who watches.
 */
import { assert, fail, ok, type Result } from "@pha/scale";
import { Bans } from "./bans.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { RecentTags } from "./recent-tags.ts";
import {
  DEFAULT_POOL_LIMITS,
  type InvalidReason,
  type PoolError,
  type PoolEvent,
  type PoolLimits,
  type PoolTransaction,
  type Validity,
} from "./transaction.ts";

/** A transaction in its place in the graph. */
export interface Entry {
  transaction: PoolTransaction;
  /** Order of arrival. */
  readonly arrival: number;
  /** Required tags that nothing provides. */
  missing: number;
  isReady: boolean;
}

export interface IncludedTransaction {
  readonly id: string;
  /** Position in the block's body. */
  readonly index: number;
  /** Tags it provided; needed only for those that were not in the pool. */
  readonly provides?: readonly string[];
}

export interface PoolBlock {
  /** Hash as binary text. */
  readonly id: string;
  readonly number: number;
  readonly included: readonly IncludedTransaction[];
}

export class TransactionPool {
  readonly #limits: PoolLimits;
  readonly #entries = new Map<string, Entry>();
  readonly #providers = new Map<string, Entry>();
  readonly #requirers = new Map<string, Set<Entry>>();
  readonly #perSender = new Map<string, number>();
  readonly #bans: Bans;
  readonly #recent: RecentTags;
  readonly #blocks = new Map<string, PoolBlock>();
  readonly #size = { readyCount: 0, readyBytes: 0, futureCount: 0, futureBytes: 0 };
  #arrivals = 0;

  constructor(limits: Partial<PoolLimits> = {}) {
    this.#limits = { ...DEFAULT_POOL_LIMITS, ...limits };
    this.#bans = new Bans(this.#limits.bans, this.#limits.banMs);
    this.#recent = new RecentTags(this.#limits.tagBlocks);
  }

  get size(): Readonly<
    Record<"readyCount" | "readyBytes" | "futureCount" | "futureBytes", number>
  > {
    return this.#size;
  }

  get(id: string): PoolTransaction | undefined {
    return this.#entries.get(id)?.transaction;
  }

  isReady(id: string): boolean {
    return this.#entries.get(id)?.isReady ?? false;
  }

  /** Whether a transaction of the pool provides the tag. */
  provides(tag: string): boolean {
    return this.#providers.has(tag);
  }

  /** What can be refused before the runtime is asked. */
  precheck(id: string, nowMs: number): Result<undefined, PoolError> {
    if (this.#entries.has(id)) return fail({ code: "pool/already-imported" });
    if (this.#bans.has(id, nowMs)) return fail({ code: "pool/temporarily-banned" });
    return ok(undefined);
  }

  /** Takes in a transaction that the runtime found valid. */
  submit(
    transaction: PoolTransaction,
    { nowMs }: { readonly nowMs: number },
  ): Result<readonly PoolEvent[], PoolError> {
    const { id, validity } = transaction;
    const checked = this.precheck(id, nowMs);
    if (!checked.ok) return checked;
    if (validity.provides.some((tag) => this.#recent.has(tag))) return fail({ code: "pool/stale" });
    const replaced = this.#providersOf(validity.provides);
    if (replaced.size > 0) {
      let needed = 0n;
      for (const entry of replaced) needed += entry.transaction.validity.priority;
      if (validity.priority <= needed)
        return fail({ code: "pool/too-low-priority", priority: validity.priority, needed });
    }
    const sender = senderKey(transaction);
    const freed = [...replaced].filter((entry) => senderKey(entry.transaction) === sender).length;
    const { perSender } = this.#limits;
    if ((this.#perSender.get(sender) ?? 0) - freed >= perSender)
      return fail({ code: "pool/sender-limit", limit: perSender });
    if (replaced.size === 0 && this.#isWorst(transaction)) return fail({ code: "pool/full" });

    const events: PoolEvent[] = [];
    for (const entry of replaced) {
      this.#remove(entry, events);
      events.push({ type: "usurped", id: entry.transaction.id, by: id });
    }
    const entry = this.#insert(transaction);
    if (entry.missing === 0) this.#promote(entry, events);
    else events.push({ type: "future", id });
    this.#enforceLimits(events);
    return ok(events);
  }

  /** Ready transactions, best first, each after those it requires. */
  ready(): ReadyQueue {
    return new ReadyQueue(this.#readyEntries(), (tag) => this.#requirers.get(tag));
  }

  /** All transactions, in order of arrival. */
  *all(): Iterable<PoolTransaction> {
    for (const { transaction } of this.#entries.values()) yield transaction;
  }

  /** A block on the best chain took transactions. */
  onBlock(block: PoolBlock): readonly PoolEvent[] {
    const events: PoolEvent[] = [];
    const tags = new Set<string>();
    this.#blocks.set(block.id, block);
    for (const { id, provides } of block.included)
      for (const tag of this.#entries.get(id)?.transaction.validity.provides ?? provides ?? [])
        tags.add(tag);
    const fresh = new Set([...tags].filter((tag) => !this.#recent.has(tag)));
    for (const { id, index } of block.included) {
      const entry = this.#entries.get(id);
      if (entry) this.#remove(entry, events, { satisfied: fresh });
      events.push({ type: "inBlock", id, block: block.id, index });
    }
    for (const tag of fresh) {
      const provider = this.#providers.get(tag);
      if (!provider) continue;
      this.#remove(provider, events, { satisfied: fresh });
      events.push({ type: "invalid", id: provider.transaction.id, reason: "stale" });
    }
    const gone = this.#recent.add(block.number, [...tags]);
    for (const tag of fresh) this.#satisfy(tag, events);
    for (const tag of gone) this.#unsatisfy(tag, events);
    this.#expire(block.number, events);
    this.#enforceLimits(events);
    return events;
  }

  /** A block left the best chain; its transactions may be submitted anew. Give the newest first. */
  onRetracted(id: string): readonly PoolEvent[] {
    const block = this.#blocks.get(id);
    if (!block) return [];
    this.#blocks.delete(id);
    const events: PoolEvent[] = [];
    for (const tag of this.#recent.retract(block.number)) this.#unsatisfy(tag, events);
    for (const included of block.included)
      events.push({ type: "retracted", id: included.id, block: id });
    this.#enforceLimits(events);
    return events;
  }

  onFinalized(id: string): readonly PoolEvent[] {
    const block = this.#blocks.get(id);
    this.#blocks.delete(id);
    return (block?.included ?? []).map((included) => ({
      type: "finalized",
      id: included.id,
      block: id,
      index: included.index,
    }));
  }

  /** The runtime was asked again. */
  revalidated(id: string, validity: Validity, validatedAt: number): readonly PoolEvent[] {
    const entry = this.#entries.get(id);
    const events: PoolEvent[] = [];
    if (!entry) return events;
    const before = entry.transaction.validity;
    entry.transaction = {
      ...entry.transaction,
      validity: { ...validity, provides: before.provides },
      validatedAt,
    };
    // New requirements could close a circle that holds itself up: the entry waits until the rest is settled.
    const waits = entry.isReady && validity.requires.some((tag) => !before.requires.includes(tag));
    const moves: PoolEvent[] = [];
    if (waits) this.#demote(entry, moves);
    this.#unlinkRequires(entry, before.requires);
    entry.missing = this.#linkRequires(entry);
    if (entry.missing === 0 && !entry.isReady) this.#promote(entry, moves);
    events.push(...netMoves(moves));
    this.#enforceLimits(events);
    return events;
  }

  /** The runtime refuses it now; it is not taken again for a while. */
  invalidate(id: string, reason: InvalidReason, nowMs: number): readonly PoolEvent[] {
    this.#bans.add(id, nowMs);
    const entry = this.#entries.get(id);
    if (!entry) return [];
    const events: PoolEvent[] = [];
    this.#remove(entry, events);
    events.push({ type: "invalid", id, reason });
    this.#enforceLimits(events);
    return events;
  }

  *#readyEntries(): Iterable<Entry> {
    for (const entry of this.#entries.values()) if (entry.isReady) yield entry;
  }

  #providersOf(tags: readonly string[]): Set<Entry> {
    const found = new Set<Entry>();
    for (const tag of tags) {
      const entry = this.#providers.get(tag);
      if (entry) found.add(entry);
    }
    return found;
  }

  #insert(transaction: PoolTransaction): Entry {
    const entry: Entry = { transaction, arrival: this.#arrivals++, missing: 0, isReady: false };
    this.#entries.set(transaction.id, entry);
    for (const tag of transaction.validity.provides) this.#providers.set(tag, entry);
    entry.missing = this.#linkRequires(entry);
    const sender = senderKey(transaction);
    this.#perSender.set(sender, (this.#perSender.get(sender) ?? 0) + 1);
    this.#count(entry, 1);
    return entry;
  }

  /** @param satisfied tags that a block provides: those who require them stay ready, `#satisfy` follows for each */
  #remove(
    entry: Entry,
    events: PoolEvent[],
    { satisfied }: { readonly satisfied?: ReadonlySet<string> } = {},
  ): void {
    const { transaction, isReady } = entry;
    const { provides, requires } = transaction.validity;
    this.#count(entry, -1);
    this.#entries.delete(transaction.id);
    this.#unlinkRequires(entry, requires);
    for (const tag of provides) {
      if (this.#providers.get(tag) === entry) this.#providers.delete(tag);
      if (!isReady) continue;
      if (satisfied?.has(tag)) this.#addMissing(tag);
      else this.#unsatisfy(tag, events);
    }
    const sender = senderKey(transaction);
    const left = (this.#perSender.get(sender) ?? 0) - 1;
    if (left > 0) this.#perSender.set(sender, left);
    else this.#perSender.delete(sender);
  }

  #linkRequires(entry: Entry): number {
    let missing = 0;
    for (const tag of new Set(entry.transaction.validity.requires)) {
      const requirers = this.#requirers.get(tag) ?? new Set();
      this.#requirers.set(tag, requirers.add(entry));
      if (!this.#isProvided(tag)) missing++;
    }
    return missing;
  }

  #unlinkRequires(entry: Entry, requires: readonly string[]): void {
    for (const tag of requires) {
      const requirers = this.#requirers.get(tag);
      requirers?.delete(entry);
      if (requirers?.size === 0) this.#requirers.delete(tag);
    }
  }

  #isProvided(tag: string): boolean {
    return this.#recent.has(tag) || (this.#providers.get(tag)?.isReady ?? false);
  }

  /** Makes an entry ready, and those that waited for it alone. */
  #promote(first: Entry, events: PoolEvent[]): void {
    const queue = [first];
    for (let entry = queue.pop(); entry; entry = queue.pop()) {
      this.#setReady(entry, true);
      events.push({ type: "ready", id: entry.transaction.id });
      for (const tag of entry.transaction.validity.provides)
        for (const requirer of this.#requirers.get(tag) ?? [])
          if (--requirer.missing === 0 && !requirer.isReady) queue.push(requirer);
    }
  }

  /** Makes an entry future, and those that depended on it. */
  #demote(first: Entry, events: PoolEvent[]): void {
    const queue = [first];
    this.#setReady(first, false);
    for (let entry = queue.pop(); entry; entry = queue.pop()) {
      events.push({ type: "future", id: entry.transaction.id });
      for (const tag of entry.transaction.validity.provides)
        for (const requirer of this.#requirers.get(tag) ?? []) {
          requirer.missing++;
          if (!requirer.isReady) continue;
          this.#setReady(requirer, false);
          queue.push(requirer);
        }
    }
  }

  #addMissing(tag: string): void {
    for (const requirer of this.#requirers.get(tag) ?? []) requirer.missing++;
  }

  /** A block provides the tag, which had no ready provider. */
  #satisfy(tag: string, events: PoolEvent[]): void {
    for (const requirer of this.#requirers.get(tag) ?? [])
      if (--requirer.missing === 0 && !requirer.isReady) this.#promote(requirer, events);
  }

  /** No block of late provides the tag any more, and nothing in the pool does. */
  #unsatisfy(tag: string, events: PoolEvent[]): void {
    for (const requirer of this.#requirers.get(tag) ?? []) {
      requirer.missing++;
      if (requirer.isReady) this.#demote(requirer, events);
    }
  }

  #setReady(entry: Entry, isReady: boolean): void {
    this.#count(entry, -1);
    entry.isReady = isReady;
    this.#count(entry, 1);
  }

  #count({ isReady, transaction }: Entry, by: 1 | -1): void {
    if (isReady) {
      this.#size.readyCount += by;
      this.#size.readyBytes += by * transaction.bytes.length;
    } else {
      this.#size.futureCount += by;
      this.#size.futureBytes += by * transaction.bytes.length;
    }
  }

  #expire(number: number, events: PoolEvent[]): void {
    for (const entry of this.#entries.values()) {
      const { id, validity, validatedAt } = entry.transaction;
      if (BigInt(number - validatedAt) <= validity.longevity) continue;
      this.#remove(entry, events);
      events.push({ type: "invalid", id, reason: "expired" });
    }
  }

  /** Whether the transaction would be the one to go at once. */
  #isWorst({ bytes, validity }: PoolTransaction): boolean {
    const isReady = validity.requires.every((tag) => this.#isProvided(tag));
    const over = isReady
      ? this.#size.readyCount + 1 > this.#limits.readyCount ||
        this.#size.readyBytes + bytes.length > this.#limits.readyBytes
      : this.#size.futureCount + 1 > this.#limits.futureCount ||
        this.#size.futureBytes + bytes.length > this.#limits.futureBytes;
    if (!over) return false;
    const worst = this.#worst(isReady);
    return worst === undefined || validity.priority <= worst.transaction.validity.priority;
  }

  #enforceLimits(events: PoolEvent[]): void {
    const { readyCount, readyBytes, futureCount, futureBytes } = this.#limits;
    while (this.#size.readyCount > readyCount || this.#size.readyBytes > readyBytes)
      this.#dropWorst(true, events);
    while (this.#size.futureCount > futureCount || this.#size.futureBytes > futureBytes)
      this.#dropWorst(false, events);
  }

  #dropWorst(isReady: boolean, events: PoolEvent[]): void {
    const worst = this.#worst(isReady);
    assert(worst, "what is over a limit is not empty");
    this.#remove(worst, events);
    events.push({ type: "dropped", id: worst.transaction.id });
  }

  /** Least priority; of equal ones the newest. */
  #worst(isReady: boolean): Entry | undefined {
    let worst: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.isReady !== isReady) continue;
      if (
        worst === undefined ||
        entry.transaction.validity.priority <= worst.transaction.validity.priority
      )
        worst = entry;
    }
    return worst;
  }
}

function senderKey({ sender }: PoolTransaction): string {
  return sender ?? "";
}

/** What moves between ready and future come to: those that went back and forth did not move. */
function netMoves(moves: readonly PoolEvent[]): readonly PoolEvent[] {
  const last = new Map<string, PoolEvent | undefined>();
  for (const move of moves) last.set(move.id, last.get(move.id) ? undefined : move);
  return [...last.values()].filter((move) => move !== undefined);
}
