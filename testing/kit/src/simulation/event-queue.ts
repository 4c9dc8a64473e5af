/** What happens when, on a clock that jumps from one happening to the next. */
export interface Happening<T> {
  readonly atMs: number;
  /** Order among those of one instant. */
  readonly sequence: number;
  readonly what: T;
}

/** A binary heap: the earliest is first out, at one instant the one that was put in first. */
export class EventQueue<T> {
  readonly #heap: Happening<T>[] = [];
  #sequence = 0;
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(afterMs: number, what: T): void {
    const added = { atMs: this.#nowMs + afterMs, sequence: this.#sequence++, what };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(added);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || isBefore(parent, added)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = added;
  }

  next(): Happening<T> | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length > 0) this.#sink(last);
    this.#nowMs = first.atMs;
    return first;
  }

  #sink(moved: Happening<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (isBefore(moved, child)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = moved;
  }
}

function isBefore<T>(a: Happening<T>, b: Happening<T>): boolean {
  return a.atMs === b.atMs ? a.sequence < b.sequence : a.atMs < b.atMs;
}
