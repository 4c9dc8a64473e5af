/**
 * What panels and auditors say, and what follows (protocol §6).
 *
 * **Trust**: two thirds of all members decide, not of those that spoke. Whoever voted otherwise loses a part of the bond
 * and the seat; a verdict against a final root halts the cluster, since nothing takes back what was read of it.
 */
import { type Cluster, keyHolders } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import { isAvailable } from "./blobs.ts";
import { PANEL_BLOCKS, type StateContext } from "./declaration.ts";
import { keepEvidence } from "./evidence.ts";
import { closeCase, conveneOver } from "./panels.ts";
import { verdictOf, votesFor } from "./quorum.ts";
import { makeFinal } from "./tally.ts";
import type { Case, Vote } from "./types.ts";

/** Thousandths of its bond that a worker loses when a panel finds its vote wrong. */
const JUDGED_PERMILLE = 200n;

/** Judges the cluster's case, as far as it can be judged. */
export function judge(ctx: StateContext, cluster: Uint8Array): void {
  const matter = ctx.storage.Cases.get(cluster);
  const record = ctx.config.clusters.clusterOf(ctx, cluster);
  if (matter === undefined || record?.panel === undefined) return;
  const members = record.panel.members.length;
  const votes = presentVotes(ctx, record, cluster);
  const [first] = votes;
  if (first === undefined) return;
  if (matter.kind.type === "Audit") {
    audited(ctx, matter, first);
    return;
  }
  const groups = votes.map(({ digest }) => votesFor(votes, digest));
  const most = groups.reduce((best, group) => (group.length > best.length ? group : best));
  const [winner] = most;
  if (winner !== undefined && most.length >= verdictOf(members))
    pronounce(ctx, record, matter, winner, most.length);
  else if (most.length + members - votes.length < verdictOf(members)) split(ctx, matter, votes);
}

/** Of the members that sit with this boot, in the present epoch. */
function presentVotes(ctx: StateContext, record: Cluster, cluster: Uint8Array): readonly Vote[] {
  const { generation, epoch } = record;
  return ctx.storage.PanelVotes.get(cluster).filter(
    ({ commit }) =>
      commit.generation === generation &&
      commit.epoch === epoch &&
      keyHolders(record).some(({ boot }) => equalBytes(boot, commit.boot)),
  );
}

function audited(ctx: StateContext, matter: Case, vote: Vote): void {
  const { cluster, block, final } = matter;
  const { boot } = vote.commit;
  const agrees = final !== undefined && equalBytes(vote.digest, final);
  closeCase(ctx, cluster);
  ctx.emit.Audited({ cluster, block, boot, agrees });
  if (agrees) return;
  keepEvidence(ctx, { kind: { type: "AuditDiffers", value: undefined }, cluster, boot, block });
  conveneOver(ctx, "Dissent", { cluster, block }, [vote]);
}

function pronounce(
  ctx: StateContext,
  record: Cluster,
  matter: Case,
  winner: Vote,
  agreed: number,
): void {
  const { cluster, block, kind, final, votes } = matter;
  const { clusters } = ctx.config;
  const isDispute = kind.type === "Dispute";
  // A root is final with its delta and replies alone: a member that carries them is waited for, and receipts of blobs.
  const content = ctx.storage.Contents.get(cluster, winner.digest);
  if (isDispute && !(content && isAvailable(ctx, content))) return;
  const members = record.panel?.members.length ?? agreed;
  if (isDispute) makeFinal(ctx, record, winner);
  closeCase(ctx, cluster);
  ctx.emit.PanelVerdict({ cluster, block, root: winner.commit.newRoot, agreed, members });
  if (isDispute) clusters.setStatus(ctx, cluster, "Live");
  else if (final !== undefined && !equalBytes(final, winner.digest)) {
    clusters.setStatus(ctx, cluster, "Halted");
    ctx.emit.FinalContradicted({ cluster, block });
  }
  for (const vote of votes) if (!equalBytes(vote.digest, winner.digest)) punish(ctx, vote);
}

function punish(ctx: StateContext, { identity, commit: { cluster, boot, block } }: Vote): void {
  const kind = { type: "Judged", value: undefined } as const;
  keepEvidence(ctx, { kind, cluster, boot, block: block.number });
  ctx.config.bonds.slash(ctx, identity, JUDGED_PERMILLE);
  ctx.config.workers.suspend(ctx, identity, "Judged");
}

/** The same input led honest workers to different roots, or too many lie: governance must look, nobody is slashed. */
function split(ctx: StateContext, matter: Case, panel: readonly Vote[]): void {
  const { cluster, block, votes } = matter;
  ctx.storage.Splits.put(cluster, { block, votes, panel });
  closeCase(ctx, cluster);
  ctx.config.clusters.setStatus(ctx, cluster, "Halted");
  ctx.emit.PanelSplit({ cluster, block });
}

/** A panel that came to no verdict in its time goes; for a dispute another one is drawn as soon as it can be. */
export function watchCases(ctx: StateContext): void {
  const list = ctx.storage.CaseList.get();
  const cluster = list[ctx.block.number % Math.max(1, list.length)];
  const matter = cluster && ctx.storage.Cases.get(cluster);
  if (cluster === undefined || matter === undefined) return;
  if (matter.since + PANEL_BLOCKS > ctx.block.number) return;
  closeCase(ctx, cluster);
  ctx.emit.PanelLapsed({ cluster, block: matter.block });
}
