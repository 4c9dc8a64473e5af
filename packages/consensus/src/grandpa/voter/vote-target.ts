/** Which block of the best chain to vote for. */
import { ok, type Result } from "@pha/scale";
import type { BlockRef } from "../../block-ref.ts";
import type { Header } from "../../header.ts";
import { type GrandpaDigestError, scheduledChangeOf } from "../digest.ts";
import type { VoteTarget } from "./state.ts";

export interface ImportedBlock extends BlockRef {
  readonly header: Header;
}

/**
 * The head of `path`, or its first block that changes the authority set: no set votes beyond the block that ends it.
 *
 * @param path the best chain from the child of the finalized block up to its head (`ForkTree.pathTo`)
 * @returns `undefined` for an empty path
 */
export function voteTargetOn(
  path: readonly ImportedBlock[],
): Result<VoteTarget | undefined, GrandpaDigestError> {
  let target: VoteTarget | undefined;
  for (const { hash, number, header } of path) {
    const change = scheduledChangeOf(header);
    if (!change.ok) return change;
    target = { block: { hash, number }, change: change.value?.authorities };
    if (target.change) break;
  }
  return ok(target);
}
