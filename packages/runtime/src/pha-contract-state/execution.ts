/**
 * Whether voters executed what they voted for (protocol §6).
 *
 * ```
 * vote on b: tag = H(boot, b, trace) ─► next vote: the trace of b in clear ─► fits the tag, and the others' traces
 * ```
 * The trace is keyed under the cluster's key, over fuel and roots: who copies another's root cannot make the tag before
 * the others' next votes show the trace, and then it is too late.
 *
 * **Bounds**: one tag per worker; traces of the `RECENT_COMMITS` newest final blocks. **Trust**: a majority of equal
 * traces judges the rest; who is judged is suspended until it starts anew, and nothing is slashed.
 */
import { executionTag } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import type { StateContext } from "./declaration.ts";
import { keepEvidence } from "./evidence.ts";
import { quorum } from "./quorum.ts";
import type { Vote } from "./types.ts";

/** Votes in a row whose traces a worker may fail to show, as when one of them got lost. */
export const MAX_UNREVEALED = 3;

/** Notes the tag of an accepted vote, and judges the trace that comes with it. */
export function checkExecution(ctx: StateContext, { identity, commit }: Vote): void {
  const { Tags } = ctx.storage;
  const { cluster, boot, block, executionTag: tag, revealed } = commit;
  const known = Tags.get(cluster, identity);
  const before = known && equalBytes(known.boot, boot) ? known : undefined;
  const isShown = before !== undefined && revealed?.block === before.block.number;
  const unrevealed = before === undefined || isShown ? 0 : before.unrevealed + 1;
  Tags.put(cluster, identity, { boot, block, tag, unrevealed });
  if (unrevealed > MAX_UNREVEALED) {
    notExecuted(ctx, cluster, identity, boot, block.number);
    return;
  }
  if (!isShown || revealed === undefined) return;
  const { block: of, tag: told } = before;
  if (equalBytes(executionTag(boot, of.hash, revealed.trace), told))
    compare(ctx, cluster, of.number, { identity, boot, trace: revealed.trace });
  else notExecuted(ctx, cluster, identity, boot, of.number);
}

interface Shown {
  readonly identity: Uint8Array;
  readonly boot: Uint8Array;
  readonly trace: Uint8Array;
}

/** Once a majority showed one trace of a final block, those that showed another did not execute it. */
function compare(ctx: StateContext, cluster: Uint8Array, block: number, shown: Shown): void {
  const { Traces, RecentFinal } = ctx.storage;
  if (!RecentFinal.get(cluster).some((final) => final.block === block)) return;
  const record = ctx.config.clusters.clusterOf(ctx, cluster);
  if (record === undefined) return;
  const others = Traces.get(cluster, block).filter(
    ({ identity }) => !equalBytes(identity, shown.identity),
  );
  const all = [...others, shown].slice(-MAX_TRACES);
  Traces.put(cluster, block, all);
  const isSame = (a: Shown) => (b: Shown) => equalBytes(a.trace, b.trace);
  const agreed = all.find((one) => all.filter(isSame(one)).length >= quorum(record));
  if (agreed === undefined) return;
  const rest = all.filter(isSame(agreed));
  if (rest.length < all.length) Traces.put(cluster, block, rest);
  for (const one of all)
    if (!isSame(agreed)(one)) notExecuted(ctx, cluster, one.identity, one.boot, block);
}

/** As many as a cluster has replicas. */
const MAX_TRACES = 15;

function notExecuted(
  ctx: StateContext,
  cluster: Uint8Array,
  identity: Uint8Array,
  boot: Uint8Array,
  block: number,
): void {
  ctx.storage.Tags.remove(cluster, identity);
  keepEvidence(ctx, { kind: { type: "NotExecuted", value: undefined }, cluster, boot, block });
  ctx.emit.NotExecuted({ cluster, block, boot });
  ctx.config.workers.suspend(ctx, identity, "NotExecuted");
}
