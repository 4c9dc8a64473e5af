/** Clusters as the chain proves them: seats, keys by name, roots, and who voted for which. */
import { quorumOf, STORAGE } from "@pha/protocol";
import { equalBytes, PhaError, toHex } from "@pha/scale";
import type { Client } from "@pha/sdk";
import type { SealedFacts } from "../sealed.ts";
import { addressText } from "./account-record.ts";
import { type ItemReader, readItems } from "./items.ts";
import { sealedFacts } from "./sealed.ts";

export interface ClusterReading {
  /** In hex, as all keys, ids and roots. */
  readonly id: string;
  readonly status: string;
  readonly class: string;
  readonly crossVendor: boolean;
  /** Address. */
  readonly owner: string;
  readonly createdAt: number;
  readonly replication: number;
  readonly quorum: number;
  readonly replicas: readonly { readonly identity: string; readonly boot: string }[];
  readonly generation: number;
  readonly epoch: number;
  readonly contracts: readonly string[];
  readonly root:
    | { readonly root: string; readonly block: number; readonly index: number }
    | undefined;
  /** Blocks with commands whose root is not final. */
  readonly waiting: readonly number[];
  readonly lastFinalAt: number;
  readonly commands: { readonly queued: number; readonly final: number };
  /** Workers that execute a block again. */
  readonly panel: number;
}

export interface ClustersReading {
  readonly clusters: readonly ClusterReading[];
  readonly block: number;
}

export async function listClusters(client: Client): Promise<ClustersReading> {
  const items = await readItems(client);
  const ids = (await items.value<readonly Uint8Array[]>("PhalaPhatContracts", "ClusterList")) ?? [];
  return { clusters: await readClusters(items, ids), block: items.block.number };
}

/** Votes of one block's execution. */
export interface VoteRound {
  readonly block: number;
  /** Of the final commit; absent while none is. */
  readonly root: string | undefined;
  readonly votes: readonly {
    readonly identity: string;
    readonly root: string;
    /** Absent while no root is final. */
    readonly agrees: boolean | undefined;
  }[];
}

export interface ClusterDetail extends ClusterReading {
  readonly at: number;
  /** Newest first. */
  readonly rounds: readonly VoteRound[];
  /** Newest change of state, as everybody holds it; absent when it is a blob or was let go. */
  readonly delta: SealedFacts | undefined;
  readonly snapshot:
    | { readonly block: number; readonly index: number; readonly chunks: number }
    | undefined;
}

const SHOWN_ROUNDS = 12;

/** @throws PhaError `cluster/unknown` */
export async function readCluster(client: Client, id: Uint8Array): Promise<ClusterDetail> {
  const items = await readItems(client);
  const [cluster] = await readClusters(items, [id]);
  if (cluster === undefined)
    throw new PhaError("cluster/unknown", "the chain has no such cluster", {
      facts: { cluster: toHex(id) },
      hint: "Check the id and the network.",
    });
  const [recent, pending, snapshot, step] = await Promise.all([
    items.value<readonly FinalCommit[]>("PhaContractState", "RecentFinal", id),
    items.value<readonly number[]>("PhaContractState", "Pending", id),
    items.value<SnapshotRecord>("PhaContractState", "Snapshots", id),
    cluster.root === undefined
      ? undefined
      : client.chain.read(
          { key: STORAGE.step.key(id, BigInt(cluster.root.index)), value: STORAGE.step.value },
          items.block,
        ),
  ]);
  const final = [...(recent ?? [])].sort((a, b) => b.block - a.block).slice(0, SHOWN_ROUNDS);
  const open = [...(pending ?? [])].sort((a, b) => b - a);
  const [finalVotes, openVotes] = await Promise.all([
    items.values<readonly Vote[]>(
      "PhaContractState",
      "FinalVotes",
      final.map(({ block }) => [id, block]),
    ),
    items.values<readonly Vote[]>(
      "PhaContractState",
      "Votes",
      open.map((block) => [id, block]),
    ),
  ]);
  const rounds = [
    ...open.map((block, i) => roundOf(block, openVotes[i] ?? [], undefined)),
    ...final.map(({ block, digest }, i) => roundOf(block, finalVotes[i] ?? [], digest)),
  ];
  return {
    ...cluster,
    at: items.block.number,
    rounds,
    delta: step?.delta.type === "OnChain" ? sealedFacts(step.delta.value) : undefined,
    snapshot: snapshot && {
      block: snapshot.block.number,
      index: Number(snapshot.index),
      chunks: snapshot.chunks,
    },
  };
}

