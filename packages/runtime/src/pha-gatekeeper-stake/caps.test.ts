import fc from "fast-check";
import { expect, test } from "vitest";
import { thresholdOf } from "../pha-pallets.ts";
import { withinCaps } from "./caps.ts";

const of = (text: string) => text.split(" ");
const groupsOf = (one: string) => [one[0] ?? "", one.slice(0, 2)];

test("earlier ones get the seats, as long as no group could make a key alone", () => {
  const ordered = of("a1 a2 a3 a4 b1 b2 c1 c2 d1");
  // Four of seven make a key: three of one group sit at most.
  expect(withinCaps(ordered, (one) => [one[0] ?? ""], 7, thresholdOf)).toEqual(
    of("a1 a2 a3 b1 b2 c1 c2"),
  );
  // Without the rule the four most staked ones would be one group's, and make every key.
  const careless = withinCaps(ordered, () => [], 7, thresholdOf);
  expect(careless.filter((one) => one.startsWith("a")).length).toBeGreaterThanOrEqual(
    thresholdOf(7),
  );
});

test("when so many seats cannot be filled, fewer are, with smaller groups", () => {
  const ordered = of("a1 a2 a3 a4 a5 b1 c1");
  const chosen = withinCaps(ordered, (one) => [one[0] ?? ""], 7, thresholdOf);
  expect(chosen).toEqual(of("a1 a2 b1 c1").filter((one) => chosen.includes(one)));
  const most = chosen.filter((one) => one.startsWith("a")).length;
  expect(most).toBeLessThan(thresholdOf(chosen.length));
  expect(withinCaps(of("a1 a2 a3"), (one) => [one[0] ?? ""], 3, thresholdOf)).toEqual([]);
});

test("whoever stands and whatever they share, no group of those chosen has t seats", () => {
  const candidate = fc.record({
    vendor: fc.constantFrom("i", "a", "n"),
    provider: fc.constantFrom("p", "q", "r", "s"),
  });
  fc.assert(
    fc.property(
      fc.array(candidate, { maxLength: 40 }),
      fc.integer({ min: 1, max: 31 }),
      (all, n) => {
        const groups = ({ vendor, provider }: (typeof all)[number]) => [vendor, provider];
        const chosen = withinCaps(all, groups, n, thresholdOf);
        expect(chosen.length).toBeLessThanOrEqual(n);
        for (const group of new Set(all.flatMap(groups)))
          expect(chosen.filter((one) => groups(one).includes(group)).length).toBeLessThan(
            Math.max(1, thresholdOf(chosen.length)),
          );
      },
    ),
    { numRuns: 300, seed: 20_261_129 },
  );
});

test("names in two groups count in both", () => {
  expect(withinCaps(of("a1 a1 b1 b2 c1"), groupsOf, 5, thresholdOf).length).toBe(5);
});
