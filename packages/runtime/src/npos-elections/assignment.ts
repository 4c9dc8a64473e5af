/** How voters' stakes are shared among winners: in billionths, in stake, and seen from the winners. */
import { BILLION, nearestPart, partsOf, saturate } from "./arithmetic.ts";
import type { Id } from "./graph.ts";
import { normalize } from "./normalize.ts";

export type Distribution<C extends Id> = readonly (readonly [target: C, part: bigint])[];

/** Parts are billionths of the voter's stake, unless said otherwise. */
export interface Assignment<V extends Id = Id, C extends Id = V> {
  readonly who: V;
  readonly distribution: Distribution<C>;
}

/** Parts are stake. */
export interface StakedAssignment<V extends Id = Id, C extends Id = V> {
  readonly who: V;
  readonly distribution: Distribution<C>;
}

export interface Support<V extends Id = Id> {
  readonly total: bigint;
  readonly voters: readonly (readonly [who: V, stake: bigint])[];
}

/** Parts that sum up to one, by default billionths. */
export function normalizedAssignment<V extends Id, C extends Id>(
  assignment: Assignment<V, C>,
  one: bigint = BILLION,
): Assignment<V, C> {
  return withSum(assignment, one);
}

/** Stakes that sum up to `stake`. */
export function normalizedStakes<V extends Id, C extends Id>(
  assignment: StakedAssignment<V, C>,
  stake: bigint,
): StakedAssignment<V, C> {
  return withSum(assignment, stake);
}

function withSum<V extends Id, C extends Id>(
  { who, distribution }: StakedAssignment<V, C>,
  sum: bigint,
): StakedAssignment<V, C> {
  const corrected = normalize(
    distribution.map(([, part]) => part),
    sum,
  );
  return { who, distribution: distribution.map(([to], i) => [to, corrected[i] ?? 0n] as const) };
}

/** Parts of `stake` in stake, each to the nearest; the sum may be off by as many as there are targets. */
export function toStaked<V extends Id, C extends Id>(
  { who, distribution }: Assignment<V, C>,
  stake: bigint,
  one: bigint = BILLION,
): StakedAssignment<V, C> {
  return {
    who,
    distribution: distribution
      .filter(([, parts]) => parts > 0n)
      .map(([to, parts]) => [to, nearestPart(parts, stake, one)] as const),
  };
}

/** Stakes as parts of their sum, by default billionths, rounded down; what is less than one part is left out. */
export function toAssignment<V extends Id, C extends Id>(
  { who, distribution }: StakedAssignment<V, C>,
  one: bigint = BILLION,
): Assignment<V, C> {
  const total = distribution.reduce((sum, [, stake]) => saturate(sum + stake), 0n);
  return {
    who,
    distribution: distribution
      .map(([to, stake]) => [to, partsOf(stake, total, one)] as const)
      .filter(([, parts]) => parts > 0n),
  };
}

/** What each target gets, and from whom in the order of the assignments. */
export function supportsOf<V extends Id, C extends Id>(
  assignments: readonly StakedAssignment<V, C>[],
): ReadonlyMap<C, Support<V>> {
  const supports = new Map<C, { total: bigint; readonly voters: (readonly [V, bigint])[] }>();
  for (const { who, distribution } of assignments)
    for (const [target, stake] of distribution) {
      const support = supports.get(target) ?? { total: 0n, voters: [] };
      support.total = saturate(support.total + stake);
      support.voters.push([who, stake]);
      supports.set(target, support);
    }
  return supports;
}
