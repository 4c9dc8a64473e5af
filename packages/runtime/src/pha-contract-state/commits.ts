/**
 * Votes on roots, on their way in (protocol §6).
 *
 * **Bounds**: `MAX_PENDING_COMMITS` blocks per cluster, one vote per boot and block, one content per voted commit.
 * **Trust**: a vote counts for what two keys signed: the boot (who) and the cluster's signing key (holds its keys).
 */
import { blake2b256, ed25519Verify, sr25519Verify } from "@pha/crypto";
import { ensure, linearWeight } from "@pha/frame";
import {
  type Cluster,
  type Commit,
  commitDigest,
  commitPayload,
  keyHolders,
  MAX_PENDING_COMMITS,
  MAX_REPLY_BLOBS,
  NO_ROOT,
  type Replica,
  repliesRoot,
  SignedCommit,
  TOPIC,
} from "@pha/protocol";
import { decode, equalBytes } from "@pha/scale";
import type { MessageHandler, WorkerMessage } from "../phala-mq/index.ts";
import { dropContent, ensureFits, keepContent } from "./blobs.ts";
import { declaration, type StateContext } from "./declaration.ts";
import { noteDuty } from "./duty.ts";
import { keepEvidence } from "./evidence.ts";
import { checkExecution } from "./execution.ts";
import { conveneOver } from "./panels.ts";
import { keepDissent, tally } from "./tally.ts";
import type { Vote } from "./types.ts";
import { judge } from "./verdicts.ts";
import { WEIGHTS } from "./weights.ts";

/** Thousandths of its bond that a boot with two votes for one block loses: no honest program makes them. */
const EQUIVOCATION_PERMILLE = 1000n;
/** Votes kept beside a final root: its replicas', and some of their former boots. */
const MAX_FINAL_VOTES = 64;

export const commitHandler: MessageHandler = {
  topic: TOPIC.commit,
  weight: (bytes) =>
    linearWeight(
      linearWeight(WEIGHTS.commit, WEIGHTS.commit_per_byte, bytes),
      WEIGHTS.commit_per_blob,
      mostBlobs(bytes),
    ),
  handle(hasEnv, message) {
    const ctx = hasEnv.env.of(declaration);
    const decoded = decode(SignedCommit, message.payload);
    ensure(decoded.ok, ctx.errors.MalformedMessage);
    const signed = decoded.value;
    const { commit } = signed;
    const { record, isPanel } = ensureVoter(ctx, commit, message);
    ensureKnownBlock(ctx, commit, record);
    const vote = verifiedVote(ctx, signed, message);
    if (isPanel) {
      takePanelVote(ctx, record, vote, signed.content);
      return;
    }
    const final = ctx.storage.Roots.get(commit.cluster);
    if (final && commit.block.number <= final.block.number) takeLateVote(ctx, vote);
    else takeVote(ctx, record, vote, signed.content);
  },
};

/** Bytes of a reply that names a blob: contract, command, two tags, digest and length. */
const BLOB_REPLY_BYTES = 32 + 32 + 2 + 36;

/** Most blobs that a commit of so many bytes names: replies, and its delta. */
function mostBlobs(bytes: number): number {
  return Math.min(MAX_REPLY_BLOBS, Math.floor(bytes / BLOB_REPLY_BYTES)) + 1;
}

/** The sender is, with this boot, a replica, or one of the panel. */
function ensureVoter(
  ctx: StateContext,
  { genesisHash, cluster, boot, generation, epoch }: Commit,
  message: WorkerMessage,
): { readonly record: Cluster; readonly isPanel: boolean } {
  const genesis = ctx.config.blockHash(ctx, 0);
  ensure(genesis && equalBytes(genesisHash, genesis), ctx.errors.OtherNetwork);
  const record = ctx.config.clusters.clusterOf(ctx, cluster);
  ensure(record, ctx.errors.UnknownCluster);
  const isSender = (one: Replica) =>
    equalBytes(one.identity, message.identity) && equalBytes(one.boot, message.boot);
  const isMember = keyHolders(record).some(isSender);
  ensure(isMember && equalBytes(boot, message.boot), ctx.errors.NotAssigned);
  ensure(record.generation === generation && record.epoch === epoch, ctx.errors.StaleEpoch);
  return { record, isPanel: !record.replicas.some(isSender) };
}

