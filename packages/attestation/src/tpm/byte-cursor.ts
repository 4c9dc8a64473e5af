/** Reads big-endian structures front to back; `undefined` when the input is too short. */
export class ByteCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.at === this.#bytes.length;
  }

  u8(): number | undefined {
    return this.take(1)?.[0];
  }

  u16(): number | undefined {
    const from = this.at;
    return this.take(2) && this.#view.getUint16(from);
  }

  u32(): number | undefined {
    const from = this.at;
    return this.take(4) && this.#view.getUint32(from);
  }

  u64(): bigint | undefined {
    const from = this.at;
    return this.take(8) && this.#view.getBigUint64(from);
  }

  /** Bytes behind a length of two bytes; a view. */
  sized(): Uint8Array | undefined {
    return this.take(this.u16());
  }

  /** `undefined` as a length is that of a read that failed. */
  take(length: number | undefined): Uint8Array | undefined {
    if (length === undefined || length > this.#bytes.length - this.at) return undefined;
    const from = this.at;
    this.at += length;
    return this.#bytes.subarray(from, this.at);
  }
}
