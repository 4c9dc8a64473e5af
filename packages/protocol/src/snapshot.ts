/**
 * Snapshots of a cluster's state (protocol §5): everything under one final root, sealed in chunks that replicas make to
 * equal bytes.
 *
 * ```
 * plaintext = length of what follows the key (u64) ‖ path key ‖ for each entry, by path: length (u32) ‖ entry
            ‖ zeros up to a whole chunk
 * chunk i   = SIV(256 KiB of it) in context (G, cluster, key version, i, count, root)
 * manifest  = digests of the chunks; its own digest stands on chain
 * ```
 * An entry carries its salt, which was made under the state key of its time: a leaf stays as it was voted on.
 *
 * **Bounds**: `MAX_SNAPSHOT_CHUNKS`. **Trust**: a snapshot is what its root says: the trie of its entries must lead there.
 */
import { sivOpen, sivSeal } from "@pha/crypto";
import {
  bool,
  boundedBytes,
  type CodecType,
  concatBytes,
  encode,
  fail,
  fixedBytes,
  ok,
  type Result,
  struct,
  u16,
  u32,
  u64,
  vec,
} from "@pha/scale";
import { BlobRef } from "./cid.ts";
import { MAX_REPLICAS } from "./cluster.ts";
import { MAX_KEY_BYTES, MAX_VALUE_BYTES, type StateKeys } from "./cluster-state.ts";
import { MAX_SEALED_REPLY_BYTES } from "./command.ts";
import { DOMAIN } from "./domain.ts";
import { AccountId, BlockRef, Hash } from "./ids.ts";

/** Plaintext of a chunk. */
export const SNAPSHOT_CHUNK_BYTES = 256 << 10;
/** Sealed length of a chunk. */
export const SEALED_CHUNK_BYTES = SNAPSHOT_CHUNK_BYTES + 16;
export const MAX_SNAPSHOT_CHUNKS = 1024;

export const SnapshotEntry = struct({
  contract: Hash,
  key: boundedBytes(MAX_KEY_BYTES),
  salt: fixedBytes(16),
  value: boundedBytes(MAX_VALUE_BYTES),
});
export type SnapshotEntry = CodecType<typeof SnapshotEntry>;

/** Blob that names the chunks' blobs. */
export const SnapshotManifest = struct({ chunks: vec(Hash, MAX_SNAPSHOT_CHUNKS) });
export type SnapshotManifest = CodecType<typeof SnapshotManifest>;
export const MAX_MANIFEST_BYTES = 4 + 32 * MAX_SNAPSHOT_CHUNKS;

/** A snapshot as replicas vote on it and the chain keeps it, storage `PhaContractState.Snapshots`. */
export const Snapshot = struct(
  {
    /** Index of the step whose root it has. */
    index: u64,
    block: BlockRef,
    previousRoot: Hash,
    root: Hash,
    /** Version of the state key that it is sealed under. */
    keyVersion: u32,
    manifest: BlobRef,
    chunks: u32,
  },
  { path: ["pha_protocol", "snapshot", "Snapshot"] },
);
export type Snapshot = CodecType<typeof Snapshot>;

/** Payload of topic `^pha/cluster/snapshot`: a replica's vote. */
export const SnapshotVote = struct(
  { cluster: Hash, generation: u64, epoch: u64, snapshot: Snapshot },
  { path: ["pha_protocol", "snapshot", "SnapshotVote"] },
);
export type SnapshotVote = CodecType<typeof SnapshotVote>;

/** Longest blob of any kind: a reply of the largest bucket. */
export const MAX_BLOB_BYTES: number = MAX_SEALED_REPLY_BYTES;

/** Most blobs of one receipt. */
export const MAX_RECEIPT_BLOBS = 128;

/** Payload of topic `^pha/blob/receipt`: the sender's host keeps the blobs, and what they name, until the chain lets them go. */
export const StorageReceipt = struct(
  { digests: vec(Hash, MAX_RECEIPT_BLOBS) },
  { path: ["pha_protocol", "snapshot", "StorageReceipt"] },
);
export type StorageReceipt = CodecType<typeof StorageReceipt>;

/** A blob that the chain refers to, storage `PhaContractState.Blobs`. */
export const Blob = struct(
  {
    cluster: Hash,
    bytes: u32,
    /** Whether it is a manifest, whose chunks belong to it. */
    isManifest: bool,
    /** Votes and steps that refer to it; it goes with the last. */
    references: u16,
    /** Operators that keep it, each once. */
    receipts: vec(AccountId, MAX_REPLICAS),
  },
  { path: ["pha_protocol", "snapshot", "Blob"] },
);
export type Blob = CodecType<typeof Blob>;

const ChunkContext = struct({
  genesisHash: Hash,
  cluster: Hash,
  keyVersion: u32,
  index: u32,
  count: u32,
  root: Hash,
});
export type ChunkContext = CodecType<typeof ChunkContext>;

function chunkContext(context: ChunkContext): Uint8Array {
  return concatBytes(DOMAIN.snapshot, encode(ChunkContext, context));
}

/** @param plaintext `SNAPSHOT_CHUNK_BYTES` */
export function sealChunk(
  { macKey, encKey }: StateKeys,
  context: ChunkContext,
  plaintext: Uint8Array,
): Uint8Array {
  return sivSeal({ macKey, encKey, context: chunkContext(context), plaintext });
}

export function openChunk(
  { macKey, encKey }: StateKeys,
  context: ChunkContext,
  sealed: Uint8Array,
): Result<Uint8Array, { readonly code: "snapshot/not-opened" }> {
  const isLong = sealed.length === SEALED_CHUNK_BYTES;
  const opened = isLong && sivOpen({ macKey, encKey, context: chunkContext(context), sealed });
  return opened ? ok(opened) : fail({ code: "snapshot/not-opened" });
}
