/** How many votes decide, and of whom (protocol §6). */
import { type Cluster, quorumOf } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import type { StateContext } from "./declaration.ts";
import type { Vote } from "./types.ts";

/** Seats count, taken or not: a cluster that is being filled cannot be decided by its first replica. */
export function seats({ replication, replicas }: Cluster): number {
  return Math.max(replication, replicas.length);
}

export function quorum(record: Cluster): number {
  return quorumOf(seats(record));
}

export function votesFor(votes: readonly Vote[], digest: Uint8Array): readonly Vote[] {
  return votes.filter((one) => equalBytes(one.digest, digest));
}

/** Whether these equal votes are a majority, of two vendors where the cluster demands that. */
export function isMajority(ctx: StateContext, record: Cluster, equal: readonly Vote[]): boolean {
  if (equal.length < quorum(record)) return false;
  return !record.crossVendor || vendorsOf(ctx, equal).size >= 2;
}

export function vendorsOf(
  ctx: StateContext,
  voters: readonly { readonly identity: Uint8Array }[],
): ReadonlySet<string> {
  const vendors = voters.map(({ identity }) => ctx.config.workers.vendorOf(ctx, identity));
  return new Set(vendors.filter((vendor) => vendor !== undefined));
}

/** Two thirds of a panel, rounded up: of all its members, not of those that spoke. */
export function verdictOf(members: number): number {
  return Math.ceil((2 * members) / 3);
}

/** Votes by present boots, in the present epoch, under the agreed signing key. */
export function countedVotes(
  ctx: StateContext,
  cluster: Uint8Array,
  { replicas, generation, epoch }: Cluster,
  number: number,
): readonly Vote[] {
  const agreed = ctx.config.clusters.signingKeyOf(ctx, cluster);
  // Nobody could open a step whose key is not wrapped.
  const isWrapped = ctx.config.clusters.stateKeyVersion(ctx, cluster) !== undefined;
  if (agreed === undefined || !isWrapped) return [];
  return ctx.storage.Votes.get(cluster, number).filter(
    ({ commit, signingKey }) =>
      commit.generation === generation &&
      commit.epoch === epoch &&
      equalBytes(signingKey, agreed) &&
      replicas.some(({ boot }) => equalBytes(boot, commit.boot)),
  );
}

/** Votes on the oldest pending block when no commit can have a majority of the seats any more. */
export function hopelessVotes(
  ctx: StateContext,
  record: Cluster,
  cluster: Uint8Array,
): readonly Vote[] | undefined {
  const [oldest] = ctx.storage.Pending.get(cluster);
  if (oldest === undefined) return undefined;
  const votes = countedVotes(ctx, cluster, record, oldest);
  if (votes.length === 0) return undefined;
  const most = Math.max(...votes.map(({ digest }) => votesFor(votes, digest).length));
  return most + seats(record) - votes.length >= quorum(record) ? undefined : votes;
}
