/** Ready transactions in the order a block takes them: by priority, arrival, and never before what they require. */
import type { PoolTransaction } from "./transaction.ts";
import type { Entry } from "./transaction-pool.ts";

export class ReadyQueue {
  readonly #requirersOf: (tag: string) => ReadonlySet<Entry> | undefined;
  /** Binary heap, the best on top. */
  readonly #heap: Entry[] = [];
  /** Transactions that must come before, of those that wait. */
  readonly #waiting = new Map<Entry, number>();
  #last: Entry | undefined;

  constructor(
    entries: Iterable<Entry>,
    requirersOf: (tag: string) => ReadonlySet<Entry> | undefined,
  ) {
    this.#requirersOf = requirersOf;
    const all = [...entries];
    for (const entry of all)
      for (const tag of entry.transaction.validity.provides)
        for (const requirer of requirersOf(tag) ?? [])
          if (requirer.isReady) this.#waiting.set(requirer, (this.#waiting.get(requirer) ?? 0) + 1);
    for (const entry of all) if (!this.#waiting.has(entry)) this.#push(entry);
  }

  /** The best of those that may come now; `undefined` when there are none. */
  next(): PoolTransaction | undefined {
    if (this.#last) this.#release(this.#last);
    this.#last = this.#pop();
    return this.#last?.transaction;
  }

  /** The transaction given last was not taken: what requires it does not come either. */
  reject(): void {
    this.#last = undefined;
  }

  #release(entry: Entry): void {
    for (const tag of entry.transaction.validity.provides)
      for (const requirer of this.#requirersOf(tag) ?? []) {
        const waiting = this.#waiting.get(requirer);
        if (waiting === undefined) continue;
        if (waiting > 1) this.#waiting.set(requirer, waiting - 1);
        else {
          this.#waiting.delete(requirer);
          this.#push(requirer);
        }
      }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !isBetter(entry, parent)) break;
      heap[at] = parent;
      heap[up] = entry;
      at = up;
    }
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const best = heap[0];
    const moved = heap.pop();
    if (best === undefined || moved === undefined || heap.length === 0) return best;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const right = heap[child + 1];
      let down = heap[child];
      if (down === undefined) break;
      if (right !== undefined && isBetter(right, down)) {
        child++;
        down = right;
      }
      if (!isBetter(down, moved)) break;
      heap[at] = down;
      at = child;
    }
    heap[at] = moved;
    return best;
  }
}

function isBetter(a: Entry, b: Entry): boolean {
  const first = a.transaction.validity.priority;
  const second = b.transaction.validity.priority;
  return first === second ? a.arrival < b.arrival : first > second;
}
