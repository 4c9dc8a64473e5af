/** Sequential Phragmén in exact fractions, the textbook's way: the oracle of the tests. */
import type { Ballot } from "../npos-elections/index.ts";

interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

function reduced(n: bigint, d: bigint): Fraction {
  let [a, b] = [n, d];
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? { n: 0n, d: 1n } : { n: n / a, d: d / a };
}

const plus = (x: Fraction, y: Fraction): Fraction => reduced(x.n * y.d + y.n * x.d, x.d * y.d);

/** Scores of those who are not elected yet, after the given winners, in their order. */
export function exactScores(
  candidates: readonly number[],
  ballots: readonly Ballot<number>[],
  elected: readonly number[],
): ReadonlyMap<number, Fraction> {
  const approval = (candidate: number): bigint =>
    ballots.reduce(
      (sum, { stake, targets }) => (targets.includes(candidate) ? sum + stake : sum),
      0n,
    );
  const loads = new Map<number, Fraction>();
  const scoreOf = (candidate: number): Fraction | undefined => {
    const total = approval(candidate);
    if (total === 0n) return undefined;
    return ballots
      .filter(({ targets }) => targets.includes(candidate))
      .map(({ who, stake }) => {
        const { n, d } = loads.get(who) ?? { n: 0n, d: 1n };
        return { n: n * stake, d: d * total };
      })
      .reduce(plus, { n: 1n, d: total });
  };
  for (const winner of elected) {
    const score = scoreOf(winner);
    if (score === undefined) continue;
    for (const { who, targets } of ballots) if (targets.includes(winner)) loads.set(who, score);
  }
  const scores = new Map<number, Fraction>();
  for (const candidate of candidates) {
    const score = elected.includes(candidate) ? undefined : scoreOf(candidate);
    if (score) scores.set(candidate, score);
  }
  return scores;
}
