/**
 * Where blobs are kept: the port that the node's keeper uses. The embedded store is one; a node of a content-addressed
 * network (IPFS) is another, as the names are CIDs.
 */
import type { Result } from "@pha/scale";

export interface BlobPlace {
  readonly cluster: Uint8Array;
  /** Finalized block when it came. */
  readonly since: number;
}

/** A blob that the chain names itself: a delta, or a manifest. */
export interface RootBlob extends BlobPlace {
  readonly digest: Uint8Array;
}

export type BlobRefusal = {
  readonly code: /** Neither chain nor a manifest that is here refers to it. */
  "blob/not-announced" | "blob/store-full" | "blob/cluster-full";
};

export interface BlobUsage {
  readonly blobs: number;
  readonly bytes: number;
  readonly maxBytes: number;
}

/** Contents are checked against their digests before they come here. */
export interface BlobStore {
  readonly usage: BlobUsage;
  get(digest: Uint8Array): Uint8Array | undefined;
  has(digest: Uint8Array): boolean;
  /**
   * Keeps a blob that the chain names.
   *
   * @param chunks of a manifest: what may follow, and goes when it goes
   */
  putRoot(
    blob: RootBlob,
    content: Uint8Array,
    chunks: readonly Uint8Array[],
  ): Result<undefined, BlobRefusal>;
  /** Keeps a blob that a manifest names. */
  putChunk(digest: Uint8Array, content: Uint8Array): Result<undefined, BlobRefusal>;
  roots(): readonly RootBlob[];
  /** Lets a root go, with the chunks that no other manifest names. */
  release(digest: Uint8Array): void;
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
}