/** The block of the cluster's creation is named in its record, which outlives the memory of hashes. */
function ensureKnownBlock(ctx: StateContext, { block }: Commit, { createdAt }: Cluster): void {
  const hash =
    block.number === createdAt.number ? createdAt.hash : ctx.config.blockHash(ctx, block.number);
  ensure(hash && equalBytes(hash, block.hash), ctx.errors.UnknownBlock);
  ensure(block.number < ctx.block.number, ctx.errors.UnknownBlock);
}

function verifiedVote(
  ctx: StateContext,
  { commit, bootSignature, clusterSignature }: SignedCommit,
  { identity, boot }: WorkerMessage,
): Vote {
  const { clusters } = ctx.config;
  const signingKey =
    clusters.signingKeyOf(ctx, commit.cluster) ??
    clusters.publishedSigningKey(ctx, commit.cluster, boot);
  ensure(signingKey, ctx.errors.NoSigningKey);
  const payload = commitPayload(commit);
  ensure(ed25519Verify(boot, payload, bootSignature), ctx.errors.BadSignature);
  ensure(sr25519Verify(signingKey, payload, clusterSignature), ctx.errors.BadSignature);
  const digest = commitDigest(commit);
  return { identity, commit, digest, bootSignature, clusterSignature, signingKey };
}

function takeVote(
  ctx: StateContext,
  record: Cluster,
  vote: Vote,
  content: SignedCommit["content"],
): void {
  const { commit, digest } = vote;
  const { cluster, block, boot } = commit;
  const votes = presentVotes(ctx, record, vote);
  const own = votes.find((one) => equalBytes(one.commit.boot, boot));
  if (own && !equalBytes(own.digest, digest)) {
    equivocated(ctx, own, vote);
    return;
  }
  if (own === undefined) {
    ensure(follows(ctx, commit), ctx.errors.BadPreviousRoot);
    addPending(ctx, cluster, block.number);
    ctx.storage.Votes.put(cluster, block.number, [...votes, vote]);
    ctx.emit.VoteTaken({ cluster, block: block.number, root: commit.newRoot, boot });
    checkExecution(ctx, vote);
  }
  takeContent(ctx, vote, content);
  tally(ctx, cluster);
}

/** A member of a panel votes once, on the block that it was asked about and from the root it was given. */
function takePanelVote(
  ctx: StateContext,
  record: Cluster,
  vote: Vote,
  content: SignedCommit["content"],
): void {
  const { cluster, block, boot, previousRoot } = vote.commit;
  const { panel } = record;
  const isAsked = panel?.block === block.number && equalBytes(panel.previousRoot, previousRoot);
  ensure(isAsked && ctx.storage.Cases.has(cluster), ctx.errors.NotAsked);
  const votes = ctx.storage.PanelVotes.get(cluster);
  const own = votes.find((one) => equalBytes(one.commit.boot, boot));
  if (own && !equalBytes(own.digest, vote.digest)) {
    equivocated(ctx, own, vote);
    return;
  }
  takeContent(ctx, vote, content);
  if (own === undefined) {
    ctx.storage.PanelVotes.put(cluster, [...votes, vote]);
    ctx.emit.VoteTaken({ cluster, block: block.number, root: vote.commit.newRoot, boot });
  }
  judge(ctx, cluster);
}

function takeContent(
  ctx: StateContext,
  { commit, digest }: Vote,
  content: SignedCommit["content"],
): void {
  const { cluster } = commit;
  if (content === undefined) return;
  const { delta, replies } = content;
  const deltaHash = delta.type === "Blob" ? delta.value.digest : blake2b256(delta.value);
  ensure(
    equalBytes(deltaHash, commit.deltaHash) && equalBytes(repliesRoot(replies), commit.repliesRoot),
    ctx.errors.BadContent,
  );
  ensureFits(ctx, content);
  keepContent(ctx, cluster, digest, content);
}

