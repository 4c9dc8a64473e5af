/**
 * Order of the keys of a map, made when first asked for and kept up as keys come and go.
 *
 * A sorted list and a short unsorted one of newcomers, merged when a question finds the latter long (the sort of the
 * engine merges two sorted runs in linear time). Keys that left the map are skipped, and dropped at the next merge.
 *
 * **Bounds**: at most twice the keys of the map and 1 024 more.
 */

/** Newcomers that a question looks through one by one. */
const MOST_NEWCOMERS = 128;

export class KeyOrder {
  readonly #map: ReadonlyMap<string, unknown>;
  #sorted: readonly string[] | undefined;
  #newcomers: string[] = [];

  constructor(map: ReadonlyMap<string, unknown>) {
    this.#map = map;
  }

  /** To be told of every key that enters the map. */
  add(key: string): void {
    if (this.#sorted === undefined) return;
    this.#newcomers.push(key);
    if (this.#newcomers.length > this.#sorted.length + 1024) this.#sorted = undefined;
  }

  /** Least key of the map greater than `key`. */
  after(key: string): string | undefined {
    const sorted = this.#order();
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? "") <= key) low = middle + 1;
      else high = middle;
    }
    let next = sorted[low];
    while (next !== undefined && !this.#map.has(next)) next = sorted[++low];
    for (const newcomer of this.#newcomers)
      if (newcomer > key && (next === undefined || newcomer < next) && this.#map.has(newcomer))
        next = newcomer;
    return next;
  }

  #order(): readonly string[] {
    if (this.#sorted === undefined) {
      // Binary text: the order of code units is the order of bytes.
      this.#sorted = [...this.#map.keys()].sort();
      this.#newcomers = [];
    } else if (this.#newcomers.length > MOST_NEWCOMERS) {
      // As above.
      const all = this.#sorted.concat(this.#newcomers.sort()).sort();
      this.#sorted = all.filter((key, i) => key !== all[i - 1] && this.#map.has(key));
      this.#newcomers = [];
    }
    return this.#sorted;
  }
}
