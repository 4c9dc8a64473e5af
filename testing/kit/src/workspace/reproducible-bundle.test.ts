/**
 * What runs inside a TEE comes of its sources alone: two folders, another time zone, locale and umask, the same bytes.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "./files.ts";

const run = promisify(execFile);

interface Measured {
  readonly scripts: readonly { readonly name: string; readonly sha256: string }[];
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  readonly digest: string;
}

/** Sources, their settings, and the packages: those as links of files where the disk can do that. */
async function copyWorkspace(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ["packages", "bin", "deploy"])
    await cp(join(ROOT, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  for (const name of ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.base.json"])
    await cp(join(ROOT, name), join(folder, name));
  const packages = join(ROOT, "node_modules");
  await run("cp", ["-al", packages, folder]).catch(() => run("cp", ["-a", packages, folder]));
}

async function measured(folder: string, out: string, shell: string, env = {}): Promise<Measured> {
  const { stdout } = await run(
    "sh",
    ["-c", `${shell}; exec "$0" bin/measure.mjs "$1"`, process.execPath, out],
    {
      cwd: folder,
      env: { PATH: process.env["PATH"], ...env },
    },
  );
  // Printed by the tool.
  return JSON.parse(stdout) as Measured;
}

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "pha-reproducible-"));
});
afterAll(() => rm(base, { recursive: true, force: true }));

test("pRuntime and its engine have the same bytes from two folders, by another clock, locale and umask", async () => {
  const second = join(base, "another folder", "zq-elsewhere");
  const built = join(second, "built");
  await copyWorkspace(second);
  const one = await measured(ROOT, join(base, "here"), "umask 022", { TZ: "UTC", LC_ALL: "C" });
  const other = await measured(second, built, "umask 077", {
    TZ: "Pacific/Kiritimati",
    LC_ALL: "tr_TR.UTF-8",
    SOURCE_DATE_EPOCH: "1",
  });
  expect(other).toEqual(one);
  expect(one.scripts.map(({ name }) => name)).toEqual(["pruntime.js", "engine.js"]);
  expect(one.digest).toMatch(/^0x[0-9a-f]{64}$/);
  const text = await readFile(join(built, "pruntime.js"), "utf8");
  expect(text).not.toContain("zq-elsewhere");
  expect(text).not.toContain(ROOT);
  expect(text).not.toContain("../node_modules");
  // The check bites: one character of a source is another program.
  const source = join(second, "packages", "pruntime", "src", "core", "release-floor.ts");
  const floor = await readFile(source, "utf8");
  await writeFile(source, floor.replace("WORST_CONFIDENCE = 4", "WORST_CONFIDENCE = 5"));
  expect((await measured(second, built, "umask 022")).digest).not.toBe(one.digest);
}, 180_000);

test("what the scripts load beside them is listed, and pinned by the lockfile", async () => {
  const { LOADED }: { LOADED: readonly string[] } = await import(join(ROOT, "bin", "measure.mjs"));
  const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8"));
  for (const name of LOADED)
    expect(lock.packages[`node_modules/${name}`].integrity, name).toMatch(/^sha512-/);
  const folder = await mkdtemp(join(base, "loaded-"));
  await run(process.execPath, [join(ROOT, "bin", "measure.mjs"), folder], { cwd: ROOT });
  const found = new Set<string>();
  for (const name of ["pruntime.js", "engine.js"]) {
    const text = await readFile(join(folder, name), "utf8");
    const whole = text.replace(/\\\n/g, "");
    const loaded = /createRequire\d*\(import\.meta\.url\)(?:\.resolve)?\(\s*"([^"]+)"/g;
    const imported = /^(?:import|export)\b[^;]*?from\s*"([^"]+)"/gm;
    const late = /\bimport\("([^"]+)"\)/g;
    for (const [, path = ""] of [loaded, imported, late].flatMap((found) => [
      ...whole.matchAll(found),
    ]))
      if (!path.startsWith("node:"))
        found.add(
          path
            .split("/")
            .slice(0, path.startsWith("@") ? 2 : 1)
            .join("/"),
        );
  }
  expect([...found].sort()).toEqual([...LOADED].sort());
}, 120_000);
