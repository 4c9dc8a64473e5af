/** The pool's rules written for clarity alone, everything computed anew each time: what the tests compare with. */
import type { PoolLimits, PoolTransaction, Validity } from "../pool/transaction.ts";
import type { PoolBlock } from "../pool/transaction-pool.ts";

export class NaivePool {
  transactions: PoolTransaction[] = [];
  #blocks: { number: number; tags: string[] }[] = [];
  readonly #banned = new Map<string, number>();
  readonly #limits: PoolLimits;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  /** "ok", or the code of the refusal. */
  submit(transaction: PoolTransaction, nowMs: number): string {
    const { validity, id } = transaction;
    if (this.transactions.some((other) => other.id === id)) return "pool/already-imported";
    if ((this.#banned.get(id) ?? 0) > nowMs) return "pool/temporarily-banned";
    if (validity.provides.some((tag) => this.#includedTags().has(tag))) return "pool/stale";
    const rivals = this.transactions.filter((other) =>
      other.validity.provides.some((tag) => validity.provides.includes(tag)),
    );
    const needed = rivals.reduce((sum, rival) => sum + rival.validity.priority, 0n);
    if (rivals.length > 0 && validity.priority <= needed) return "pool/too-low-priority";
    const ofSender = this.transactions.filter(
      (other) => other.sender === transaction.sender && !rivals.includes(other),
    );
    if (ofSender.length >= this.#limits.perSender) return "pool/sender-limit";
    if (rivals.length === 0 && this.#wouldGoAtOnce(transaction)) return "pool/full";
    this.transactions = this.transactions.filter((other) => !rivals.includes(other));
    this.transactions.push(transaction);
    this.#enforce();
    return "ok";
  }

  ready(): PoolTransaction[] {
    const ready = new Set<PoolTransaction>();
    for (let grown = true; grown; ) {
      grown = false;
      for (const transaction of this.transactions) {
        if (ready.has(transaction)) continue;
        const provided = new Set([...ready].flatMap((other) => other.validity.provides));
        const isReady = transaction.validity.requires.every(
          (tag) => provided.has(tag) || this.#includedTags().has(tag),
        );
        if (isReady) {
          ready.add(transaction);
          grown = true;
        }
      }
    }
    return this.transactions.filter((transaction) => ready.has(transaction));
  }

  /** Repeatedly the best of those whose requirements have come. */
  order(): PoolTransaction[] {
    const left = this.ready();
    const ordered: PoolTransaction[] = [];
    while (left.length > 0) {
      const open = left.filter((transaction) =>
        transaction.validity.requires.every(
          (tag) => !left.some((other) => other.validity.provides.includes(tag)),
        ),
      );
      const best = open.reduce((a, b) => (b.validity.priority > a.validity.priority ? b : a));
      ordered.push(best);
      left.splice(left.indexOf(best), 1);
    }
    return ordered;
  }

  onBlock(block: PoolBlock): void {
    const tags = block.included.flatMap(
      ({ id, provides }) =>
        this.transactions.find((other) => other.id === id)?.validity.provides ?? provides ?? [],
    );
    const fresh = tags.filter((tag) => !this.#includedTags().has(tag));
    this.transactions = this.transactions.filter(
      (other) =>
        !block.included.some(({ id }) => id === other.id) &&
        !other.validity.provides.some((tag) => fresh.includes(tag)),
    );
    this.#blocks.push({ number: block.number, tags });
    if (this.#blocks.length > this.#limits.tagBlocks) this.#blocks.shift();
    this.transactions = this.transactions.filter(
      ({ validatedAt, validity }) => BigInt(block.number - validatedAt) <= validity.longevity,
    );
    this.#enforce();
  }

  onRetracted(number: number): void {
    this.#blocks = this.#blocks.filter((block) => block.number < number);
    this.#enforce();
  }

  revalidated(id: string, validity: Validity, validatedAt: number): void {
    this.transactions = this.transactions.map((other) =>
      other.id === id
        ? { ...other, validatedAt, validity: { ...validity, provides: other.validity.provides } }
        : other,
    );
    this.#enforce();
  }

  invalidate(id: string, nowMs: number): void {
    this.#banned.set(id, nowMs + this.#limits.banMs);
    this.transactions = this.transactions.filter((other) => other.id !== id);
    this.#enforce();
  }

  #includedTags(): Set<string> {
    return new Set(this.#blocks.flatMap(({ tags }) => tags));
  }

  #wouldGoAtOnce(transaction: PoolTransaction): boolean {
    const ready = this.ready();
    const provided = new Set(ready.flatMap((other) => other.validity.provides));
    const isReady = transaction.validity.requires.every(
      (tag) => provided.has(tag) || this.#includedTags().has(tag),
    );
    const peers = this.transactions.filter((other) => ready.includes(other) === isReady);
    const bytes = peers.reduce((sum, other) => sum + other.bytes.length, transaction.bytes.length);
    const { readyCount, readyBytes, futureCount, futureBytes } = this.#limits;
    const isOver = isReady
      ? peers.length + 1 > readyCount || bytes > readyBytes
      : peers.length + 1 > futureCount || bytes > futureBytes;
    return (
      isOver && peers.every((other) => other.validity.priority >= transaction.validity.priority)
    );
  }

  #enforce(): void {
    const { readyCount, readyBytes, futureCount, futureBytes } = this.#limits;
    for (;;) {
      const ready = this.ready();
      if (ready.length <= readyCount && bytesOf(ready) <= readyBytes) break;
      this.#dropWorst(ready);
    }
    for (;;) {
      const ready = this.ready();
      const future = this.transactions.filter((other) => !ready.includes(other));
      if (future.length <= futureCount && bytesOf(future) <= futureBytes) break;
      this.#dropWorst(future);
    }
  }

  #dropWorst(candidates: readonly PoolTransaction[]): void {
    const worst = candidates.reduce((a, b) => (b.validity.priority <= a.validity.priority ? b : a));
    this.transactions = this.transactions.filter((other) => other !== worst);
  }
}

function bytesOf(transactions: readonly PoolTransaction[]): number {
  return transactions.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
