/**
 * Makes a snapshot's chunks one by one, so that a large state stalls nothing: the entries are those of the moment at which
 * it began, whatever steps follow (protocol §5).
 *
 * **Bounds**: holds the entries of one state, which the store may have replaced, and one chunk.
 */
import {
  MAX_SNAPSHOT_CHUNKS,
  SNAPSHOT_CHUNK_BYTES,
  SnapshotEntry,
  type StateKeys,
  sealChunk,
} from "@pha/protocol";
import { assert, compareBytes, concatBytes, encode, u32, u64 } from "@pha/scale";
import type { StoredEntry } from "./cluster-store.ts";

export interface SnapshotWriter {
  /** How many chunks there are. */
  readonly count: number;
  /** The next chunk, sealed; absent after the last. */
  next(): Uint8Array | undefined;
}

export interface SnapshotName {
  readonly genesisHash: Uint8Array;
  readonly cluster: Uint8Array;
  readonly keyVersion: number;
  readonly root: Uint8Array;
}

/** Length of the entries (u64), and the path key, without which no entry can be placed. */
export const STREAM_HEADER_BYTES = 8 + 32;

export function writeSnapshot(
  keys: StateKeys,
  name: SnapshotName,
  { pathKey, entries }: { readonly pathKey: Uint8Array; readonly entries: readonly StoredEntry[] },
): SnapshotWriter {
  const sorted = entries.toSorted((a, b) => compareBytes(a.path, b.path));
  let length = 0;
  for (const entry of sorted) length += sizeOf(entry);
  const count = Math.ceil((STREAM_HEADER_BYTES + length) / SNAPSHOT_CHUNK_BYTES);
  assert(count <= MAX_SNAPSHOT_CHUNKS, "the bound of a state keeps its snapshot within its own");
  let index = 0;
  let nextEntry = 0;
  /** Begun in the chunk before. */
  let rest: Uint8Array = concatBytes(encode(u64, BigInt(length)), pathKey);

  return {
    count,
    next() {
      if (index >= count) return undefined;
      const plaintext = new Uint8Array(SNAPSHOT_CHUNK_BYTES);
      let filled = 0;
      while (filled < plaintext.length) {
        const part = rest.subarray(0, plaintext.length - filled);
        plaintext.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
        if (rest.length > 0) continue;
        const entry = sorted[nextEntry];
        if (entry === undefined) break;
        nextEntry += 1;
        rest = framed(entry);
      }
      const sealed = sealChunk(keys, { ...name, index, count }, plaintext);
      plaintext.fill(0);
      index += 1;
      return sealed;
    },
  };
}

function framed(entry: StoredEntry): Uint8Array {
  const encoded = encode(SnapshotEntry, entry);
  const out = new Uint8Array(4 + encoded.length);
  out.set(encode(u32, encoded.length));
  out.set(encoded, 4);
  return out;
}

/** Of the framed entry, without making it. */
function sizeOf({ key, value }: StoredEntry): number {
  return 4 + 32 + 16 + sized(key.length) + sized(value.length);
}

/** A string of bytes with its compact length. */
function sized(length: number): number {
  return length + (length < 64 ? 1 : length < 16384 ? 2 : 4);
}