/** Two signed votes of one boot for one block prove themselves: no panel is needed. */
function equivocated(ctx: StateContext, first: Vote, second: Vote): void {
  const { cluster, block, boot } = second.commit;
  ctx.storage.Equivocations.put(boot, { first, second });
  const kind = { type: "Equivocation", value: undefined } as const;
  keepEvidence(ctx, { kind, cluster, boot, block: block.number });
  ctx.emit.Equivocated({ cluster, block: block.number, boot });
  ctx.config.bonds.slash(ctx, second.identity, EQUIVOCATION_PERMILLE);
  ctx.config.workers.suspend(ctx, second.identity, "Equivocation");
}

/** Votes on the block by present boots in the vote's own epoch; all others are void. */
function presentVotes(
  ctx: StateContext,
  { replicas }: Cluster,
  { commit: { cluster, block, generation, epoch } }: Vote,
): readonly Vote[] {
  const all = ctx.storage.Votes.get(cluster, block.number);
  const present = all.filter(
    ({ commit }) =>
      commit.generation === generation &&
      commit.epoch === epoch &&
      replicas.some(({ boot }) => equalBytes(boot, commit.boot)),
  );
  if (present.length === all.length) return all;
  for (const { digest } of all)
    if (!present.some((one) => equalBytes(one.digest, digest))) dropContent(ctx, cluster, digest);
  return present;
}

/** A commit follows the final root, or the root of a vote on an earlier pending block. */
function follows(ctx: StateContext, { cluster, block, previousRoot }: Commit): boolean {
  const final = ctx.storage.Roots.get(cluster);
  if (final === undefined && equalBytes(previousRoot, NO_ROOT)) {
    const createdAt = ctx.config.clusters.clusterOf(ctx, cluster)?.createdAt;
    return block.number === createdAt?.number;
  }
  if (final && equalBytes(previousRoot, final.root)) return true;
  return ctx.storage.Pending.get(cluster).some(
    (number) =>
      number < block.number &&
      ctx.storage.Votes.get(cluster, number).some(({ commit }) =>
        equalBytes(commit.newRoot, previousRoot),
      ),
  );
}

function addPending(ctx: StateContext, cluster: Uint8Array, number: number): void {
  const pending = ctx.storage.Pending.get(cluster);
  if (pending.includes(number)) return;
  ensure(pending.length < MAX_PENDING_COMMITS, ctx.errors.TooManyPending);
  ctx.storage.Pending.put(
    cluster,
    [...pending, number].sort((a, b) => a - b),
  );
}

/** A vote on a block whose root is final: it agrees, or it is dissent. */
function takeLateVote(ctx: StateContext, vote: Vote): void {
  const { cluster, block } = vote.commit;
  const recent = ctx.storage.RecentFinal.get(cluster);
  const final = recent.find((one) => one.block === block.number);
  ensure(final, ctx.errors.Superseded);
  const { newRoot, boot } = vote.commit;
  const { FinalVotes } = ctx.storage;
  const agreeing = FinalVotes.get(cluster, final.block);
  const own = agreeing.find((one) => equalBytes(one.commit.boot, boot));
  if (!equalBytes(final.digest, vote.digest)) {
    if (own) equivocated(ctx, own, vote);
    else {
      keepDissent(ctx, vote, final);
      conveneOver(ctx, "Dissent", { cluster, block: final.block }, [vote]);
    }
    return;
  }
  if (own === undefined) {
    FinalVotes.put(cluster, final.block, [...agreeing, vote].slice(0, MAX_FINAL_VOTES));
    const newest = ctx.storage.Roots.get(cluster)?.index ?? 0n;
    noteDuty(ctx, vote, newest - BigInt(recent.length - 1 - recent.indexOf(final)));
    checkExecution(ctx, vote);
  }
  ctx.emit.VoteTaken({ cluster, block: block.number, root: newRoot, boot });
}
