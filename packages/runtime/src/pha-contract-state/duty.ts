/**
 * How many of its cluster's roots a replica voted on: what rewards may be cut by. Missed votes cost no stake.
 *
 * **Bounds**: one record per worker; it begins anew with the worker's cluster.
 */
import { equalBytes } from "@pha/scale";
import type { StateContext } from "./declaration.ts";
import type { Vote } from "./types.ts";

/**
 * A vote that a final root, then or later, agrees with.
 *
 * @param index of that root
 */
export function noteDuty(
  ctx: StateContext,
  { identity, commit: { cluster } }: Vote,
  index: bigint,
): void {
  const known = ctx.storage.Duties.get(identity);
  const isSame = known !== undefined && equalBytes(known.cluster, cluster);
  const duty = isSame ? known : { cluster, from: index, votes: 0n };
  ctx.storage.Duties.put(identity, { ...duty, votes: duty.votes + 1n });
}
