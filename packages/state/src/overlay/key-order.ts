/**
 * Order of the keys of a map, made when first asked for and kept up as keys come and go.
 *
 * A sorted list and a short unsorted one of newcomers, merged when the latter grows long. Keys that left the map are
 * skipped, and dropped at the next merge, so a loop of "next key, delete it" stays cheap.
 */

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
    if (this.#newcomers.length > MOST_NEWCOMERS) {
      this.#sorted = [...this.#map.keys()].sort();
      this.#newcomers = [];
    }
  }

  /** Least key of the map greater than `key`. */
  after(key: string): string | undefined {
    this.#sorted ??= [...this.#map.keys()].sort();
    const sorted = this.#sorted;
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
}
