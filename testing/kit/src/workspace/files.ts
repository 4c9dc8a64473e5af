/** Files of this workspace, as a checkout has them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT =
  process.env["PHA_ROOT"] ??
  fileURLToPath(new URL("../../../../", import.meta.url)).replace(/\/$/, "");

const SKIPPED = new Set(["node_modules", "dist", ".git", ".pha", "results"]);

/** Paths relative to the root, in the order of their names. */
export function filesUnder(folder: string, wanted: RegExp, root = ROOT): readonly string[] {
  const found: string[] = [];
  const walk = (path: string): void => {
    const entries = readdirSync(join(root, path), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (SKIPPED.has(entry.name)) continue;
      const inner = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) walk(inner);
      else if (wanted.test(inner)) found.push(inner);
    }
  };
  if (existsSync(join(root, folder))) walk(folder);
  return found;
}

export function readText(path: string, root = ROOT): string {
  return readFileSync(join(root, path), "utf8");
}

/** Folders of the workspaces: `packages/scale`, …, `bench`. */
export function workspaces(): readonly string[] {
  const under = (folder: string) =>
    readdirSync(join(ROOT, folder))
      .map((name) => `${folder}/${name}`)
      .filter((path) => existsSync(join(ROOT, path, "package.json")));
  return [...["packages", "apps", "contracts", "testing"].flatMap(under), "bench"];
}

/** Our programs' sources, without tests and test helpers. */
export function productSources(): readonly string[] {
  return ["packages", "apps", "contracts"]
    .flatMap((folder) => filesUnder(folder, /\/src\/.*\.tsx?$/))
    .filter((path) => !isTest(path));
}

export function isTest(path: string): boolean {
  return /\.(test|test-d|bench)\.tsx?$|\.d\.ts$|\/(testing|test)\//.test(path);
}
