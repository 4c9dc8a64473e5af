/** Clusters: their creation, their state of service, and how replicas are told of changes. */
import { type AccountId, ensure, refuse } from "@pha/frame";
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
import { declaration, MAX_CLUSTERS, type PhatContext } from "./declaration.ts";

export interface NewCluster {
  readonly owner: AccountId;
  readonly class: ClusterClass;
  /** A majority counts only if it spans two vendors. */
  readonly crossVendor: boolean;
  /** Wanted number of replicas. */
  readonly replication: number;
  /** Fuel that all commands of one block may use. */
  readonly fuelPerBlock: bigint;
}

const PENDING: ClusterStatus = { type: "Pending", value: undefined };

/** @param createdAt newest block whose hash is known: the one before */
export function createCluster(
  ctx: PhatContext,
  { owner, crossVendor, replication, fuelPerBlock, ...rest }: NewCluster,
  createdAt: BlockRef,
): Uint8Array {
  ensureReplication(ctx, replication, crossVendor);
  const list = ctx.storage.ClusterList.get();
  ensure(list.length < MAX_CLUSTERS, ctx.errors.TooManyClusters);
  const cluster = clusterId(list.length + 1);
  const generation = ctx.config.currentGeneration(ctx);
  ctx.storage.Clusters.put(cluster, {
    owner,
    class: rest.class,
    crossVendor,
    replication,
    replicas: [],
    generation,
    epoch: generation > 0n ? FIRST_EPOCH : 0n,
    formers: [],
    status: PENDING,
    createdAt,
    fuelPerBlock,
    panel: undefined,
  });
  ctx.storage.Vacant.put([...ctx.storage.Vacant.get(), cluster]);
  ctx.storage.Rotations.put(cluster, {
    due: ctx.block.number + ctx.config.rotationBlocks,
    wanted: false,
  });
  ctx.storage.ClusterList.put([...list, cluster]);
  ctx.emit.ClusterCreated({ cluster, owner });
  return cluster;
}

/** One vendor alone has no majority that spans two. */
export function ensureReplication(
  ctx: PhatContext,
  replication: number,
  crossVendor: boolean,
): void {
  const least = Math.max(1, ctx.config.assignment.minReplication, crossVendor ? 3 : 1);
  ensure(replication >= least && replication <= MAX_REPLICAS, ctx.errors.BadReplication);
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

/** Refuses what only a serving cluster may take, and says why it does not serve. */
export function ensureLive(ctx: PhatContext, { status }: Cluster): void {
  const reasons = {
    Live: undefined,
    Pending: ctx.errors.ClusterNotLive,
    Late: ctx.errors.ClusterLate,
    Disputed: ctx.errors.ClusterDisputed,
    Halted: ctx.errors.ClusterHalted,
  };
  const reason = reasons[status.type];
  if (reason !== undefined) refuse(reason);
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
    const isVacant = ctx.storage.Vacant.get().some((one) => equalBytes(one, cluster));
    assert(isVacant === replicas.length < replication, "clusters with free seats are listed");
    assert(replicas.length <= replication, "a cluster has no more replicas than wanted");
    for (const { identity } of replicas) {
      const home = ClusterOf.get(identity);
      assert(home && equalBytes(home, cluster), "a replica knows its cluster");
    }
  }
}
