/**
 * Values of the byte strings that a map read or wrote last, by the very arrays: a transfer reads what it has just
 * written, again and again.
 *
 * **Bounds**: `RECENT` values of a map and block. **Trust**: arrays in an overlay do not change, and neither do values.
 */
import type { Codec } from "@pha/scale";
import { stored } from "./item.ts";

const RECENT = 8;

export class RecentValues<T> {
  readonly #codec: Codec<T>;
  readonly #bytes: Uint8Array[] = [];
  readonly #values: T[] = [];
  #oldest = 0;

  constructor(codec: Codec<T>) {
    this.#codec = codec;
  }

  of(bytes: Uint8Array): T {
    for (let i = 0; i < this.#bytes.length; i++) {
      // As many values as arrays.
      if (this.#bytes[i] === bytes) return this.#values[i] as T;
    }
    const value = stored(this.#codec, bytes);
    this.note(bytes, value);
    return value;
  }

  /** `bytes` encode the value. */
  note(bytes: Uint8Array, value: T): void {
    this.#bytes[this.#oldest] = bytes;
    this.#values[this.#oldest] = value;
    this.#oldest = (this.#oldest + 1) % RECENT;
  }
}
