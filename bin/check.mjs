#!/usr/bin/env node
// The checks of the workspace, one line each and totals last.
//   check  format, lint, types, dependency rules, unit tests, third-party vectors (under 3 minutes)
//   test   the same, then networks simulated in one process and the whole system (under 20 minutes)
//   long   as test, with the long forms of simulations and scenarios, for hours
// Each prints what it took.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, checkNode, install, root } from "./bootstrap.mjs";
import { ensureChromium } from "./chromium.mjs";
import { ensureSwtpm } from "./swtpm.mjs";

/** Steps at a time; the machine that the time limits are for has two cores. */
const LANES = 2;
const MINUTE = 60_000;
/** Milliseconds after which a run is stopped and has failed; of `test` it is what the design (§9) gives the whole suite. */
const STOPPED_AFTER = { check: 5 * MINUTE, test: 20 * MINUTE, long: 240 * MINUTE };
const cache = join(root, "node_modules", ".cache", "pha-check");
const vectorsFolder = join(root, "..", "shared", "vectors");

const tool = (name) => join(root, "node_modules", ".bin", name);
const tsc = (project) => [
  // The native compiler; the package `typescript` is there for its interface.
  join(root, "node_modules", "typescript-native", "bin", "tsc"),
  "-p",
  project,
  "--incremental",
  "--tsBuildInfoFile",
  join(cache, `${project}.tsbuildinfo`),
];

/** Folders with sources that the dependency rules hold for. */
const SOURCES = ["packages", "apps", "contracts", "testing", "bench"];

/** What the test steps of one run make of the sources: the second and third find most of it done. */
const transformed = join(cache, "transformed");

