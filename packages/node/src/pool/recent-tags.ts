/**
 * Tags that blocks of late provided: transactions validated before those blocks may still require them.
 *
 * **Bounds**: tags of the last `blocks` blocks.
 */
export class RecentTags {
  readonly #blocks: { readonly number: number; readonly tags: readonly string[] }[] = [];
  readonly #counts = new Map<string, number>();
  readonly #keep: number;

  constructor(keep: number) {
    this.#keep = keep;
  }

  has(tag: string): boolean {
    return this.#counts.has(tag);
  }

  /** @returns tags that no longer count */
  add(number: number, tags: readonly string[]): readonly string[] {
    this.#blocks.push({ number, tags });
    for (const tag of tags) this.#counts.set(tag, (this.#counts.get(tag) ?? 0) + 1);
    const gone: string[] = [];
    while (this.#blocks.length > this.#keep)
      gone.push(...this.#drop(this.#blocks.shift()?.tags ?? []));
    return gone;
  }

  /** Forgets the blocks from `number` on, which left the best chain. */
  retract(number: number): readonly string[] {
    const gone: string[] = [];
    while ((this.#blocks.at(-1)?.number ?? -1) >= number)
      gone.push(...this.#drop(this.#blocks.pop()?.tags ?? []));
    return gone;
  }

  #drop(tags: readonly string[]): readonly string[] {
    const gone: string[] = [];
    for (const tag of tags) {
      const left = (this.#counts.get(tag) ?? 0) - 1;
      if (left > 0) this.#counts.set(tag, left);
      else {
        this.#counts.delete(tag);
        gone.push(tag);
      }
    }
    return gone;
  }
}
