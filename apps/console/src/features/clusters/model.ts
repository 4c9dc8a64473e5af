import type { ClusterReading, VoteRound } from "../../chain/core/clusters.ts";
import type { CsvValue } from "../../format/export.ts";

export const CLUSTER_COLUMNS = [
  "id",
  "status",
  "class",
  "replicas",
  "quorum",
  "generation",
  "epoch",
  "contracts",
  "root",
  "root_block",
  "root_index",
  "commands",
] as const;

export function clusterCells(cluster: ClusterReading): readonly CsvValue[] {
  const { id, status, replicas, quorum, generation, epoch, contracts, root, commands } = cluster;
  return [
    id,
    status,
    cluster.class,
    replicas.length,
    quorum,
    generation,
    epoch,
    contracts.length,
    root?.root,
    root?.block,
    root?.index,
    commands.queued,
  ];
}

/** How a replica stands to a root: whoever has no seat any more may have voted all the same. */
export type Ballot = "agrees" | "differs" | "voted" | "missing";

export interface BallotRow {
  readonly block: number;
  readonly root: string | undefined;
  /** By the order of the replicas. */
  readonly ballots: readonly Ballot[];
  readonly agreed: number;
}

export function ballotsOf(
  rounds: readonly VoteRound[],
  replicas: readonly string[],
): readonly BallotRow[] {
  return rounds.map(({ block, root, votes }) => {
    const ballots = replicas.map((identity): Ballot => {
      const vote = votes.find((one) => one.identity === identity);
      if (vote === undefined) return "missing";
      if (vote.agrees === undefined) return "voted";
      return vote.agrees ? "agrees" : "differs";
    });
    return { block, root, ballots, agreed: votes.filter(({ agrees }) => agrees).length };
  });
}
