import fc from "fast-check";
import { expect, test } from "vitest";
import { reduce, reduceAll, reduceFour, type StakedAssignment, supportsOf } from "./index.ts";

const assignments = fc
  .array(
    fc
      .uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 })
      .chain((targets) =>
        fc.tuple(
          ...targets.map((to) => fc.tuple(fc.constant(to), fc.bigInt({ min: 1n, max: 50n }))),
        ),
      ),
    { minLength: 1, maxLength: 10 },
  )
  // Voters may have the names of targets: validators vote for themselves.
  .map((list) => list.map((distribution, i) => ({ who: i + 3, distribution })));

const sizeOf = (list: readonly StakedAssignment<number>[]): number =>
  list.reduce((sum, { distribution }) => sum + distribution.length, 0);

const totals = (list: readonly StakedAssignment<number>[]) => ({
  voters: list.map(({ distribution }) => distribution.reduce((sum, [, stake]) => sum + stake, 0n)),
  targets: [...supportsOf(list)].map(([who, { total }]) => [who, total]).sort(),
});

test("keeps what each voter gives and each target gets, and adds no edge", () => {
  fc.assert(
    fc.property(assignments, fc.constantFrom(reduce, reduceAll, reduceFour), (before, method) => {
      const { assignments: after, removed } = method(before);
      expect(totals(after)).toEqual(totals(before));
      expect(sizeOf(before) - sizeOf(after)).toBe(removed);
      for (const [i, { distribution }] of after.entries())
        for (const [target, stake] of distribution) {
          expect(before[i]?.distribution.some(([to]) => to === target)).toBe(true);
          expect(stake).toBeGreaterThan(0n);
        }
    }),
    { numRuns: 500 },
  );
});

test("leaves no more edges than voters and targets", () => {
  fc.assert(
    fc.property(assignments, (before) => {
      const { assignments: after } = reduce(before);
      const targets = new Set(before.flatMap(({ distribution }) => distribution.map(([to]) => to)));
      expect(sizeOf(after)).toBeLessThan(before.length + targets.size);
    }),
    { numRuns: 500 },
  );
});

test("does not touch what has no cycle", () => {
  const chain: StakedAssignment<number>[] = [
    {
      who: 1,
      distribution: [
        [10, 1n],
        [20, 2n],
      ],
    },
    {
      who: 2,
      distribution: [
        [20, 3n],
        [30, 4n],
      ],
    },
  ];
  expect(reduce(chain)).toEqual({ assignments: chain, removed: 0 });
});

test("refuses a voter that comes twice", () => {
  const one = { who: 1, distribution: [[10, 1n]] } as const;
  expect(() => reduce([one, one])).toThrow("once");
});
