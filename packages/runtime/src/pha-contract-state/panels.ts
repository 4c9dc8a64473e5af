/**
 * Panels: fresh workers that execute a block again and say which root is right (protocol §6).
 *
 * ```
 * no majority possible ─► Disputed: a panel larger than the set ─────┬ two thirds agree ─► root final, who voted otherwise is slashed
 * a vote contradicts a final root ─► a panel, the cluster serves ────┤ split ─► Halted; inputs and votes are kept, nobody is slashed
 * one final root in `auditEvery`, by chance ─► an auditor, who differs ┘ no verdict in `PANEL_BLOCKS` ─► another panel, or none
 * ```
 * **Bounds**: one panel per cluster. A change of the epoch voids it: commands open under other keys from then on. **Not
 * here**: votes and verdicts (`verdicts.ts`), who is drawn (PhalaPhatContracts).
 */
import { type Cluster, MAX_PANEL } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import { dropContent } from "./blobs.ts";
import type { StateContext } from "./declaration.ts";
import { seats } from "./quorum.ts";
import type { Case, Vote } from "./types.ts";

/** Has a panel or an auditor drawn; not when one sits already, nor when there are not enough workers. */
export function convene(ctx: StateContext, record: Cluster, matter: Omit<Case, "since">): boolean {
  const { cluster, kind, block, previousRoot } = matter;
  const { Cases, CaseList } = ctx.storage;
  if (record.panel !== undefined) return false;
  const members = kind.type === "Audit" ? 1 : Math.min(MAX_PANEL, seats(record) + 2);
  if (!ctx.config.clusters.convene(ctx, cluster, { block, previousRoot }, members)) return false;
  Cases.put(cluster, { ...matter, since: ctx.block.number });
  CaseList.put([...CaseList.get(), cluster]);
  ctx.emit.PanelConvened({ cluster, block, kind, members });
  return true;
}

/** Over the votes of a block on which no majority is possible. */
export function conveneDispute(ctx: StateContext, record: Cluster, votes: readonly Vote[]): void {
  const [first] = votes;
  if (first === undefined) return;
  const { cluster, block, previousRoot } = first.commit;
  convene(ctx, record, {
    cluster,
    kind: { type: "Dispute", value: undefined },
    block: block.number,
    previousRoot,
    final: undefined,
    votes,
  });
}

/** Over a final root that a vote contradicts, or by chance. */
export function conveneOver(
  ctx: StateContext,
  kind: "Dissent" | "Audit",
  { cluster, block }: { readonly cluster: Uint8Array; readonly block: number },
  against: readonly Vote[] = [],
): boolean {
  const record = ctx.config.clusters.clusterOf(ctx, cluster);
  const finals = ctx.storage.FinalVotes.get(cluster, block);
  const [first] = finals;
  if (record === undefined || first === undefined) return false;
  const { generation, epoch, previousRoot } = first.commit;
  // Commands of other names would not open as they did.
  if (generation !== record.generation || epoch !== record.epoch) return false;
  if (block < ctx.storage.OpensSince.get(cluster)) return false;
  return convene(ctx, record, {
    cluster,
    kind: { type: kind, value: undefined },
    block,
    previousRoot,
    final: first.digest,
    votes: [...finals, ...against],
  });
}

/** The panel goes, and with it what it said that nobody else did. */
export function closeCase(ctx: StateContext, cluster: Uint8Array): void {
  const { Cases, CaseList, PanelVotes, Votes } = ctx.storage;
  const matter = Cases.get(cluster);
  if (matter === undefined) return;
  const pending = Votes.get(cluster, matter.block);
  for (const { digest } of PanelVotes.get(cluster))
    if (!pending.some((one) => equalBytes(one.digest, digest))) dropContent(ctx, cluster, digest);
  Cases.remove(cluster);
  PanelVotes.remove(cluster);
  CaseList.put(CaseList.get().filter((one) => !equalBytes(one, cluster)));
  ctx.config.clusters.dissolve(ctx, cluster);
}

/** Keys have another name: votes of the former are void, and so is a dispute about them. */
export function namedAnew(ctx: StateContext, cluster: Uint8Array): void {
  ctx.storage.OpensSince.put(cluster, ctx.block.number);
  voidCase(ctx, cluster);
  const { clusters } = ctx.config;
  if (clusters.clusterOf(ctx, cluster)?.status.type === "Disputed")
    clusters.setStatus(ctx, cluster, "Late");
}

/** What is not final yet waits for no former name: a dispute goes on, a look at the past does not. */
export function formerClosed(ctx: StateContext, cluster: Uint8Array): void {
  ctx.storage.OpensSince.put(cluster, ctx.block.number);
  if (ctx.storage.Cases.get(cluster)?.kind.type !== "Dispute") voidCase(ctx, cluster);
}

function voidCase(ctx: StateContext, cluster: Uint8Array): void {
  const matter = ctx.storage.Cases.get(cluster);
  if (matter === undefined) return;
  closeCase(ctx, cluster);
  ctx.emit.PanelVoided({ cluster, block: matter.block });
}
