import { parseLogLine } from "@pha/contract-analytics/client";
import { expect, test } from "vitest";
import { aggregatesOf } from "./aggregates.ts";
import { compareAggregates, ensureEqual } from "./compare.ts";
import { syntheticLog } from "./synthetic.ts";

const entries = syntheticLog(20, "compare").flatMap((line) => parseLogLine(line) ?? []);
const plain = aggregatesOf(entries, 20);

test("equal counts are equal whatever the order of their keys", () => {
  const status = Object.fromEntries(Object.entries(plain.status).reverse());
  const checks = compareAggregates({ ...plain, status }, plain);
  expect(checks.every(({ ok }) => ok)).toBe(true);
  expect(() => ensureEqual(checks)).not.toThrow();
});

test.each([
  ["bytes", { bytes: plain.bytes + 1 }],
  ["status", { status: { ...plain.status, 418: 1 } }],
  ["topPaths", { topPaths: plain.topPaths.slice(1) }],
])("a count that differs in %s is a defect and named", (name, change) => {
  expect(() => ensureEqual(compareAggregates({ ...plain, ...change }, plain))).toThrow(
    expect.objectContaining({
      code: "verify/demo-differs",
      facts: { check: `${name} equals the plain count` },
    }),
  );
});
