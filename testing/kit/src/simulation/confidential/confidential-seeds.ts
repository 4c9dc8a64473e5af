/** The seeds of the confidential simulation in two files, so that two processors have them at once. */
import { afterAll, describe, expect, test } from "vitest";
import { FAULTS, type Fault, simulateConfidential } from "./confidential-world.ts";

/** `npm run test:long` runs the long form. */
const SEEDS = process.env["PHA_LONG"] === "1" ? 5_000 : 200;
const HALF = SEEDS / 2;
const CHUNK = 20;
const CHUNK_TIMEOUT_MS = 600_000;
/** Every so many seeds, more gatekeepers are lost than may be. */
const BEYOND_EVERY = 10;

/** Runs one half of the seeds, and asserts of each half that it had all faults and much to do. */
export function describeSeeds(half: "first" | "second"): void {
  const start = half === "first" ? 1 : HALF + 1;
  const chunks = Array.from({ length: HALF / CHUNK }, (_, i) => start + i * CHUNK);

  describe("gatekeepers, workers, hosts, users and the chain under faults", () => {
    const totals = {
      blocks: 0,
      generations: 0,
      commands: 0,
      replies: 0,
      blobs: 0,
      answers: 0,
      secrets: 0,
    };
    const faults: Partial<Record<Fault, number>> = {};

    test.each(chunks)(
      "nothing secret leaves, what is final is right and stays: 20 seeds from %i",
      (first) => {
        for (let seed = first; seed < first + CHUNK; seed++) {
          const result = simulateConfidential(seed, { beyondBound: seed % BEYOND_EVERY === 0 });
          // The message names the seed, which replays it.
          expect(result.violation, `seed ${seed}`).toBeUndefined();
          for (const name of Object.keys(totals) as (keyof typeof totals)[])
            totals[name] += result[name];
          for (const [fault, count] of Object.entries(result.faults) as [Fault, number][])
            faults[fault] = (faults[fault] ?? 0) + count;
        }
      },
      CHUNK_TIMEOUT_MS,
    );

    test("every fault happened, and much was done meanwhile", () => {
      for (const fault of FAULTS) expect(faults[fault], fault).toBeGreaterThan(0);
      expect(totals.replies).toBeGreaterThan(20 * HALF);
      expect(totals.blobs).toBeGreaterThan(HALF);
      expect(totals.answers).toBeGreaterThan(10 * HALF);
      expect(totals.generations).toBeGreaterThan(HALF);
    });

    afterAll(() => {
      console.info(`${HALF} seeds from ${start}`, totals, faults);
    });
  });
}
