/** What lies behind the journal: a store that catches up asynchronously and knows how far it got. */
import type { WriteBatch } from "./write-batch.ts";

export interface BackingStore {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Pairs whose key starts with `prefix`, ascending. */
  range(prefix: Uint8Array): Iterable<readonly [Uint8Array, Uint8Array]>;
  /** Newest sequence written; 0 in a new store. */
  applied(): number;
  /** Writes all of it and `sequence` in one transaction; visible when the promise resolves. */
  write(batch: WriteBatch, sequence: number): Promise<void>;
  /** The same at once, where that costs no more than to remember what is still to be written. */
  writeNow?(batch: WriteBatch, sequence: number): void;
  /** Resolves when everything written so far is durable. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}
