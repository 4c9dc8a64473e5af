/**
 * Keys that replicas publish for an epoch, voted on per contract (protocol §3).
 *
 * A sealing key becomes active when a majority of the assigned replicas published the same; a replica that computes
 * another one than the active halts the cluster.
 */
import { blake2b256, isTransportPublicKey } from "@pha/crypto";
import { ensure, linearWeight } from "@pha/frame";
import {
  CLUSTER_ITSELF,
  type Cluster,
  ClusterKeys,
  type EpochName,
  FIRST_EPOCH,
  isSameName,
  KeyRequest,
  keyHolders,
  quorumOf,
  type Replica,
  type SealingKey,
  TOPIC,
} from "@pha/protocol";
import { compareBytes, decode, equalBytes } from "@pha/scale";
import type { MessageHandler, WorkerMessage } from "../phala-mq/index.ts";
import { clusterOf, setStatus } from "./clusters.ts";
import { declaration, MAX_WRAP_BYTES, type PhatContext } from "./declaration.ts";
import { beginGrace, returned } from "./formers.ts";
import type { KeyVote } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

const NO_WRAP = new Uint8Array(32);

/** The record of a cluster in which the sender is, with this boot, a replica, or one of its panel where that may do. */
export function ensureMember(
  ctx: PhatContext,
  cluster: Uint8Array,
  { identity, boot }: WorkerMessage,
  membersOf: (record: Cluster) => readonly Replica[],
): Cluster {
  const record = clusterOf(ctx, cluster);
  const isMember = membersOf(record).some(
    (one) => equalBytes(one.identity, identity) && equalBytes(one.boot, boot),
  );
  ensure(isMember, ctx.errors.NotAssigned);
  return record;
}

/** A replica asks for its cluster's key, present or announced; gatekeepers judge the rest when they release. */
export const keyRequestHandler: MessageHandler = {
  topic: TOPIC.keyRequest,
  weight: () => WEIGHTS.key_request,
  handle(hasEnv, message, forward) {
    const ctx = hasEnv.env.of(declaration);
    const request = decode(KeyRequest, message.payload);
    ensure(request.ok, ctx.errors.MalformedMessage);
    const { purpose, cluster, generation, epoch, boot, transportKey } = request.value;
    const record = ensureMember(ctx, cluster, message, keyHolders);
    ensure(equalBytes(boot, message.boot), ctx.errors.NotAssigned);
    const name = { purpose, generation, epoch };
    const isNamed = isKeyOf(ctx, cluster, record, name) || isAnnounced(ctx, name);
    ensure(isNamed, ctx.errors.StaleEpoch);
    ensure(isTransportPublicKey(transportKey), ctx.errors.MalformedMessage);
    forward();
  },
};

type Named = Pick<KeyRequest, "purpose" | "generation" | "epoch">;

/**
 * The epoch's own key, one that waiting commands were sealed to, or the one that opens the state key as it is wrapped
 * now.
 */
export function isKeyOf(
  ctx: PhatContext,
  cluster: Uint8Array,
  record: Cluster,
  { purpose, generation, epoch }: Named,
): boolean {
  if (generation === 0n) return false;
  const name = { generation, epoch };
  const isNamed = (of: EpochName | undefined) => of !== undefined && isSameName(of, name);
  if (purpose.type === "Wrap") return isNamed(ctx.storage.WrappedStateKeys.get(cluster));
  return isNamed(record) || record.formers.some(isNamed);
}

/** The first epoch of the generation in the making is known before its root is. */
function isAnnounced(ctx: PhatContext, { purpose, generation, epoch }: Named): boolean {
  return (
    purpose.type === "Cluster" &&
    epoch === FIRST_EPOCH &&
    generation === ctx.config.announcedGeneration(ctx)
  );
}

export const clusterKeysHandler: MessageHandler = {
  topic: TOPIC.clusterKeys,
  weight: (bytes) => linearWeight(WEIGHTS.cluster_keys, WEIGHTS.cluster_keys_per_byte, bytes),
  handle(hasEnv, message) {
    const ctx = hasEnv.env.of(declaration);
    const decoded = decode(ClusterKeys, message.payload);
    ensure(decoded.ok, ctx.errors.MalformedMessage);
    const keys = decoded.value;
    const record = ensureMember(ctx, keys.cluster, message, ({ replicas }) => replicas);
    const { generation, epoch } = keys;
    ensure(
      generation > 0n && record.generation === generation && record.epoch === epoch,
      ctx.errors.StaleEpoch,
    );
    const { newest, oldest } = ctx.storage.StateKeys.get(keys.cluster);
    const { versions } = keys;
    ensure(versions.newest === newest && versions.oldest === oldest, ctx.errors.StaleEpoch);
    ensure(keys.wrappedStateKey.length <= MAX_WRAP_BYTES, ctx.errors.MalformedMessage);
    ensureOwnContracts(ctx, keys);
    const { identity, boot } = message;
    const vote = { identity, boot, generation, epoch };
    takeClusterVote(ctx, record, keys, {
      ...vote,
      key: keys.signingKey,
      wrapHash: blake2b256(keys.wrappedStateKey),
    });
    for (const { contract, key } of keys.sealingKeys)
      takeSealingVote(ctx, record, keys.cluster, contract, { ...vote, key, wrapHash: NO_WRAP });
  },
};

