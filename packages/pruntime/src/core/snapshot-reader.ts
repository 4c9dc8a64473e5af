/**
 * Rebuilds a state from a snapshot's blobs, in order; what comes out must have the final root (protocol §5).
 *
 * **Bounds**: `MAX_STATE_BYTES`, part of one entry. **Trust**: blobs come from anywhere. Each must hash to the name that the
 * chain or the manifest gives it, open in its context, and the trie of all entries must have the root.
 */
import { blake2b256 } from "@pha/crypto";
import {
  type ChunkContext,
  openChunk,
  type Snapshot,
  SnapshotEntry,
  SnapshotManifest,
  type StateKeys,
} from "@pha/protocol";
import { concatBytes, decode, equalBytes, fail, ok, type Result } from "@pha/scale";
import {
  type ClusterStore,
  createClusterStore,
  MAX_STATE_BYTES,
  RESERVED,
} from "./cluster-store.ts";
import { STREAM_HEADER_BYTES } from "./snapshot-writer.ts";

export type SnapshotError = {
  readonly code: /** The content has another hash than the blob's name. */
  "snapshot/other-blob" | "snapshot/not-opened" | "snapshot/malformed" | "snapshot/wrong-root";
};

/** Digests of the chunks, as the manifest that the chain names says. */
export function readManifest(
  { manifest, chunks }: Snapshot,
  content: Uint8Array,
): Result<readonly Uint8Array[], SnapshotError> {
  if (!equalBytes(blake2b256(content), manifest.digest))
    return fail({ code: "snapshot/other-blob" });
  const decoded = decode(SnapshotManifest, content);
  if (!decoded.ok || decoded.value.chunks.length !== chunks || chunks === 0)
    return fail({ code: "snapshot/malformed" });
  return ok(decoded.value.chunks.map((digest) => digest.slice()));
}

export interface SnapshotReader {
  /** Digest of the chunk that is taken next; absent after the last. */
  readonly next: Uint8Array | undefined;
  take(chunk: Uint8Array): Result<undefined, SnapshotError>;
  /** The state, if all of it is there and has the root. */
  finish(): Result<ClusterStore, SnapshotError>;
}

export function createSnapshotReader(input: {
  readonly genesisHash: Uint8Array;
  readonly cluster: Uint8Array;
  readonly snapshot: Snapshot;
  readonly digests: readonly Uint8Array[];
  /** Of the snapshot's key version. */
  readonly keys: StateKeys;
}): SnapshotReader {
  const { genesisHash, cluster, snapshot, digests, keys } = input;
  const { keyVersion, root, block, previousRoot } = snapshot;
  const name = { genesisHash, cluster, keyVersion, root, count: digests.length };
  let index = 0;
  let store: ClusterStore | undefined;
  /** Plaintext of the stream that is still to come. */
  let left = 0;
  let rest: Uint8Array = new Uint8Array(0);

  function takeStream(plaintext: Uint8Array): Result<undefined, SnapshotError> {
    let content = plaintext;
    if (store === undefined) {
      const length = new DataView(plaintext.buffer, plaintext.byteOffset).getBigUint64(0, true);
      if (length > MAX_STATE_BYTES) return fail({ code: "snapshot/malformed" });
      left = Number(length);
      store = createClusterStore(plaintext.slice(8, STREAM_HEADER_BYTES));
      content = plaintext.subarray(STREAM_HEADER_BYTES);
    }
    const own = content.subarray(0, left);
    left -= own.length;
    if (content.subarray(own.length).some((byte) => byte !== 0))
      return fail({ code: "snapshot/malformed" });
    const entries: SnapshotEntry[] = [];
    let stream = rest.length > 0 ? concatBytes(rest, own) : own;
    for (;;) {
      const end = endOfEntry(stream);
      if (end === undefined) break;
      const entry = decode(SnapshotEntry, stream.slice(4, end));
      if (!entry.ok) return fail({ code: "snapshot/malformed" });
      entries.push(entry.value);
      stream = stream.subarray(end);
    }
    rest = stream.slice();
    if (rest.length > MAX_ENTRY_BYTES) return fail({ code: "snapshot/malformed" });
    store.load(entries);
    return store.bytes > MAX_STATE_BYTES ? fail({ code: "snapshot/malformed" }) : ok(undefined);
  }

  return {
    get next() {
      return digests[index];
    },
    take(chunk) {
      const digest = digests[index];
      if (digest === undefined || !equalBytes(blake2b256(chunk), digest))
        return fail({ code: "snapshot/other-blob" });
      const context: ChunkContext = { ...name, index };
      const opened = openChunk(keys, context, chunk);
      if (!opened.ok) return opened;
      index += 1;
      return takeStream(opened.value);
    },
    finish() {
      if (store === undefined || index < digests.length || left > 0 || rest.length > 0)
        return fail({ code: "snapshot/malformed" });
      const own = store.reserved(RESERVED.pathKey);
      const found = store.settleLoaded({
        genesisHash,
        cluster,
        blockHash: block.hash,
        previousRoot,
      });
      if (!own || !equalBytes(own, store.pathKey) || !equalBytes(found, root))
        return fail({ code: "snapshot/wrong-root" });
      return ok(store);
    },
  };
}

/** More than the longest entry takes. */
const MAX_ENTRY_BYTES = 128 << 10;

/** Where the first entry of the stream ends; absent when not all of it is there. */
function endOfEntry(stream: Uint8Array): number | undefined {
  if (stream.length < 4) return undefined;
  const length = new DataView(stream.buffer, stream.byteOffset).getUint32(0, true);
  return stream.length >= 4 + length ? 4 + length : undefined;
}
