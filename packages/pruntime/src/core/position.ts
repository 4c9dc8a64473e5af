/** How far a cluster's queue is executed; kept in the encrypted state, so that every replica restores the same. */
import { type CodecType, struct, u32 } from "@pha/scale";

/** All commands of blocks before `block`, and of `block` those before `index` among the cluster's own. */
export const Position = struct({ block: u32, index: u32 });
export type Position = CodecType<typeof Position>;

export function isBefore(a: Position, b: Position): boolean {
  return a.block < b.block || (a.block === b.block && a.index < b.index);
}
