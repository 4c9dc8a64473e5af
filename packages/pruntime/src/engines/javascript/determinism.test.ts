import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createScratchFolder } from "../testing/scratch.ts";

const folder = createScratchFolder("determinism");
const program = join(folder, "fuel-report.mjs");
const elsewhere = mkdtempSync(join(tmpdir(), "pha-engine-"));
const engines = join(import.meta.dirname, "..");
const RANDOM_PROGRAMS = process.env["PHA_LONG"] === "1" ? "1000" : "60";
let expected: string;

beforeAll(async () => {
  await bundle(join(engines, "testing", "fuel-report.ts"), program);
  expected = report([]);
}, 300_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(elsewhere, { recursive: true });
});

async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
}

function report(flags: readonly string[], env: Record<string, string> = {}): string {
  return execFileSync(process.execPath, [...flags, program, RANDOM_PROGRAMS], {
    encoding: "utf8",
    env,
    cwd: elsewhere,
    maxBuffer: 16 << 20,
  });
}

test("the report covers results of all kinds", () => {
  const statuses = (JSON.parse(expected) as { status: string; reason?: string }[]).map(
    ({ status, reason }) => reason ?? status,
  );
  expect(new Set(statuses)).toEqual(new Set(["ok", "fuel", "stack", "failed"]));
});

test.each([
  ["the baseline compiler alone", ["--liftoff-only"], {}],
  ["the optimising compiler alone", ["--no-liftoff"], {}],
  ["a smaller native stack", ["--stack-size=700"], {}],
  ["a larger native stack", ["--stack-size=3000"], {}],
  ["another time zone and language", [], { TZ: "Asia/Kathmandu", LANG: "tr_TR.UTF-8" }],
])(
  "results, fuel and snapshots are equal with %s",
  (_, flags, env) => {
    expect(report(flags, env)).toBe(expected);
  },
  300_000,
);
