/** The port to a database: synchronous reads, atomic batches. */

export interface KeyValueWrite {
  readonly key: Uint8Array;
  /** `undefined` deletes. */
  readonly value: Uint8Array | undefined;
}

export interface KeyValueStore {
  /** The value, not to be modified and not modified by the store later. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Writes all or nothing; of two writes to one key the later counts. */
  batch(writes: readonly KeyValueWrite[]): void;
}
