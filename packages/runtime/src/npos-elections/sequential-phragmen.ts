/**
 * Sequential Phragmén: elects one candidate a round, the one whose election loads its voters least.
 *
 * A voter's *load* grows with every winner it voted for. The *score* of a candidate is the load its voters would
 * have afterwards, if what it costs were shared among them by stake:
 * `1 / approval + Σ load · budget / approval`. The least score wins; equal ones by position. In the end a voter's
 * budget is shared among its winners in the ratio of what each added to its load.
 *
 * Loads are fractions over 2¹²⁸ − 1, each term rounded down, because the reference counts so: exact fractions would
 * elect others where scores differ in the last bit.
 *
 * **Bounds.** O(candidates · rounds + Σ over elected edges of the voter's edges): a term is computed again only when
 * the voter's load changed.
 * **Trust.** Ballots are of the chain's own snapshot. Stakes are u64.
 * **Not here.** Who may vote and be elected: the pallets ElectionProvider and Staking.
 *
 * @see npos §Sequential Phragmén
 */
import { minus, multiplyByRational, saturate, U128_MAX } from "./arithmetic.ts";
import { type Balancing, balance } from "./balance.ts";
import {
  type Ballot,
  type Candidate,
  createGraph,
  type Edge,
  type Election,
  electionOf,
  type Graph,
  type Id,
  normalizeElected,
  type Voter,
} from "./graph.ts";

/** Denominator of scores and loads. */
const DENOMINATOR = U128_MAX;
/** Score of a candidate nobody stakes on: above all others. */
const INFINITE = DENOMINATOR + 1n;

/**
 * Elects up to `toElect` candidates; fewer when there are fewer. Candidates without any stake are elected last.
 */
export function sequentialPhragmen<V extends Id, C extends Id>(
  toElect: number,
  candidates: readonly C[],
  ballots: readonly Ballot<V, C>[],
  balancing?: Balancing,
): Election<V, C> {
  const graph = createGraph(candidates, ballots);
  electSequentially(toElect, graph);
  if (balancing) balance(graph.voters, balancing);
  return electionOf(
    graph.candidates.filter(({ elected }) => elected),
    graph.voters,
  );
}

interface EdgeState<C extends Id> {
  readonly edge: Edge<C>;
  readonly to: CandidateState<C>;
  /** Part of the voter's load that the candidate caused. */
  load: bigint;
  /** Term of the candidate's score. */
  term: bigint;
}

interface VoterState<C extends Id> {
  readonly budget: bigint;
  readonly edges: readonly EdgeState<C>[];
  load: bigint;
}

interface CandidateState<C extends Id> {
  readonly candidate: Candidate<C>;
  readonly backers: (readonly [VoterState<C>, EdgeState<C>])[];
  /** 1 / approval. */
  readonly base: bigint;
  terms: bigint;
}

/** The election itself: marks the elected and weighs edges. Edges without weight are removed. */
export function electSequentially<V extends Id, C extends Id>(
  toElect: number,
  { candidates, voters }: Graph<V, C>,
): void {
  const states = candidates.map((candidate): CandidateState<C> => {
    const { approvalStake } = candidate;
    const base = approvalStake === 0n ? INFINITE : DENOMINATOR / approvalStake;
    return { candidate, backers: [], base, terms: 0n };
  });
  const loads = connect(voters, states);
  const rounds = Math.min(toElect, candidates.length);
  for (let round = 0; round < rounds; round++) {
    const winner = leastLoading(states);
    if (winner === undefined) break;
    winner.candidate.elected = true;
    winner.candidate.round = round;
    const load = saturate(scoreOfCandidate(winner));
    for (const [voter, edge] of winner.backers) {
      edge.load = minus(load, voter.load);
      voter.load = load;
      updateTerms(voter);
    }
  }
  voters.forEach((voter, i) => {
    const state = loads[i];
    if (state !== undefined) weigh(voter, state);
  });
}

/** States of the voters, in their order, known to the candidates they vote for. */
function connect<V extends Id, C extends Id>(
  voters: readonly Voter<V, C>[],
  states: readonly CandidateState<C>[],
): readonly VoterState<C>[] {
  const byCandidate = new Map(states.map((state) => [state.candidate, state]));
  return voters.map(({ budget, edges }) => {
    const voter: VoterState<C> = {
      budget,
      edges: edges.flatMap((edge) => {
        const to = byCandidate.get(edge.candidate);
        return to ? [{ edge, to, load: 0n, term: 0n }] : [];
      }),
      load: 0n,
    };
    for (const edge of voter.edges) edge.to.backers.push([voter, edge]);
    return voter;
  });
}

function scoreOfCandidate<C extends Id>({ base, terms }: CandidateState<C>): bigint {
  if (base === INFINITE) return INFINITE;
  const score = base + terms;
  return score > DENOMINATOR ? DENOMINATOR : score;
}

function leastLoading<C extends Id>(
  states: readonly CandidateState<C>[],
): CandidateState<C> | undefined {
  let best: CandidateState<C> | undefined;
  let least = INFINITE;
  for (const state of states) {
    if (state.candidate.elected) continue;
    const score = scoreOfCandidate(state);
    if (best === undefined || score < least) {
      best = state;
      least = score;
    }
  }
  return best;
}

/** After its load changed, the voter counts more in the scores of all others it voted for. */
function updateTerms<C extends Id>(voter: VoterState<C>): void {
  const cost = voter.load * voter.budget;
  for (const edge of voter.edges) {
    const { approvalStake, elected } = edge.to.candidate;
    if (elected || approvalStake === 0n) continue;
    const term = saturate(cost / approvalStake);
    edge.to.terms += term - edge.term;
    edge.term = term;
  }
}

/** Shares the voter's budget among its winners. */
function weigh<V extends Id, C extends Id>(voter: Voter<V, C>, state: VoterState<C>): void {
  for (const { edge, load } of state.edges) {
    const { candidate } = edge;
    if (!candidate.elected) continue;
    edge.weight = multiplyByRational(voter.budget, load, state.load);
    candidate.backedStake = saturate(candidate.backedStake + edge.weight);
  }
  voter.edges = voter.edges.filter(({ weight }) => weight > 0n);
  normalizeElected(voter);
}
