import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runVectors } from "./run-vectors.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pha-vectors-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function put(path: string, value: unknown): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), typeof value === "string" ? value : JSON.stringify(value));
}

function run(path = "."): { readonly lines: readonly string[]; readonly totals: unknown } {
  const lines: string[] = [];
  const totals = runVectors(join(folder, path), (line) => lines.push(line));
  return { lines, totals };
}

const GOOD = { encode: [{ value: "63", hex: "0xfc" }] };
const WRONG = { encode: [{ value: "63", hex: "0xfd" }] };

test("takes the area from the folder's name, or from the nearest one above", () => {
  put("scale/compact.json", GOOD);
  put("scale/more/compact-2.json", GOOD);
  expect(run().totals).toEqual({ passed: 2, failed: 0, skipped: 0 });
  expect(run("scale").totals).toEqual({ passed: 2, failed: 0, skipped: 0 });
  expect(run("scale/more").totals).toEqual({ passed: 1, failed: 0, skipped: 0 });
});

test("prints a line per case and says why one fails", () => {
  put("scale/compact.json", WRONG);
  const { lines, totals } = run();
  expect(totals).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^FAIL {2}scale\/compact\.json: compact 63: .*0xfc/);
});

test("skips with a reason what no loader reads", () => {
  put("scale/other.txt", "text");
  put("npos/elections.json", {});
  put("poetry/verses.txt", "text");
  const { lines, totals } = run();
  expect(totals).toEqual({ passed: 0, failed: 0, skipped: 3 });
  for (const line of lines) expect(line).toMatch(/^skip {2}\S+: \S+/);
});

test("reports a file that breaks its loader as one failure", () => {
  put("scale/compact.json", { encode: 7 });
  put("scale/primitives.json", { cases: [{ type: "u8", value: 1, hex: "0x01" }] });
  expect(run().totals).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

test("finds nothing in an empty or absent folder", () => {
  expect(run().totals).toEqual({ passed: 0, failed: 0, skipped: 0 });
  expect(run("nowhere").totals).toEqual({ passed: 0, failed: 0, skipped: 0 });
});
