/**
 * Memory of nodes that are written.
 *
 * Leaves stay until their account changes, branches until anything below them does: each kind shares memory with its
 * like. Among accounts of which some change often and most seldom, one leaf that stays may hold what all its neighbours
 * had, so chunks are small.
 *
 * **Bounds**: a node in memory holds no more than a chunk, or its own bytes when those are more.
 */
import { createAllocator } from "@pha/scale";

const CHUNK_BYTES = 1_024;

export const leafBytes = createAllocator(CHUNK_BYTES);
export const branchBytes = createAllocator(CHUNK_BYTES);
