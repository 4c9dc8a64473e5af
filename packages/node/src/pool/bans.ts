/**
 * Transactions that were found invalid, refused for a while without asking the runtime again.
 *
 * **Bounds**: at most `limit`; the oldest ban goes first.
 */
export class Bans {
  readonly #until = new Map<string, number>();
  readonly #limit: number;
  readonly #durationMs: number;

  constructor(limit: number, durationMs: number) {
    this.#limit = limit;
    this.#durationMs = durationMs;
  }

  add(id: string, nowMs: number): void {
    this.#until.delete(id);
    this.#until.set(id, nowMs + this.#durationMs);
    if (this.#until.size <= this.#limit) return;
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest);
      return;
    }
  }

  has(id: string, nowMs: number): boolean {
    const until = this.#until.get(id);
    if (until === undefined) return false;
    if (until > nowMs) return true;
    this.#until.delete(id);
    return false;
  }
}
