import { expect, test } from "vitest";
import { clockDifference } from "./clock-difference.ts";

const CHAIN_MS = 1_700_000_000_000;
const at = (facts: Readonly<Record<string, number>>) => [
  { link: "genesis", ok: true, says: "", facts: {} },
  { link: "finality", ok: true, says: "", facts },
];

test.each([
  [0, undefined],
  [9_000, undefined],
  [-9_000, undefined],
  // Four blocks of a second are how late finality may be.
  [14_000, undefined],
  [14_001, 14_001],
  [-10_001, -10_001],
  [300_000, 300_000],
])("a clock that is %d ms ahead", (ahead, expected) => {
  expect(clockDifference(at({ chainTimeMs: CHAIN_MS }), CHAIN_MS + ahead, 1_000)).toBe(expected);
});

test("longer blocks are waited for longer; without a chain's time nothing is said", () => {
  expect(clockDifference(at({ chainTimeMs: CHAIN_MS }), CHAIN_MS + 30_000, 6_000)).toBeUndefined();
  for (const verdicts of [[], at({}), at({ chainTimeMs: 0 })])
    expect(clockDifference(verdicts, CHAIN_MS, 1_000)).toBeUndefined();
});
