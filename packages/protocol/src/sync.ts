/**
 * Batches of finalized blocks, as the node gives them to relayers (`pha_syncBatch`) and the host to pRuntime
 * (protocol §10).
 */
import { boundedBytes, type CodecType, struct, vec } from "@pha/scale";

/** Most blocks in one batch. */
export const MAX_BATCH_BLOCKS = 512;
/** Most bytes of one batch; a pipe frame holds it. */
export const MAX_BATCH_BYTES = 12 << 20;

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
