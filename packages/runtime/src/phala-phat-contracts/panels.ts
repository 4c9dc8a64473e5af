/**
 * Who sits on a panel, or audits: drawn as replicas are, by a rank that nobody knows before there is something to judge
 * (protocol §6).
 *
 * Members get the cluster's keys, so they are what its class demands of replicas. None of the cluster's own replicas is
 * among them, and they are of two vendors where workers of two wait.
 */
import type { Cluster, Panel, Replica } from "@pha/protocol";
import { concatBytes, encode, equalBytes, u32 } from "@pha/scale";
import { type Draw, draw, isEndorsedWorker, sharesOperator } from "./candidates.ts";
import { clusterOf, putChanged } from "./clusters.ts";
import type { PhatContext } from "./declaration.ts";

/** Has as many drawn as wanted, or nobody; tells whether the panel sits. */
export function convenePanel(
  ctx: PhatContext,
  cluster: Uint8Array,
  task: Omit<Panel, "members">,
  count: number,
): boolean {
  const record = clusterOf(ctx, cluster);
  const salt = concatBytes(ctx.block.parentHash, encode(u32, task.block));
  const among = (mixed: boolean) =>
    draw(ctx, cluster, record, { count, salt, accepts: accepts(ctx, record, count, mixed) });
  const mixed = among(true);
  const members = mixed.length === count ? mixed : among(false);
  if (members.length < count) return false;
  putChanged(ctx, cluster, { ...record, panel: { ...task, members: [...members] } });
  return true;
}

/** @param mixed whether the last seat is for another vendor when all others are of one */
function accepts(
  ctx: PhatContext,
  record: Cluster,
  count: number,
  mixed: boolean,
): NonNullable<Draw["accepts"]> {
  const { workers } = ctx.config;
  const isOpen = record.class.type === "Open";
  return ({ identity }, drawn) => {
    const isOwn = (one: Replica) => equalBytes(one.identity, identity);
    if (record.replicas.some(isOwn)) return false;
    if (!isOpen && !isEndorsedWorker(ctx, identity)) return false;
    if (
      record.class.type === "Endorsed" &&
      sharesOperator(ctx, [...record.replicas, ...drawn], identity)
    )
      return false;
    if (!mixed || count < 2 || drawn.length < count - 1) return true;
    const vendor = workers.vendorOf(ctx, identity);
    return drawn.some((one) => workers.vendorOf(ctx, one.identity) !== vendor);
  };
}

/** Its members go, and forget the keys. */
export function dissolvePanel(ctx: PhatContext, cluster: Uint8Array): void {
  const record = clusterOf(ctx, cluster);
  if (record.panel !== undefined) putChanged(ctx, cluster, { ...record, panel: undefined });
}
