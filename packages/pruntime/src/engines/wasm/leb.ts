/** Little-endian base-128 numbers and a cursor over WebAssembly bytes. */
import { assert } from "@pha/scale";

export class WasmReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  u8(): number {
    assert(this.at < this.end, "the module is not truncated");
    return this.bytes[this.at++] ?? 0;
  }

  /** Unsigned, at most 32 bits. */
  u32(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 5; i++) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    assert(false, "a u32 has at most five bytes");
  }

  /** Passes over a number of any size. */
  skipNumber(): void {
    for (let i = 0; i < 10; i++) if (this.u8() < 128) return;
    assert(false, "a number has at most ten bytes");
  }

  skip(count: number): void {
    this.at += count;
    assert(this.at <= this.end, "the module is not truncated");
  }
}

/** Growing byte buffer. */
export class WasmWriter {
  #bytes: Uint8Array;
  #at = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#at;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  op(...bytes: readonly number[]): void {
    this.#room(bytes.length);
    for (const byte of bytes) this.#bytes[this.#at++] = byte;
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  u32(value: number): void {
    this.#room(5);
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  /** Signed, safe integer. */
  signed(value: number): void {
    this.#room(10);
    let rest = value;
    for (;;) {
      const low = ((rest % 128) + 128) % 128;
      rest = (rest - low) / 128;
      const done = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
      this.#bytes[this.#at++] = done ? low : low | 128;
      if (done) return;
    }
  }

  #room(count: number): void {
    const need = this.#at + count;
    if (need <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}