const vitest = (project, ...more) => ({
  command: [
    tool("vitest"),
    "run",
    "--project",
    project,
    "--experimental.fsModuleCache",
    `--experimental.fsModuleCachePath=${transformed}`,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${join(cache, `${project}.json`)}`,
    ...more,
  ],
  totals: () => vitestTotals(join(cache, `${project}.json`)),
});

// Vitest's own choice would be one worker on two cores, which leaves one idle.
const WORKERS = `--maxWorkers=${LANES}`;
const UNIT = { name: "unit tests", ...vitest("unit", WORKERS) };
/** One at a time, as the networks beside them have the other core: more would only wait for each other. */
const UNIT_BESIDE = { ...UNIT, ...vitest("unit", "--maxWorkers=1") };
const VECTORS = {
  name: "vectors",
  command: [process.execPath, join(root, "bin", "run.mjs"), "vectors", vectorsFolder],
  totals: (output) => lastTotals(output),
  skip: () =>
    existsSync(join(root, "..", "shared"))
      ? undefined
      : "third-party vectors are not beside this checkout",
};
const CHECK = [
  UNIT,
  { name: "format and lint", command: [tool("biome"), "check", "--max-diagnostics=40", "."] },
  { name: "types of cores", command: tsc("tsconfig.cores.json") },
  { name: "types", command: tsc("tsconfig.json") },
  {
    name: "dependency rules",
    command: [
      tool("depcruise"),
      "--config",
      ".dependency-cruiser.cjs",
      "--output-type",
      "err",
      ...SOURCES,
    ],
  },
  VECTORS,
];
/** The networks begin first: what they leave of two cores, as they wait for blocks, the simulations have. */
const wholeSteps = (chromium) => [
  { name: "whole system", ...vitest("e2e", WORKERS), env: () => browserEnv(chromium) },
  { name: "simulations", ...vitest("simulation", WORKERS, "--project", "modelled") },
];

/** With what they need of Debian: first the small program that the unit tests wait for, and then beside the checks the browser. */
function wholeOf(checks) {
  const swtpm = ensureSwtpm();
  const own = checks.map((step) =>
    step === UNIT ? { ...UNIT_BESIDE, env: () => swtpmEnv(swtpm) } : step,
  );
  return [...own, ...wholeSteps(swtpm.then(ensureChromium))];
}

/** Totals of vitest's JSON report; a file that fails to load counts as a failed test. */
function vitestTotals(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(file, "utf8"));
  const unloaded = report.testResults.filter(
    (suite) => suite.status === "failed" && suite.assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

/** Totals of a `N passed, N failed, N skipped` line, the last one of the output. */
function lastTotals(output) {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
  if (found === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const [passed, failed, skipped] = found.slice(1).map(Number);
  return { passed, failed, skipped };
}

const running = new Set();
function killAll(signal) {
  for (const child of running)
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended in the meantime.
    }
}

/** Runs one step in its own process group and collects what it prints. */
async function runStep(step, env, deadline) {
  const skip = step.skip?.();
  if (skip !== undefined)
    return { step, skip, seconds: 0, totals: { passed: 0, failed: 0, skipped: 1 } };
  const own = await step.env?.();
  const began = performance.now();
  return new Promise((resolve) => {
    const [command, ...args] = step.command;
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: "0", NO_COLOR: "1", ...env, ...own },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    running.add(child);
    let output = "";
    let late = false;
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    const limit = Math.max(1000, deadline - Date.now());
    const timer = setTimeout(() => {
      late = true;
      killAll("SIGKILL");
    }, limit);
    const done = (code) => {
      clearTimeout(timer);
      running.delete(child);
      const ok = code === 0 && !late;
      if (late) output += `\nstopped: the time limit of the whole run is over\n`;
      const counted = step.totals?.(output) ?? {
        passed: ok ? 1 : 0,
        failed: ok ? 0 : 1,
        skipped: 0,
      };
      const totals = !ok && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
      resolve({ step, ok, output, totals, seconds: (performance.now() - began) / 1000 });
    };
    child.on("error", (error) => {
      output += `${error.message}\n`;
      done(1);
    });
    child.on("close", done);
  });
}

function report({ step, ok, skip, output, totals, seconds }) {
  if (skip !== undefined) {
    process.stdout.write(`skipped  ${step.name}: ${skip}\n`);
    return;
  }
  if (!ok) process.stdout.write(`${output.trimEnd()}\n`);
  const detail = step.totals
    ? ` (${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped)`
    : "";
  process.stdout.write(
    `${ok ? "ok      " : "FAILED  "} ${step.name}${detail}, ${seconds.toFixed(1)} s\n`,
  );
}

async function runAll(steps, lanes, env, deadline) {
  const queue = [...steps];
  const results = [];
  const lane = async () => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const result = await runStep(step, env, deadline);
      report(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

/** What the scenarios are told of Chromium; why it is missing is told here, as their output is shown only when they fail. */
async function browserEnv(chromium) {
  const { path, missing } = await chromium;
  if (path !== undefined) return { PHA_CHROMIUM: path };
  process.stdout.write(`skipped  scenarios in a browser: ${missing}\n`);
  return { PHA_NO_CHROMIUM: missing };
}

/** What the tests are told of swtpm, likewise. */
async function swtpmEnv(swtpm) {
  const { missing } = await swtpm;
  if (missing === undefined) return {};
  process.stdout.write(`skipped  tests with a TPM: ${missing}\n`);
  return { PHA_NO_SWTPM: missing };
}

async function main() {
  const mode = process.argv[2] ?? "check";
  if (!["check", "test", "long"].includes(mode)) {
    process.stderr.write("Usage: node bin/check.mjs [check|test|long]\n");
    return 2;
  }
  const began = Date.now();
  const whole = mode !== "check";
  const env = mode === "long" ? { PHA_LONG: "1" } : {};
  const deadline = began + STOPPED_AFTER[mode];
  checkNode();
  install();
  if (whole) await build();
  mkdirSync(cache, { recursive: true });
  // Files are found in it by their content, but where their imports lead may have changed since the run before.
  rmSync(transformed, { recursive: true, force: true });
  for (const name of ["unit", "simulation", "e2e"])
    rmSync(join(cache, `${name}.json`), { force: true });
  for (const signal of ["SIGINT", "SIGTERM"])
    process.on(signal, () => {
      killAll("SIGKILL");
      process.exit(130);
    });
  const steps = whole ? wholeOf(CHECK) : CHECK;
  const results = await runAll(steps, LANES, env, deadline);
  const sum = (key) => results.reduce((total, { totals }) => total + totals[key], 0);
  process.stdout.write(`${mode}: ${((Date.now() - began) / 1000).toFixed(0)} s\n`);
  process.stdout.write(
    `${sum("passed")} passed, ${sum("failed")} failed${whole ? `, ${sum("skipped")} skipped` : ""}\n`,
  );
  return sum("failed") === 0 ? 0 : 1;
}

process.exitCode = await main();
