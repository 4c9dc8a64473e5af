/**
 * From votes to final roots.
 *
 * A root is final when ⌊n/2⌋ + 1 of the cluster's seats voted for the same commit under the agreed signing key, it
 * follows the final root before it, and its delta and replies are on chain or kept as blobs. Blocks become final in order.
 */
import { blake2b256 } from "@pha/crypto";
import { ensure } from "@pha/frame";
import { type Cluster, ClusterEvent, NO_ROOT, TOPIC } from "@pha/protocol";
import { type CodecType, concatBytes, encode, equalBytes, u32 } from "@pha/scale";
import { dropContent, isAvailable, takeContentFor } from "./blobs.ts";
import { RECENT_COMMITS, SENDER, type StateContext } from "./declaration.ts";
import { noteDuty } from "./duty.ts";
import { keepEvidence } from "./evidence.ts";
import { conveneDispute, conveneOver } from "./panels.ts";
import { workDone } from "./progress.ts";
import { countedVotes, hopelessVotes, isMajority, votesFor } from "./quorum.ts";
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
    if (winner && content && isAvailable(ctx, content)) {
      makeFinal(ctx, record, winner);
      return true;
    }
    if (number === oldest && winner === undefined) dispute(ctx, record, cluster);
  }
  return false;
}

/** The cluster stops when no root of its oldest block can have a majority, and others are asked. */
function dispute(ctx: StateContext, record: Cluster, cluster: Uint8Array): void {
  const votes = hopelessVotes(ctx, record, cluster);
  const [first] = votes ?? [];
  if (votes === undefined || first === undefined) return;
  if (record.status.type === "Disputed" || record.status.type === "Halted") return;
  ctx.config.clusters.setStatus(ctx, cluster, "Disputed");
  ctx.emit.NoMajority({ cluster, block: first.commit.block.number });
  conveneDispute(ctx, record, votes);
}

/** Records the step, tells the replicas, and keeps what contradicts it. */
export function makeFinal(ctx: StateContext, record: Cluster, winner: Vote): void {
  const { storage, config } = ctx;
  const { commit, digest } = winner;
  const { cluster, block, generation, epoch, previousRoot, newRoot: root } = commit;
  ensure(storage.Contents.has(cluster, digest), ctx.errors.ContentMissing);
  const keyVersion = config.clusters.stateKeyVersion(ctx, cluster);
  ensure(keyVersion !== undefined, ctx.errors.NoSigningKey);
  const before = storage.Roots.get(cluster);
  const index = before ? before.index + 1n : 0n;
  storage.Roots.put(cluster, { block, root, index });
  const content = takeContentFor(ctx, cluster, digest);
  ensure(content, ctx.errors.ContentMissing);
  storage.Steps.put([cluster, index], {
    block,
    generation,
    epoch,
    keyVersion,
    previousRoot,
    newRoot: root,
    ...content,
  });
  const final = { block: block.number, digest };
  keepRecent(ctx, cluster, final, index);
  ctx.emit.RootFinal({ cluster, block, root, index });
  const event: ClusterEvent = { type: "RootFinal", value: { cluster, block, root } };
  config.queue.push(ctx, SENDER, TOPIC.cluster, encode(ClusterEvent, event));
  const contradicting = clearBehind(ctx, cluster, final);
  workDone(ctx, cluster, block.number);
  config.clusters.commandsFinal(ctx, cluster, content.replies.length);
  const { type } = record.status;
  // Only governance and panels end a halt.
  if (type !== "Halted") config.clusters.setStatus(ctx, cluster, "Live");
  const place = { cluster, block: block.number };
  if (contradicting.length > 0) conveneOver(ctx, "Dissent", place, contradicting);
  else if (isAudited(ctx, place)) conveneOver(ctx, "Audit", place);
}

/** By a hash that nobody knew when the block was voted on. */
function isAudited(
  ctx: StateContext,
  { cluster, block }: { readonly cluster: Uint8Array; readonly block: number },
): boolean {
  const { auditEvery } = ctx.config;
  if (auditEvery === 0) return false;
  const hash = blake2b256(concatBytes(ctx.block.parentHash, cluster, encode(u32, block)));
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0) % auditEvery === 0;
}

/** Remembers a final commit and who voted for it; of more than `RECENT_COMMITS` the oldest goes. */
function keepRecent(
  ctx: StateContext,
  cluster: Uint8Array,
  final: CodecType<typeof FinalCommit>,
  index: bigint,
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
  for (const vote of agreeing) noteDuty(ctx, vote, index);
}

/**
 * Removes votes up to the final block, and all votes of those that contradict it.
 *
 * @returns votes on the final block for another root
 */
function clearBehind(
  ctx: StateContext,
  cluster: Uint8Array,
  final: CodecType<typeof FinalCommit>,
): readonly Vote[] {
  const { Pending, Votes } = ctx.storage;
  const dissenters: Uint8Array[] = [];
  const contradicting: Vote[] = [];
  const left: number[] = [];
  for (const number of Pending.get(cluster)) {
    const votes = Votes.get(cluster, number);
    if (number <= final.block) {
      for (const vote of votes) {
        dropContent(ctx, cluster, vote.digest);
        if (equalBytes(vote.digest, final.digest)) continue;
        dissenters.push(vote.commit.boot);
        keepDissent(ctx, vote, final);
        if (number === final.block) contradicting.push(vote);
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
  return contradicting;
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
