import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { configOf } from "./config.ts";
import { watchConfig } from "./config-watch.ts";
import { SILENT, type WorkerLog } from "./log.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-config-watch-"));
afterAll(() => rmSync(folder, { recursive: true }));

const config = {
  nodeUrl: "ws://127.0.0.1:1",
  httpPort: 0,
  operatorUri: "//Operator",
  pruntimeProgram: "v1.js",
  pruntimes: [{ name: "one", role: "worker", dataDir: "one" }],
};

async function until(test: () => boolean): Promise<void> {
  for (let i = 0; i < 4_000; i++) {
    if (test()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not happen");
}

test("a changed file is told of, a broken one is logged and changes nothing, the next sound one is told of", async () => {
  const path = join(folder, "worker.json");
  const first = JSON.stringify(config);
  writeFileSync(path, first);
  const programs: string[] = [];
  const errors: unknown[] = [];
  const log: WorkerLog = { ...SILENT, error: (...line: unknown[]) => errors.push(line) };
  const nodes = new Set<string>();
  const watch = watchConfig(
    path,
    first,
    (text) => configOf(text, path, "ws://127.0.0.1:2"),
    ({ pruntimeProgram, nodeUrl }) => {
      programs.push(pruntimeProgram);
      nodes.add(nodeUrl);
    },
    log,
    5,
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(programs).toEqual([]);
  writeFileSync(path, JSON.stringify({ ...config, pruntimeProgram: "version-2.js" }));
  await until(() => programs.length === 1);
  writeFileSync(path, "{");
  await until(() => errors.length > 0);
  writeFileSync(path, JSON.stringify({ ...config, pruntimeProgram: "the-third.js" }));
  await until(() => programs.length === 2);
  expect(programs).toEqual(["version-2.js", "the-third.js"]);
  // What was given for this run is no change.
  expect([...nodes]).toEqual(["ws://127.0.0.1:2"]);
  watch.stop();
});

test("what changed before the first look is told, and each content as it was read", async () => {
  const path = join(folder, "early.json");
  const program = (pruntimeProgram: string) => JSON.stringify({ ...config, pruntimeProgram });
  writeFileSync(path, program("version-2.js"));
  const programs: string[] = [];
  const watch = watchConfig(
    path,
    program("v1.js"),
    (text) => {
      // Changed again while the one before is still taken.
      writeFileSync(path, program("the-third.js"));
      return configOf(text, path);
    },
    ({ pruntimeProgram }) => programs.push(pruntimeProgram),
    SILENT,
    5,
  );
  await until(() => programs.includes("the-third.js"));
  watch.stop();
  expect(programs[0]).toBe("version-2.js");
});
