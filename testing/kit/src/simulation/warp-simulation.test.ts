import { expect, test } from "vitest";
import { simulateWarp, type WarpMisbehaviour } from "./warp-simulation.ts";

/** `npm run test:long` runs the long form. */
const SEEDS = process.env["PHA_LONG"] === "1" ? 2_000 : 40;

test("a start in the middle is safe and fair, and arrives, whoever the peers are", () => {
  const banned = new Set<WarpMisbehaviour>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const result = simulateWarp(seed);
    // The message names the seed, which replays it.
    expect(result.violation, `seed ${seed}`).toBeUndefined();
    for (const one of result.banned) banned.add(one);
  }
  expect(banned).toContain("forges");
}, 600_000);

test.each([2, 9])("seed %i replays byte for byte", (seed) => {
  const first = simulateWarp(seed);
  expect(simulateWarp(seed).digest).toBe(first.digest);
  expect(simulateWarp(seed + 1).digest).not.toBe(first.digest);
});
