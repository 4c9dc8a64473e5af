import { afterAll, describe, expect, test } from "vitest";
import { BABE_BUGS, noBabeCounts, simulateBabe } from "./babe-world.ts";

/** `npm run test:long` runs the long form. */
const SEEDS = process.env["PHA_LONG"] === "1" ? 300 : 4;
const SEED_TIMEOUT_MS = 60_000;
const MOST_SEEDS_FOR_A_BUG = 6;

const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);

describe("blocks of several authorities", () => {
  const totals = noBabeCounts();

  const digests: string[] = [];

  test.each(seeds)(
    "the best chain is what the rule says, and no transaction is lost or taken twice: seed %i",
    async (seed) => {
      const { violation, counts, digest } = await simulateBabe(seed);
      digests.push(digest);
      // The name of the test has the seed, which replays it.
      expect(violation).toBeUndefined();
      for (const name of Object.keys(totals) as (keyof typeof totals)[])
        totals[name] += counts[name];
    },
    SEED_TIMEOUT_MS,
  );

  test("a seed replays: the same slots, authors and heights", async () => {
    expect((await simulateBabe(1)).digest).toBe(digests[0]);
    expect(new Set(digests).size).toBe(SEEDS);
  });

  afterAll(() => {
    console.info(`${SEEDS} seeds`, totals);
  });

  test.each([
    "equalSlots",
    "reorgs",
    "retracted",
    "skippedEpochs",
    "shorterBests",
    "finalized",
    "early",
  ] as const)("had %s", (name) => {
    expect(totals[name]).toBeGreaterThan(0);
  });
});

test.each(BABE_BUGS)(
  "notices a node that %s",
  async (bug) => {
    let { violation } = await simulateBabe(1, bug);
    for (let seed = 2; !violation && seed <= MOST_SEEDS_FOR_A_BUG; seed++)
      violation = (await simulateBabe(seed, bug)).violation;
    expect(violation).toBeDefined();
  },
  SEED_TIMEOUT_MS,
);
