import { afterAll, describe, expect, test } from "vitest";
import { PLANTED_BUGS } from "./planted-bug.ts";
import { FAULTS, type Fault } from "./scenario.ts";
import { simulate } from "./simulate.ts";

/** `npm run test:long` runs the long form. */
const SEEDS = process.env["PHA_LONG"] === "1" ? 10_000 : 200;
const CHUNK = 25;
const CHUNK_TIMEOUT_MS = 300_000;
/** Seeds within which a planted bug must be found. */
const MOST_SEEDS_FOR_A_BUG = 200;

const chunks = Array.from({ length: SEEDS / CHUNK }, (_, i) => i * CHUNK + 1);

describe("finality under faults", () => {
  const counts = new Map<Fault, number>();
  let finalized = 0;
  let proven = 0;

  test.each(chunks)(
    "is safe at every step and resumes: 25 seeds from %i",
    (first) => {
      for (let seed = first; seed < first + CHUNK; seed++) {
        const result = simulate(seed);
        // The message names the seed, which replays it.
        expect(result.violation, `seed ${seed}`).toBeUndefined();
        finalized += result.finalized;
        proven += result.equivocationsSeen;
        for (const fault of FAULTS)
          counts.set(fault, (counts.get(fault) ?? 0) + result.counts[fault]);
      }
    },
    CHUNK_TIMEOUT_MS,
  );

  afterAll(() => {
    console.info(`${SEEDS} seeds`, { finalized, proven, ...Object.fromEntries(counts) });
  });

  test.each(FAULTS)("happened with the fault: %s", (fault) => {
    expect(counts.get(fault)).toBeGreaterThan(0);
  });

  test("went on all the while, and equivocations were proven", () => {
    expect(finalized).toBeGreaterThan(SEEDS * 5);
    expect(proven).toBeGreaterThan(0);
  });
});

test.each([1, 16, 60])("seed %i replays byte for byte", (seed) => {
  const first = simulate(seed);
  const again = simulate(seed);
  expect(again.digest).toBe(first.digest);
  expect(again.events).toBe(first.events);
  expect(simulate(seed + 1).digest).not.toBe(first.digest);
});

test.each(PLANTED_BUGS)(
  "finds a voter that %s, and the failing seed replays",
  (bug) => {
    let seed = 1;
    let found = simulate(seed, bug);
    while (found.violation === undefined && seed < MOST_SEEDS_FOR_A_BUG)
      found = simulate(++seed, bug);
    expect(found.violation?.invariant).toBeDefined();
    const again = simulate(seed, bug);
    expect(again.violation?.message).toBe(found.violation?.message);
    expect(again.digest).toBe(found.digest);
  },
  CHUNK_TIMEOUT_MS,
);
