/**
 * From votes to final roots.
 *
 * A root is final when ⌊n/2⌋ + 1 of the cluster's seats voted for the same commit under the agreed signing key, it
 * follows the final root before it, and its delta is on chain or kept as a blob. Blocks become final in order.
 */
import { ensure } from "@pha/frame";
import { type Cluster, ClusterEvent, NO_ROOT, TOPIC } from "@pha/protocol";
import { type CodecType, encode, equalBytes } from "@pha/scale";
import { dropContent, isAvailable, refer } from "./blobs.ts";
import { RECENT_COMMITS, SENDER, type StateContext } from "./declaration.ts";
import { noteDuty } from "./duty.ts";
import { keepEvidence } from "./evidence.ts";
import { workDone } from "./progress.ts";
import { isMajority, quorum, seats, votesFor } from "./quorum.ts";
import type { FinalCommit, Vote } from "./types.ts";

/** Makes final whatever can be, and calls a dispute when no majority is possible. */
export function tally(ctx: StateContext, cluster: Uint8Array): void {
  while (tallyNext(ctx, cluster));
}

function tallyNext(ctx: StateContext, cluster: Uint8Array): boolean {
  const record = ctx.config.clusters.clusterOf(ctx, cluster);
  if (record === undefined) return false;
  const root = ctx.storage.Roots.get(cluster)?.root ?? NO_ROOT;
  const [oldest] = ctx.storage.Pending.get(cluster);
  for (const number of ctx.storage.Pending.get(cluster)) {
    const votes = countedVotes(ctx, cluster, record, number);
    const next = votes.filter(({ commit }) => equalBytes(commit.previousRoot, root));
    const winner = next.find((one) => isMajority(ctx, record, votesFor(next, one.digest)));
    const content = winner && ctx.storage.Contents.get(cluster, winner.digest);
    if (winner && content && isAvailable(ctx, content.delta)) {
      makeFinal(ctx, record, winner);
      return true;
    }
    if (number === oldest && winner === undefined) disputeIfHopeless(ctx, record, votes);
  }
  return false;
}

/** Votes by present boots, in the present epoch, under the agreed signing key. */
function countedVotes(
  ctx: StateContext,
  cluster: Uint8Array,
  { replicas, generation, epoch }: Cluster,
  number: number,
): readonly Vote[] {
  const agreed = ctx.config.clusters.signingKeyOf(ctx, cluster);
  if (agreed === undefined) return [];
  return ctx.storage.Votes.get(cluster, number).filter(
    ({ commit, signingKey }) =>
      commit.generation === generation &&
      commit.epoch === epoch &&
      equalBytes(signingKey, agreed) &&
      replicas.some(({ boot }) => equalBytes(boot, commit.boot)),
  );
}

function disputeIfHopeless(ctx: StateContext, record: Cluster, votes: readonly Vote[]): void {
  const [first] = votes;
  if (first === undefined) return;
  const most = Math.max(...votes.map(({ digest }) => votesFor(votes, digest).length));
  if (most + seats(record) - votes.length >= quorum(record)) return;
  if (record.status.type === "Disputed" || record.status.type === "Halted") return;
  const { cluster, block } = first.commit;
  ctx.config.clusters.setStatus(ctx, cluster, "Disputed");
  ctx.emit.NoMajority({ cluster, block: block.number });
}

