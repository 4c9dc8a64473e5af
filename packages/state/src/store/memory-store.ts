/** `KeyValueStore` in memory: for tests and for states that need no disk. */
import { binaryString } from "./binary-string.ts";
import type { KeyValueStore, KeyValueWrite } from "./key-value-store.ts";

export class MemoryStore implements KeyValueStore {
  readonly #values = new Map<string, Uint8Array>();

  get size(): number {
    return this.#values.size;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(binaryString(key));
  }

  /** Copies the values, so that the caller may reuse its buffers. */
  batch(writes: readonly KeyValueWrite[]): void {
    for (const { key, value } of writes) {
      if (value === undefined) this.#values.delete(binaryString(key));
      else this.#values.set(binaryString(key), value.slice());
    }
  }
}
