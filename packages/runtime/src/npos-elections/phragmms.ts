/**
 * Phragmms: like Phragmén, elects one candidate a round, but takes stake from winners that have more than the score.
 *
 * @see npos §Phragmms
 */
import { BILLION, billionths, minus, saturate, U128_MAX } from "./arithmetic.ts";
import { type Balancing, balance } from "./balance.ts";
import {
  type Ballot,
  type Candidate,
  createGraph,
  type Election,
  electionOf,
  type Graph,
  type Id,
  setWeight,
  type Voter,
} from "./graph.ts";

/** Elects up to `toElect` candidates; those without any stake are not elected. */
export function phragmms<V extends Id, C extends Id>(
  toElect: number,
  candidates: readonly C[],
  ballots: readonly Ballot<V, C>[],
  balancing?: Balancing,
): Election<V, C> {
  const graph = createGraph(candidates, ballots);
  for (let round = 0; round < toElect; round++) {
    const best = bestCandidate(graph);
    if (best === undefined) break;
    applyElected(graph.voters, best);
    best.candidate.elected = true;
    best.candidate.round = round;
    if (balancing) balance(graph.voters, balancing);
  }
  return electionOf(
    graph.candidates.filter(({ elected }) => elected),
    graph.voters,
  );
}

/** A candidate and its score, a fraction. */
export interface Scored<C extends Id> {
  readonly candidate: Candidate<C>;
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * Candidate with the largest score: its approval over one plus, for each of its voters, the parts that the voter
 * makes up of the winners it backs. `undefined` when nobody is left who has any stake.
 */
export function bestCandidate<V extends Id, C extends Id>({
  candidates,
  voters,
}: Graph<V, C>): Scored<C> | undefined {
  const denominators = new Map(candidates.map((candidate) => [candidate, BILLION]));
  for (const { edges } of voters) {
    let parts = 0n;
    for (const { candidate, weight } of edges)
      if (candidate.elected) parts += billionths(weight, candidate.backedStake);
    for (const { candidate } of edges)
      denominators.set(candidate, (denominators.get(candidate) ?? BILLION) + parts);
  }
  let best: Scored<C> | undefined;
  for (const candidate of candidates) {
    if (candidate.elected || candidate.approvalStake === 0n) continue;
    const denominator = denominators.get(candidate) ?? BILLION;
    const numerator = saturate(candidate.approvalStake * BILLION);
    if (best === undefined || numerator * best.denominator > best.numerator * denominator)
      best = { candidate, numerator, denominator };
  }
  return best;
}

/** Gives the winner what its voters have left, and their part of what other winners have above the score. */
export function applyElected<V extends Id, C extends Id>(
  voters: readonly Voter<V, C>[],
  { candidate, numerator, denominator }: Scored<C>,
): void {
  const cutoff = numerator / denominator;
  for (const { budget, edges } of voters) {
    const own = edges.find((edge) => edge.candidate === candidate);
    if (own === undefined) continue;
    const used = edges.reduce((sum, { weight }) => sum + weight, 0n);
    let gained = minus(budget, used);
    for (const edge of edges) {
      const { backedStake } = edge.candidate;
      if (edge === own || edge.weight === 0n || backedStake <= cutoff) continue;
      const product = edge.weight * cutoff;
      const taken = (product > U128_MAX ? U128_MAX : product) / backedStake;
      setWeight(edge, minus(edge.weight, taken));
      gained += taken;
    }
    setWeight(own, saturate(gained));
  }
}