/** Records the step, tells the replicas, and keeps what contradicts it. */
export function makeFinal(ctx: StateContext, record: Cluster, winner: Vote): void {
  const { storage, config } = ctx;
  const { commit, digest } = winner;
  const { cluster, block, generation, epoch, previousRoot, newRoot: root } = commit;
  const content = storage.Contents.get(cluster, digest);
  ensure(content, ctx.errors.ContentMissing);
  const before = storage.Roots.get(cluster);
  const index = before ? before.index + 1n : 0n;
  storage.Roots.put(cluster, { block, root, index });
  // The step refers to the blob before the vote lets go of it.
  if (content.delta.type === "Blob") refer(ctx, cluster, content.delta.value);
  storage.Steps.put([cluster, index], {
    block,
    generation,
    epoch,
    keyVersion: 0,
    previousRoot,
    newRoot: root,
    ...content,
  });
  const final = { block: block.number, digest };
  keepRecent(ctx, cluster, final);
  ctx.emit.RootFinal({ cluster, block, root, index });
  const event: ClusterEvent = { type: "RootFinal", value: { cluster, block, root } };
  config.queue.push(ctx, SENDER, TOPIC.cluster, encode(ClusterEvent, event));
  clearBehind(ctx, cluster, final);
  workDone(ctx, cluster, block.number);
  config.clusters.commandsFinal(ctx, cluster, content.replies.length);
  const { type } = record.status;
  // Only governance ends a halt.
  if (type !== "Halted") config.clusters.setStatus(ctx, cluster, "Live");
}

/** Remembers a final commit and who voted for it; of more than `RECENT_COMMITS` the oldest goes. */
function keepRecent(
  ctx: StateContext,
  cluster: Uint8Array,
  final: CodecType<typeof FinalCommit>,
): void {
  const { RecentFinal, FinalVotes, Traces, Votes } = ctx.storage;
  const all = [...RecentFinal.get(cluster), final];
  for (const { block } of all.slice(0, -RECENT_COMMITS)) {
    FinalVotes.remove(cluster, block);
    Traces.remove(cluster, block);
  }
  RecentFinal.put(cluster, all.slice(-RECENT_COMMITS));
  const agreeing = votesFor(Votes.get(cluster, final.block), final.digest);
  FinalVotes.put(cluster, final.block, agreeing);
  for (const vote of agreeing) noteDuty(ctx, vote);
}

/** Removes votes up to the final block, and all votes of those that contradict it. */
function clearBehind(
  ctx: StateContext,
  cluster: Uint8Array,
  final: CodecType<typeof FinalCommit>,
): void {
  const { Pending, Votes } = ctx.storage;
  const dissenters: Uint8Array[] = [];
  const left: number[] = [];
  for (const number of Pending.get(cluster)) {
    const votes = Votes.get(cluster, number);
    if (number <= final.block) {
      for (const vote of votes) {
        dropContent(ctx, cluster, vote.digest);
        if (equalBytes(vote.digest, final.digest)) continue;
        dissenters.push(vote.commit.boot);
        keepDissent(ctx, vote, final);
      }
      Votes.remove(cluster, number);
      continue;
    }
    const others = votes.filter(
      ({ commit }) => !dissenters.some((boot) => equalBytes(boot, commit.boot)),
    );
    for (const { digest } of votes)
      if (votesFor(others, digest).length === 0) dropContent(ctx, cluster, digest);
    if (others.length === 0) Votes.remove(cluster, number);
    else {
      left.push(number);
      if (others.length < votes.length) Votes.put(cluster, number, others);
    }
  }
  if (left.length > 0) Pending.put(cluster, left);
  else Pending.remove(cluster);
}

/** A contradicted vote of the boot that serves suspends its worker; one of an older boot or epoch is void. */
export function keepDissent(
  ctx: StateContext,
  vote: Vote,
  final: CodecType<typeof FinalCommit>,
): void {
  const { cluster, boot, block, generation, epoch } = vote.commit;
  const record = ctx.config.clusters.clusterOf(ctx, cluster);
  const isPresent = record?.replicas.some((one) => equalBytes(one.boot, boot));
  if (!isPresent || record?.generation !== generation || record.epoch !== epoch) return;
  ctx.storage.Dissents.put(cluster, boot, {
    vote,
    finalBlock: final.block,
    finalDigest: final.digest,
  });
  const kind = { type: "Dissent", value: undefined } as const;
  keepEvidence(ctx, { kind, cluster, boot, block: block.number });
  ctx.emit.Dissented({ cluster, block: block.number, boot });
  ctx.config.workers.suspend(ctx, vote.identity, "Dissent");
}
