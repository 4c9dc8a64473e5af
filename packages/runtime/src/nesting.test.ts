import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..", "..");
/** Where installed packages resolve and version control does not look. */
const folder = mkdtempSync(join(ROOT, "node_modules", ".nesting-"));
let expected: string;

beforeAll(async () => {
  const bundler = await import(pathToFileURL(join(ROOT, "bin", "bundle.mjs")).href);
  const programs = { report: "packages/runtime/src/testing/nesting-report.node.ts" };
  await bundler.bundle({ root: ROOT, dist: folder, programs });
  expected = report([]);
});
afterAll(() => rmSync(folder, { recursive: true }));

function report(flags: readonly string[]): string {
  return execFileSync(process.execPath, [...flags, join(folder, "report.js")], {
    encoding: "utf8",
  });
}

test("calls nest 256 deep, and a deeper one is no call, however deep it goes on", () => {
  const { hostile, signed } = JSON.parse(expected);
  for (const [depth, verdict] of hostile)
    expect([depth, verdict]).toEqual([depth, depth <= 256 ? "NoUnsignedValidator" : "Call"]);
  for (const [depth, isGood] of signed) expect([depth, isGood]).toEqual([depth, true]);
});

test.each([
  ["smaller", "--stack-size=600"],
  ["larger", "--stack-size=3000"],
])("the verdicts and state roots are equal with a %s native stack", (_, flag) => {
  expect(report([flag])).toBe(expected);
});