function roundOf(block: number, votes: readonly Vote[], digest: Uint8Array | undefined): VoteRound {
  const agrees = (vote: Vote): boolean | undefined =>
    digest === undefined ? undefined : equalBytes(vote.digest, digest);
  const winner = votes.find((vote) => agrees(vote) === true);
  return {
    block,
    root: winner && toHex(winner.commit.new_root),
    votes: votes.map((vote) => ({
      identity: toHex(vote.identity),
      root: toHex(vote.commit.new_root),
      agrees: agrees(vote),
    })),
  };
}

async function readClusters(
  items: ItemReader,
  ids: readonly Uint8Array[],
): Promise<readonly ClusterReading[]> {
  const keys = ids.map((id) => [id] as const);
  const [records, contracts, roots, progress, counts] = await Promise.all([
    items.values<ClusterRecord>("PhalaPhatContracts", "Clusters", keys),
    items.values<readonly Uint8Array[]>("PhalaPhatContracts", "ClusterContracts", keys),
    items.values<RootRecord>("PhaContractState", "Roots", keys),
    items.values<ProgressRecord>("PhaContractState", "Progress", keys),
    items.values<CountRecord>("PhalaPhatContracts", "CommandCounts", keys),
  ]);
  return ids.flatMap((id, i) => {
    const record = records[i];
    if (record === undefined) return [];
    const [root, counted] = [roots[i], counts[i]];
    return [
      {
        id: toHex(id),
        status: record.status.type,
        class: record.class.type,
        crossVendor: record.cross_vendor,
        owner: addressText(record.owner),
        createdAt: record.created_at.number,
        replication: record.replication,
        quorum: quorumOf(record.replicas.length),
        replicas: record.replicas.map(({ identity, boot }) => ({
          identity: toHex(identity),
          boot: toHex(boot),
        })),
        generation: Number(record.generation),
        epoch: Number(record.epoch),
        contracts: (contracts[i] ?? []).map((address) => toHex(address)),
        root: root && {
          root: toHex(root.root),
          block: root.block.number,
          index: Number(root.index),
        },
        waiting: progress[i]?.waiting ?? [],
        lastFinalAt: progress[i]?.last_final_at ?? 0,
        commands: { queued: Number(counted?.queued ?? 0n), final: Number(counted?.final ?? 0n) },
        panel: record.panel?.members.length ?? 0,
      } satisfies ClusterReading,
    ];
  });
}

interface ClusterRecord {
  readonly owner: Uint8Array;
  readonly class: { readonly type: string };
  readonly cross_vendor: boolean;
  readonly replication: number;
  readonly replicas: readonly { readonly identity: Uint8Array; readonly boot: Uint8Array }[];
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly status: { readonly type: string };
  readonly created_at: { readonly number: number };
  readonly panel: { readonly members: readonly unknown[] } | undefined;
}

interface RootRecord {
  readonly block: { readonly number: number };
  readonly root: Uint8Array;
  readonly index: bigint;
}

interface ProgressRecord {
  readonly waiting: readonly number[];
  readonly last_final_at: number;
}

interface CountRecord {
  readonly queued: bigint;
  readonly final: bigint;
}

interface FinalCommit {
  readonly block: number;
  readonly digest: Uint8Array;
}

interface Vote {
  readonly identity: Uint8Array;
  readonly digest: Uint8Array;
  readonly commit: { readonly new_root: Uint8Array };
}

interface SnapshotRecord {
  readonly index: bigint;
  readonly block: { readonly number: number };
  readonly chunks: number;
}
