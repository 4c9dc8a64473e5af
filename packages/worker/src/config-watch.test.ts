import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadConfig } from "./config.ts";
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
  for (let i = 0; i < 1_000; i++) {
    if (test()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not happen");
}

test("a changed file is told of, a broken one is logged and changes nothing, the next sound one is told of", async () => {
  const path = join(folder, "worker.json");
  writeFileSync(path, JSON.stringify(config));
  const programs: string[] = [];
  const errors: unknown[] = [];
  const log: WorkerLog = { ...SILENT, error: (...line: unknown[]) => errors.push(line) };
  const nodes = new Set<string>();
  const watch = watchConfig(
    path,
    () => loadConfig(path, "ws://127.0.0.1:2"),
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
