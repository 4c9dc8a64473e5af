// Bundles the programs with esbuild: our packages inside, npm packages outside.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Program → entry. Paths are relative to the root. */
export const PROGRAMS = {
  pha: "apps/cli/src/main.ts",
  node: "packages/node/src/main.ts",
  worker: "packages/worker/src/main.ts",
  pruntime: "packages/pruntime/src/shell/main.ts",
  engine: "packages/pruntime/src/engines/javascript/main.ts",
  "contract-build": "packages/contract/src/build/index.ts",
};

/** Sample contracts whose artefacts a devnet starts with. */
const SAMPLES = {
  counter: "contracts/counter/src/counter.ts",
  analytics: "contracts/analytics/src/analytics.ts",
};

/** Tools of the workspace, bundled the same way when they are run. */
export const TOOLS = {
  vectors: "testing/kit/src/vectors/main.ts",
  bench: "bench/src/main.ts",
  docs: "testing/kit/src/workspace/write-docs.ts",
};

/** A package that only one workspace has (another version than the root's) goes inside: outside, the root's would be found. */
function isNested(path, from, root) {
  const name = path
    .split("/")
    .slice(0, path.startsWith("@") ? 2 : 1)
    .join("/");
  for (let folder = from; folder.startsWith(root) && folder !== root; folder = dirname(folder))
    if (existsSync(join(folder, "node_modules", name))) return true;
  return false;
}

export async function bundle({ root, dist, programs = PROGRAMS }) {
  const { build } = await import("esbuild");
  const entryPoints = Object.fromEntries(
    Object.entries(programs)
      .map(([name, entry]) => [name, join(root, entry)])
      .filter(([, entry]) => existsSync(entry)),
  );
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: dist,
    bundle: true,
    splitting: false,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "linked",
    legalComments: "none",
    logLevel: "warning",
    plugins: [
      {
        name: "npm-packages-outside",
        setup(context) {
          context.onResolve({ filter: /^[^./#]/ }, ({ path, kind, resolveDir }) =>
            kind === "entry-point" || path.startsWith("@pha/") || isNested(path, resolveDir, root)
              ? undefined
              : { path, external: true },
          );
        },
      },
    ],
  });
  if (programs === PROGRAMS) await buildSamples({ root, dist });
}

async function buildSamples({ root, dist }) {
  const folder = join(dist, "contracts");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { buildContract } = await import(pathToFileURL(join(dist, "contract-build.js")).href);
  for (const [name, entry] of Object.entries(SAMPLES)) {
    const built = await buildContract({ entry: join(root, entry), trusted: true });
    if (!built.ok)
      throw new Error(`the sample ${name} does not build: ${JSON.stringify(built.error)}`);
    writeFileSync(join(folder, `${name}.pha.json`), built.value.bytes);
  }
}