function ensureOwnContracts(ctx: PhatContext, { cluster, sealingKeys }: ClusterKeys): void {
  let before: Uint8Array = CLUSTER_ITSELF;
  for (const { contract } of sealingKeys) {
    ensure(compareBytes(before, contract) < 0, ctx.errors.ForeignContract);
    const home = ctx.storage.Contracts.get(contract)?.cluster;
    ensure(home && equalBytes(home, cluster), ctx.errors.ForeignContract);
    before = contract;
  }
}

function takeClusterVote(
  ctx: PhatContext,
  record: Cluster,
  { cluster, generation, epoch, signingKey, versions, wrappedStateKey }: ClusterKeys,
  vote: KeyVote,
): void {
  const votes = recordVote(ctx, record, cluster, CLUSTER_ITSELF, vote);
  const agreed = ctx.storage.ClusterSigningKeys.get(cluster);
  // The signing key lives in the encrypted state: it outlasts epochs.
  if (agreed && !equalBytes(agreed, signingKey)) {
    disagree(ctx, cluster, vote);
    return;
  }
  if (!isAgreed(ctx, record, cluster, vote, votes)) return;
  const wrapped = ctx.storage.WrappedStateKeys.get(cluster);
  if (agreed && wrapped && equalBytes(wrapped.wrapped, wrappedStateKey)) return;
  ctx.storage.ClusterSigningKeys.put(cluster, signingKey);
  const { newest: version } = versions;
  const wrap = { generation, epoch, version, wrapped: wrappedStateKey };
  ctx.storage.WrappedStateKeys.put(cluster, wrap);
  ctx.emit.ClusterKeysAgreed({ cluster, generation, epoch });
  beginGrace(ctx, cluster);
  if (wrapped && wrapped.generation < generation) {
    if (ctx.storage.GivenUp.has(cluster)) returned(ctx, cluster, generation);
    else ctx.config.handedOver(ctx, cluster);
  }
  ctx.config.commits.keysAgreed(ctx, cluster);
}

function takeSealingVote(
  ctx: PhatContext,
  record: Cluster,
  cluster: Uint8Array,
  contract: Uint8Array,
  vote: KeyVote,
): void {
  const { generation, epoch, key } = vote;
  const votes = recordVote(ctx, record, cluster, contract, vote);
  const keys = ctx.storage.SealingKeys.get(contract);
  const active = keys.find((one) => one.generation === generation && one.epoch === epoch);
  if (active && !equalBytes(active.key, key)) {
    disagree(ctx, cluster, vote);
    return;
  }
  const signers = votes.filter((one) => equalBytes(one.key, key)).length;
  if (active) {
    const counted = keys.map((one) => (one === active ? { ...one, signers } : one));
    ctx.storage.SealingKeys.put(contract, counted);
    return;
  }
  if (!isAgreed(ctx, record, cluster, vote, votes)) return;
  const { number } = ctx.block;
  const next: SealingKey = { generation, epoch, key, from: number, until: undefined, signers };
  const ending = keys.map((one) => ({
    ...one,
    until: one.until ?? number + ctx.config.sealingGrace,
  }));
  ctx.storage.SealingKeys.put(contract, [...ending, next].slice(-3));
  ctx.emit.SealingKeyActive({ contract, generation, epoch, key });
}

/** Votes of the present epoch by present boots, this one included; the latest of a boot counts. */
function recordVote(
  ctx: PhatContext,
  record: Cluster,
  cluster: Uint8Array,
  contract: Uint8Array,
  vote: KeyVote,
): readonly KeyVote[] {
  const others = ctx.storage.KeyVotes.get(cluster, contract).filter(
    (one) =>
      one.generation === vote.generation &&
      one.epoch === vote.epoch &&
      !equalBytes(one.identity, vote.identity) &&
      record.replicas.some(({ boot }) => equalBytes(boot, one.boot)),
  );
  const votes = [...others, vote];
  ctx.storage.KeyVotes.put(cluster, contract, votes);
  return votes;
}

/** Whether a majority of the seats agrees with the vote; halts the cluster when no majority is possible any more. */
function isAgreed(
  ctx: PhatContext,
  record: Cluster,
  cluster: Uint8Array,
  vote: KeyVote,
  votes: readonly KeyVote[],
): boolean {
  const seats = Math.max(record.replication, record.replicas.length);
  const quorum = quorumOf(seats);
  const same = (a: KeyVote, b: KeyVote) =>
    equalBytes(a.key, b.key) && equalBytes(a.wrapHash, b.wrapHash);
  if (votes.filter((one) => same(one, vote)).length >= quorum) return true;
  const most = Math.max(...votes.map((a) => votes.filter((b) => same(a, b)).length));
  if (most + seats - votes.length < quorum) disagree(ctx, cluster, vote);
  return false;
}

function disagree(ctx: PhatContext, cluster: Uint8Array, { identity }: KeyVote): void {
  ctx.emit.KeysDisagree({ cluster, worker: identity });
  setStatus(ctx, cluster, "Halted");
}
