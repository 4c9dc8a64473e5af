/** Voters, candidates and the edges between them, on which the methods of election work in place. */
import { assert } from "@pha/scale";
import { billionths, minus, saturate, U64_MAX } from "./arithmetic.ts";
import { type Assignment, normalizedAssignment } from "./assignment.ts";
import { normalize } from "./normalize.ts";

/** Names a voter or a candidate. */
export type Id = string | number;

/** What a voter wants. Targets that are no candidates, and repetitions, are left out. */
export interface Ballot<V extends Id = Id, C extends Id = V> {
  readonly who: V;
  /** u64. */
  readonly stake: bigint;
  readonly targets: readonly C[];
}

export interface Candidate<C extends Id> {
  readonly who: C;
  /** Stake of all who voted for the candidate. */
  approvalStake: bigint;
  /** Part of it that the candidate got. */
  backedStake: bigint;
  elected: boolean;
  /** Round of the election, when elected. */
  round: number;
}

export interface Edge<C extends Id> {
  readonly candidate: Candidate<C>;
  /** Stake that the voter gives the candidate. */
  weight: bigint;
}

export interface Voter<V extends Id, C extends Id> {
  readonly who: V;
  readonly budget: bigint;
  edges: Edge<C>[];
}

export interface Graph<V extends Id, C extends Id> {
  /** In the order given. */
  readonly candidates: readonly Candidate<C>[];
  /** In the order given; without those who vote for no candidate. */
  readonly voters: readonly Voter<V, C>[];
}

export interface Winner<C extends Id> {
  readonly who: C;
  readonly backedStake: bigint;
  readonly round: number;
}

export interface Election<V extends Id = Id, C extends Id = V> {
  /** In the order in which they were elected. */
  readonly winners: readonly Winner<C>[];
  /** How each voter's stake is shared among winners; voters without a winner are left out. */
  readonly assignments: readonly Assignment<V, C>[];
}

export function createGraph<V extends Id, C extends Id>(
  candidates: readonly C[],
  ballots: readonly Ballot<V, C>[],
): Graph<V, C> {
  const byName = new Map<C, Candidate<C>>();
  for (const who of candidates)
    byName.set(who, { who, approvalStake: 0n, backedStake: 0n, elected: false, round: 0 });
  assert(byName.size === candidates.length, "candidates are named once");
  const voters: Voter<V, C>[] = [];
  for (const { who, stake, targets } of ballots) {
    assert(stake >= 0n && stake <= U64_MAX, "a stake in votes fits u64");
    const edges: Edge<C>[] = [];
    for (const target of new Set(targets)) {
      const candidate = byName.get(target);
      if (candidate === undefined) continue;
      candidate.approvalStake = saturate(candidate.approvalStake + stake);
      edges.push({ candidate, weight: 0n });
    }
    if (edges.length > 0) voters.push({ who, budget: stake, edges });
  }
  return { candidates: [...byName.values()], voters };
}

/** Corrects the weights of the voter's elected candidates so that they sum up to the budget. */
export function normalizeElected<V extends Id, C extends Id>(voter: Voter<V, C>): void {
  const elected = voter.edges.filter(({ candidate }) => candidate.elected);
  const corrected = normalize(
    elected.map(({ weight }) => weight),
    voter.budget,
  );
  elected.forEach((edge, i) => {
    setWeight(edge, corrected[i] ?? 0n);
  });
}

/** Gives an edge another weight; the candidate's backing follows. */
export function setWeight<C extends Id>(edge: Edge<C>, weight: bigint): void {
  const { candidate } = edge;
  candidate.backedStake = saturate(minus(candidate.backedStake, edge.weight) + weight);
  edge.weight = weight;
}

/** Result of an election that ended. */
export function electionOf<V extends Id, C extends Id>(
  elected: readonly Candidate<C>[],
  voters: readonly Voter<V, C>[],
): Election<V, C> {
  return {
    winners: elected
      .map(({ who, backedStake, round }) => ({ who, backedStake, round }))
      .sort((a, b) => a.round - b.round),
    assignments: voters.flatMap(({ who, budget, edges }) => {
      const distribution = edges
        .filter(({ weight }) => weight > 0n)
        .map(({ candidate, weight }) => [candidate.who, billionths(weight, budget)] as const)
        .filter(([, parts]) => parts > 0n);
      return distribution.length > 0 ? [normalizedAssignment({ who, distribution })] : [];
    }),
  };
}
