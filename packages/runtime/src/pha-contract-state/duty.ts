/**
 * How many of its cluster's roots a replica voted on: what rewards may be cut by. Missed votes cost no stake.
 *
 * **Bounds**: one record per worker; it begins anew with the worker's cluster.
 */
import { equalBytes } from "@pha/scale";
import type { StateContext } from "./declaration.ts";
import type { Vote } from "./types.ts";

/** A vote that the final root, then or later, agrees with. */
export function noteDuty(ctx: StateContext, { identity, commit: { cluster } }: Vote): void {
  const known = ctx.storage.Duties.get(identity);
  const isSame = known !== undefined && equalBytes(known.cluster, cluster);
  const duty = isSame ? known : { cluster, from: nextIndex(ctx, cluster), votes: 0n };
  ctx.storage.Duties.put(identity, { ...duty, votes: duty.votes + 1n });
}

function nextIndex(ctx: StateContext, cluster: Uint8Array): bigint {
  const final = ctx.storage.Roots.get(cluster);
  return final ? final.index + 1n : 0n;
}

/** Votes of a worker and final roots since it joined its cluster; nothing for one that never voted. */
export function dutyOf(
  ctx: StateContext,
  worker: Uint8Array,
): { readonly votes: bigint; readonly roots: bigint } | undefined {
  const duty = ctx.storage.Duties.get(worker);
  if (duty === undefined) return undefined;
  const roots = nextIndex(ctx, duty.cluster) - duty.from;
  return { votes: duty.votes, roots: roots > duty.votes ? roots : duty.votes };
}
