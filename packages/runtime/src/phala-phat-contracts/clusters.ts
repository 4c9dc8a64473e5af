/**
 * Clusters: their creation, their replicas and how they are told of changes.
 *
 * A worker is a replica of at most one cluster. A new boot of a replica takes its seat at once; the epoch stays.
 */
import { type AccountId, ensure } from "@pha/frame";
import {
  type BlockRef,
  type Cluster,
  type ClusterClass,
  ClusterEvent,
  type ClusterStatus,
  FIRST_EPOCH,
  isSameName,
  MAX_REPLICAS,
  TOPIC,
} from "@pha/protocol";
import { assert, encode, equalBytes } from "@pha/scale";
import { palletOrigin } from "../phala-mq/index.ts";
import type { BootChange } from "../phala-registry/index.ts";
import { declaration, MAX_CLUSTERS, type PhatContext } from "./declaration.ts";

export interface NewCluster {
  readonly owner: AccountId;
  readonly class: ClusterClass;
  /** Wanted number of replicas. */
  readonly replication: number;
  /** Fuel that all commands of one block may use. */
  readonly fuelPerBlock: bigint;
}

const PENDING: ClusterStatus = { type: "Pending", value: undefined };

/** @param createdAt newest block whose hash is known: the one before */
export function createCluster(
  ctx: PhatContext,
  { owner, replication, fuelPerBlock, ...rest }: NewCluster,
  createdAt: BlockRef,
): Uint8Array {
  ensure(replication >= 1 && replication <= MAX_REPLICAS, ctx.errors.BadReplication);
  const list = ctx.storage.ClusterList.get();
  ensure(list.length < MAX_CLUSTERS, ctx.errors.TooManyClusters);
  const cluster = clusterId(list.length + 1);
  const generation = ctx.config.currentGeneration(ctx);
  ctx.storage.Clusters.put(cluster, {
    owner,
    class: rest.class,
    replication,
    replicas: [],
    generation,
    epoch: generation > 0n ? FIRST_EPOCH : 0n,
    formers: [],
    status: PENDING,
    createdAt,
    fuelPerBlock,
  });
  ctx.storage.ClusterList.put([...list, cluster]);
  ctx.emit.ClusterCreated({ cluster, owner });
  return cluster;
}

/** Counter as the original writes it: big-endian in the last bytes. */
export function clusterId(counter: number): Uint8Array {
  const id = new Uint8Array(32);
  new DataView(id.buffer).setUint32(28, counter);
  return id;
}

/** Genesis cannot know its own hash; the first block writes it into the clusters born there. */
export function nameGenesis(ctx: PhatContext): void {
  for (const cluster of ctx.storage.ClusterList.get()) {
    const record = clusterOf(ctx, cluster);
    ctx.storage.Clusters.put(cluster, {
      ...record,
      createdAt: { number: 0, hash: ctx.block.parentHash },
    });
  }
}

export function clusterOf(ctx: PhatContext, cluster: Uint8Array): Cluster {
  const record = ctx.storage.Clusters.get(cluster);
  ensure(record, ctx.errors.UnknownCluster);
  return record;
}

/** Stores a change of membership or epoch and tells the replicas. */
export function putChanged(ctx: PhatContext, cluster: Uint8Array, record: Cluster): void {
  ctx.storage.Clusters.put(cluster, record);
  tell(ctx, { type: "Changed", value: { cluster, record } });
}

export function tell(ctx: PhatContext, event: ClusterEvent): void {
  const sender = palletOrigin(declaration.name);
  ctx.config.queue.push(ctx, sender, TOPIC.cluster, encode(ClusterEvent, event));
}

/** Gives a new boot its replica's seat, or a new worker a free one where seats are given so. */
export function workerRegistered(
  ctx: PhatContext,
  { registration, previousBoot }: BootChange,
): void {
  const { identity, boot, role } = registration;
  if (role.type !== "Worker") return;
  const assigned = ctx.storage.ClusterOf.get(identity);
  if (assigned) {
    if (previousBoot && equalBytes(previousBoot, boot)) return;
    const record = clusterOf(ctx, assigned);
    const replicas = record.replicas.map((one) =>
      equalBytes(one.identity, identity) ? { identity, boot } : one,
    );
    ctx.emit.ReplicaRestarted({ cluster: assigned, worker: identity });
    putChanged(ctx, assigned, { ...record, replicas });
    return;
  }
  const free = ctx.storage.AutoAssigned.get().find((cluster) =>
    hasFreeSeat(clusterOf(ctx, cluster)),
  );
  if (free) assign(ctx, free, identity, boot);
}

function hasFreeSeat({ replicas, replication }: Cluster): boolean {
  return replicas.length < replication;
}

export function assign(
  ctx: PhatContext,
  cluster: Uint8Array,
  identity: Uint8Array,
  boot: Uint8Array,
): void {
  const record = clusterOf(ctx, cluster);
  ensure(hasFreeSeat(record), ctx.errors.NoFreeSeat);
  ctx.storage.ClusterOf.put(identity, cluster);
  ctx.emit.WorkerAssigned({ cluster, worker: identity });
  putChanged(ctx, cluster, { ...record, replicas: [...record.replicas, { identity, boot }] });
}

export function setStatus(
  ctx: PhatContext,
  cluster: Uint8Array,
  type: ClusterStatus["type"],
): void {
  const record = clusterOf(ctx, cluster);
  if (record.status.type === type) return;
  const status: ClusterStatus = { type, value: undefined };
  ctx.storage.Clusters.put(cluster, { ...record, status });
  ctx.emit.StatusChanged({ cluster, status });
}

/** Invariants: contracts and replicas know the cluster that knows them. */
export function assertConsistent(ctx: PhatContext): void {
  const { ClusterList, ClusterContracts, Contracts, Codes, ClusterOf } = ctx.storage;
  const { Formers, CommandCounts } = ctx.storage;
  for (const cluster of ClusterList.get()) {
    const counts = CommandCounts.get(cluster);
    assert(counts === undefined || counts.final <= counts.queued, "what is final was queued");
    const open = Formers.get().filter((one) => equalBytes(one.cluster, cluster));
    const { formers } = clusterOf(ctx, cluster);
    assert(
      open.length === formers.length &&
        formers.every((former) => open.some((one) => isSameName(one, former))),
      "a cluster's record names its former keys",
    );
    for (const id of ClusterContracts.get(cluster)) {
      const contract = Contracts.get(id);
      assert(contract && equalBytes(contract.cluster, cluster), "a contract knows its cluster");
      assert(Codes.has(contract.codeHash), "the code of a contract is stored");
    }
    const { replicas, replication } = clusterOf(ctx, cluster);
    assert(replicas.length <= replication, "a cluster has no more replicas than wanted");
    for (const { identity } of replicas) {
      const home = ClusterOf.get(identity);
      assert(home && equalBytes(home, cluster), "a replica knows its cluster");
    }
  }
}
