import { describe, expect, test } from "vitest";
import { describeSeeds } from "./confidential-seeds.ts";
import { type PlantedBug, simulateConfidential } from "./confidential-world.ts";

describeSeeds("first");

test("a seed replays to the same", () => {
  expect(simulateConfidential(7)).toEqual(simulateConfidential(7));
});

describe("a planted weakness is found:", () => {
  const findings: Record<PlantedBug, RegExp> = {
    "leaks-plaintext": /plaintext left/,
    "leaks-share": /secret left/,
    "wrong-majority": /a sum is wrong/,
  };
  test.each(Object.entries(findings) as [PlantedBug, RegExp][])("%s", (bug, finding) => {
    let found: string | undefined;
    for (let seed = 1; seed <= 10 && found === undefined; seed++)
      found = simulateConfidential(seed, { bug }).violation;
    expect(found).toMatch(finding);
  });
});
