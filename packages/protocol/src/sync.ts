/**
 * Batches of finalized blocks, and warps over them, as the node gives them to relayers (`pha_syncBatch`, `pha_syncWarp`)
 * and the host to pRuntime (protocol §10).
 */
import { boundedBytes, type CodecType, struct, vec } from "@pha/scale";

/** Most blocks in one batch. */
export const MAX_BATCH_BLOCKS = 512;
/** Most bytes of one batch; a pipe frame holds it. */
export const MAX_BATCH_BYTES = 12 << 20;

/** Most headers in one warp. */
export const MAX_WARP_HEADERS = 4096;

export const ReadProof = vec(boundedBytes(8 << 20), 1 << 16);
export type ReadProof = CodecType<typeof ReadProof>;

export const SyncBatch = struct({
  /** SCALE headers, contiguous, the oldest first. */
  headers: vec(boundedBytes(64 << 10), MAX_BATCH_BLOCKS),
  /** GRANDPA justification of the last header. */
  justification: boundedBytes(1 << 20),
  /** Read proof of `blockKeys` under each header's state root, same order. */
  proofs: vec(ReadProof, MAX_BATCH_BLOCKS),
});
export type SyncBatch = CodecType<typeof SyncBatch>;

/** From set change to set change over blocks that are not read: for a worker whose boot no earlier message can name. */
export const SyncWarp = struct({
  /** SCALE headers, ascending; all but the last change the voters. */
  headers: vec(boundedBytes(64 << 10), MAX_WARP_HEADERS),
  /** GRANDPA justification of each header, same order. */
  justifications: vec(boundedBytes(1 << 20), MAX_WARP_HEADERS),
  /** Read proof of `blockKeys` under the last header's state root. */
  proof: ReadProof,
});
export type SyncWarp = CodecType<typeof SyncWarp>;
