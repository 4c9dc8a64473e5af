import fc from "fast-check";
import { expect, test } from "vitest";
import { exactScores } from "../testing/exact-phragmen.ts";
import { BILLION, U64_MAX, U128_MAX } from "./arithmetic.ts";
import { createGraph } from "./graph.ts";
import { electSequentially, phragmms, sequentialPhragmen } from "./index.ts";

const ballots = (stake: bigint) =>
  fc
    .array(
      fc.record({
        stake: fc.bigInt({ min: 0n, max: stake }),
        targets: fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 5 }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map((list) => list.map((ballot, i) => ({ who: 100 + i, ...ballot })));

const CANDIDATES = [1, 2, 3, 4, 5, 6];

test("elects, round by round, the candidate that exact fractions find best", () => {
  fc.assert(
    fc.property(ballots(1_000_000n), fc.integer({ min: 1, max: 6 }), (voters, toElect) => {
      const { winners } = sequentialPhragmen(toElect, CANDIDATES, voters);
      expect(winners).toHaveLength(toElect);
      for (const [round, { who }] of winners.entries()) {
        const before = winners.slice(0, round).map((winner) => winner.who);
        const scores = exactScores(CANDIDATES, voters, before);
        const chosen = scores.get(who);
        // Without a score nobody stakes on the candidate: then nobody stakes on any that is left.
        if (chosen === undefined) expect(scores.size).toBe(0);
        else
          for (const { n, d } of scores.values()) {
            // Scores are fractions over 2^128 - 1, a few units of which are lost to rounding.
            const [better, own] = [n * chosen.d, chosen.n * d];
            expect(own <= better + (d * chosen.d) / 2n ** 110n + 1n).toBe(true);
          }
      }
    }),
    { numRuns: 200 },
  );
});

test("every voter of a winner gives its whole stake, to winners it voted for", () => {
  fc.assert(
    fc.property(
      ballots(U64_MAX),
      fc.integer({ min: 1, max: 6 }),
      fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      fc.constantFrom(sequentialPhragmen, phragmms),
      (voters, toElect, iterations, method) => {
        const balancing = iterations === undefined ? undefined : { iterations, tolerance: 0n };
        const { winners, assignments } = method(toElect, CANDIDATES, voters, balancing);
        const elected = winners.map(({ who }) => who);
        expect(new Set(elected).size).toBe(elected.length);
        for (const { who, distribution } of assignments) {
          const targets = voters.find((voter) => voter.who === who)?.targets ?? [];
          expect(distribution.reduce((sum, [, parts]) => sum + parts, 0n)).toBe(BILLION);
          for (const [target] of distribution) {
            expect(targets).toContain(target);
            expect(elected).toContain(target);
          }
        }
        const backed = winners.reduce((sum, { backedStake }) => sum + backedStake, 0n);
        // A stake too small to be shared among its winners rounds down to nothing: such voters are left out.
        const givers = new Set(assignments.map(({ who }) => who));
        const given = voters
          .filter(({ who }) => givers.has(who))
          .reduce((sum, { stake }) => sum + stake, 0n);
        expect(backed).toBe(given);
      },
    ),
    { numRuns: 300 },
  );
});

test("the backing of a winner is the sum of its edges, before and after balancing", () => {
  fc.assert(
    fc.property(ballots(U64_MAX), fc.integer({ min: 1, max: 6 }), (voters, toElect) => {
      const graph = createGraph(CANDIDATES, voters);
      electSequentially(toElect, graph);
      const edges = graph.voters.flatMap((voter) => voter.edges);
      for (const candidate of graph.candidates) {
        const sum = edges
          .filter((edge) => edge.candidate === candidate)
          .reduce((total, { weight }) => total + weight, 0n);
        expect(candidate.backedStake).toBe(sum);
      }
    }),
  );
});

test("balancing never makes the worst backed winner worse", () => {
  fc.assert(
    fc.property(ballots(1_000_000n), fc.integer({ min: 1, max: 4 }), (voters, toElect) => {
      const least = (iterations: number): bigint =>
        sequentialPhragmen(toElect, CANDIDATES, voters, {
          iterations,
          tolerance: 0n,
        }).winners.reduce(
          (min, { backedStake }) => (backedStake < min ? backedStake : min),
          U128_MAX,
        );
      // Each normalization may take a unit from a winner.
      expect(least(10) + BigInt(voters.length)).toBeGreaterThanOrEqual(least(0));
    }),
  );
});

test("equal candidates are elected in their order, those without stake last", () => {
  const { winners } = sequentialPhragmen(
    4,
    [9, 8, 7, 6],
    [
      { who: 1, stake: 5n, targets: [7] },
      { who: 2, stake: 5n, targets: [8] },
    ],
  );
  expect(winners.map(({ who }) => who)).toEqual([8, 7, 9, 6]);
  expect(winners.map(({ round }) => round)).toEqual([0, 1, 2, 3]);
});

test("elects whom it has when more are asked for, and nobody among none", () => {
  expect(sequentialPhragmen(5, [1], [{ who: 2, stake: 1n, targets: [1] }]).winners).toHaveLength(1);
  expect(sequentialPhragmen(5, [], [{ who: 2, stake: 1n, targets: [1] }])).toEqual({
    winners: [],
    assignments: [],
  });
  expect(phragmms(2, [1, 2], [{ who: 3, stake: 1n, targets: [1] }]).winners).toHaveLength(1);
});

test("refuses stakes above u64 and candidates named twice", () => {
  const voter = { who: 2, stake: U64_MAX + 1n, targets: [1] };
  expect(() => sequentialPhragmen(1, [1], [voter])).toThrow("u64");
  expect(() => sequentialPhragmen(1, [1, 1], [])).toThrow("once");
});
