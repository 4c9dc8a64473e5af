// Makes a fresh clone ready: Node's version, `npm ci` when node_modules does not match the lockfile, bundles when the
// sources changed. Uses nothing but Node itself.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LEAST = [20, 19];

export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return;
  process.stderr.write(
    `Pha needs Node ${LEAST.join(".")} or newer; this is ${process.versions.node}.\n`,
  );
  process.exit(3);
}

function sha256(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

export function install() {
  const stamp = join(root, "node_modules", ".pha-lock");
  const wanted = sha256(readFileSync(join(root, "package-lock.json")), process.versions.modules);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  process.stderr.write("Installing dependencies from the lockfile (once) …\n");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (npm.status !== 0) {
    process.stderr.write("npm ci failed; see above. Check the registry and try again.\n");
    process.exit(3);
  }
  writeFileSync(stamp, wanted);
}

const SOURCES = ["packages", "apps", "contracts", "bin"];
/** Hidden folders are what runs leave: tests build contracts in some, beside programs that start. */
const isSkipped = (name) => name === "node_modules" || name === "dist" || name.startsWith(".");

function* sourceFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (isSkipped(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (
      /\.(tsx?|mjs|json|css|html|svg)$/.test(entry.name) &&
      !/\.(test|bench|test-d)\.tsx?$/.test(entry.name)
    )
      yield path;
  }
}

export function sourceHash() {
  // Code is kept of what is built, and only this V8 takes it.
  const parts = [readFileSync(join(root, "package-lock.json")), process.versions.v8];
  for (const folder of SOURCES)
    for (const file of sourceFiles(join(root, folder)))
      parts.push(file.slice(root.length), readFileSync(file));
  return sha256(...parts);
}

/** Bundles the programs into dist/ when the sources changed since. */
export async function build() {
  const dist = join(root, "dist");
  const stamp = join(dist, ".sources");
  const wanted = sourceHash();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && statSync(dist).isDirectory())
    return;
  mkdirSync(dist, { recursive: true });
  const { bundle } = await import(pathToFileURL(join(root, "bin", "bundle.mjs")).href);
  await bundle({ root, dist });
  writeFileSync(stamp, wanted);
}
