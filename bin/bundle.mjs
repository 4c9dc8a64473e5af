// Bundles the programs with esbuild: our packages and npm's pure ones inside, native and tool packages outside.
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

/** Entries of the state transitions that are part of the presets' genesis, by preset. */
export const RUNTIMES = {
  dev: "packages/runtime/src/transition/development.ts",
  local: "packages/runtime/src/transition/local.ts",
  testnet: "packages/runtime/src/transition/testnet.ts",
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

/**
 * Inside the bundle: what a program runs is then one file to load, and pRuntime's measurement covers it. Outside stay
 * native packages, what starts threads from files of its own, and tools.
 */
const INSIDE =
  /^(@pha|@noble|@scure|@polkadot|hash-wasm|xxhash-wasm|ws|commander|prom-client|tdigest|bintrees|tslib)(\/|$)/;
/** Has Wasm and, for engines without it, the same as JavaScript: every Node has Wasm. */
const WASM_ONLY = /^@polkadot\/wasm-crypto-init$/;
/** CommonJS packages inside ask for Node's modules by `require`. */
const BANNER =
  'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);';

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
    // As modules, so that what a program does not use stays out.
    mainFields: ["module", "main"],
    sourcemap: "linked",
    legalComments: "none",
    banner: { js: BANNER },
    logLevel: "warning",
    plugins: [
      {
        name: "packages",
        setup(context) {
          context.onResolve({ filter: WASM_ONLY }, ({ path, kind, resolveDir }) =>
            context.resolve(`${path}/wasm`, { kind, resolveDir }),
          );
          // The node is a program of its own beside this one: whoever needs it loads it when it does.
          context.onResolve({ filter: /^@pha\/node\/program$/ }, () => ({
            path: "./node.js",
            external: true,
          }));
          context.onResolve({ filter: /^[^./#]/ }, ({ path, kind, resolveDir }) =>
            kind === "entry-point" || INSIDE.test(path) || isNested(path, resolveDir, root)
              ? undefined
              : { path, external: true },
          );
        },
      },
    ],
  });
  // The transitions that the node runs as its own lie beside it.
  if ("node" in programs)
    await Promise.all(
      Object.entries(RUNTIMES).map(async ([preset, entry]) =>
        writeFileSync(
          join(dist, `runtime-${preset}.js`),
          await bundleRuntime({ root, entry: join(root, entry) }),
        ),
      ),
    );
  if (programs === PROGRAMS) await buildSamples({ root, dist });
}

/**
 * Bytes of a state transition: one script, everything inside, no names of folders in it. Its primitives are the half of
 * `@pha/crypto` that asks the node.
 */
export async function bundleRuntime({ root, entry }) {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["pha-realm"],
    format: "cjs",
    target: "es2023",
    minify: true,
    charset: "utf8",
    // Nothing of the folders around it decides the bytes.
    tsconfigRaw: "{}",
    banner: { js: '"use strict";' },
    legalComments: "none",
    logLevel: "warning",
  });
  return outputFiles[0].contents;
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
