/** Programs start with the code that V8 made of them at build time, and never with code of anything else. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Script } from "node:vm";
import { expect, test } from "vitest";
import { devnetDist } from "./start-devnet.ts";

interface Loader {
  loadScript(program: string): {
    readonly script: Script;
    readonly isCached: boolean;
    keepCode(): void;
  };
}

const dist = await devnetDist();
const { loadScript }: Loader = await import(join(dist, "run-script.mjs"));

test("the build keeps the code of node, host and CLI; pRuntime and engine are measured and have none", () => {
  for (const name of ["pha", "node", "worker", "libp2p"])
    expect(loadScript(join(dist, `${name}.js`)).isCached, name).toBe(true);
  for (const name of ["pruntime", "engine"]) {
    expect(existsSync(join(dist, `${name}.script.js`))).toBe(false);
    expect(readFileSync(join(dist, `${name}.js`), "utf8")).not.toContain("cachedData");
  }
});

test("kept code of another script of the same length, or damaged, is not used", () => {
  const folder = mkdtempSync(join(tmpdir(), "pha-e2e-code-"));
  try {
    const program = join(folder, "one.js");
    const file = join(folder, "one.script.js");
    const load = (text?: string) => {
      if (text !== undefined) writeFileSync(file, text);
      const { script, isCached, keepCode } = loadScript(program);
      return { value: script.runInThisContext()(), isCached, keepCode };
    };
    const first = load("() => 1");
    expect(first).toMatchObject({ value: 1, isCached: false });
    first.keepCode();
    expect(load()).toMatchObject({ value: 1, isCached: true });
    expect(load("() => 2")).toMatchObject({ value: 2, isCached: false });
    const digest = createHash("sha256").update("() => 3").digest();
    const kept = readFileSync(`${file}.cache`).subarray(digest.length, -8);
    writeFileSync(`${file}.cache`, Buffer.concat([digest, kept]));
    expect(load("() => 3")).toMatchObject({ value: 3, isCached: false });
    writeFileSync(`${file}.cache`, digest.subarray(1));
    expect(load("() => 4")).toMatchObject({ value: 4, isCached: false });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
