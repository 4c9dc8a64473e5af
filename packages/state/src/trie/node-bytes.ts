/**
 * Memory of nodes that are written.
 *
 * Leaves stay until their account changes, branches until anything below them does: each kind shares memory with its
 * like, so that little is held for the sake of a neighbour.
 */
import { createAllocator } from "@pha/scale";

export const leafBytes = createAllocator();
export const branchBytes = createAllocator();
