import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CANARIES, type Check, CORES, INNOCENT, textIn, writeCanaries } from "./canaries.ts";
import { ROOT } from "./files.ts";
import { violationsIn } from "./source-rules.ts";

let folder = "";
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "pha-canaries-")));
  writeCanaries(folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(tool: string, ...args: readonly string[]): string {
  const { stdout } = spawnSync(join(ROOT, "node_modules", tool), args, {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 64 << 20,
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
  });
  return stdout;
}

/** Files that the output of a check names. */
function named(output: string): ReadonlySet<string> {
  return new Set(output.match(/packages\/[\w/-]+\/[\w-]+\.ts/g) ?? []);
}

function expectRefused(check: Check, refused: ReadonlySet<string>): void {
  const wanted = CORES.flatMap((core) =>
    CANARIES.filter((canary) => canary.check === check).map(({ name }) => `${core}/${name}.ts`),
  );
  expect(wanted.length).toBeGreaterThan(0);
  expect(wanted.filter((path) => !refused.has(path))).toEqual([]);
  expect(CORES.filter((core) => refused.has(`${core}/${INNOCENT.name}.ts`))).toEqual([]);
}

test("the linter refuses Date, Intl, any, non-null, enum and default export in each core", () => {
  const output = run(".bin/biome", "lint", "--max-diagnostics=none", "--reporter=json", "packages");
  expectRefused("lint", named(output.replaceAll("\\/", "/")));
});

test("the compiler knows no clock, timer, environment, console or network in each core", () => {
  const output = run("typescript-native/bin/tsc", "-p", "tsconfig.cores.json", "--pretty", "false");
  expectRefused("types", named(output));
});

test("the dependency rules refuse upward, built-in, deep, foreign and circular imports in each core", () => {
  const output = run(
    ".bin/depcruise",
    "--config",
    ".dependency-cruiser.cjs",
    "--output-type",
    "json",
    "packages",
  );
  const report: {
    summary: {
      violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
    };
  } = JSON.parse(output);
  const refused = report.summary.violations.filter(({ from, rule }) => {
    const canary = CANARIES.find(({ name }) => from.endsWith(`/${name}.ts`));
    return canary?.rule === undefined || canary.rule.test(rule.name);
  });
  expectRefused("arrows", new Set(refused.map(({ from }) => from)));
});

test("the source rules refuse randomness, waiting, locale, bare sorts and casts in each core", () => {
  const all = [...CANARIES, INNOCENT];
  const refused = CORES.flatMap((core) =>
    all.flatMap((canary) => violationsIn(`${core}/${canary.name}.ts`, textIn(core, canary))),
  );
  expectRefused("sources", new Set(refused.map(({ path }) => path)));
});
