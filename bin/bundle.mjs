// Bundles the programs with esbuild: our packages and npm's pure ones inside, native and tool packages outside.
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleConsole } from "./bundle-console.mjs";
import { bundleTracker } from "./bundle-tracker.mjs";
import { warmUp } from "./warm-up.mjs";

/** Program → entry. Paths are relative to the root. */
export const PROGRAMS = {
  pha: "apps/cli/src/main.ts",
  node: "packages/node/src/main.ts",
  signer: "packages/node/src/signer/main.ts",
  signatures: "packages/node/src/pool/signature-program.ts",
  worker: "packages/worker/src/main.ts",
  pruntime: "packages/pruntime/src/shell/main.ts",
  libp2p: "packages/network/src/shell/libp2p-modules.ts",
  engine: "packages/pruntime/src/engines/javascript/main.ts",
  audit: "packages/pruntime/src/audit/index.ts",
  "contract-build": "packages/contract/src/build/index.ts",
};

/**
 * Programs that start with the code that V8 kept of them. Not pRuntime and its engine: what they run is measured, and
 * such a cache is code beside what was measured.
 */
const SCRIPTS = ["pha", "node", "worker", "libp2p"];

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

/** What a tool loads beside it, with the half of crypto that browsers have. */
export const WEB_HALVES = {
  vectors: { "vectors-web": "testing/kit/src/vectors/web-half.ts" },
};

/**
 * Inside the bundle: what a program runs is then one file to load, and pRuntime's measurement covers it. Outside stay
 * native packages, what starts threads from files of its own, and tools.
 */
const INSIDE =
  /^(@pha|@noble|@scure|@polkadot|hash-wasm|xxhash-wasm|ws|commander|prom-client|tdigest|bintrees|tslib)(\/|$)/;
/** Two hundred small packages that a node loads when it has a network: all of them inside, but what is native and optional. */
const WHOLE = "libp2p";
const LIBP2P = /\/libp2p-modules\.ts$/;
const OPTIONAL = /^(bufferutil|utf-8-validate|supports-color)(\/|$)/;
/** Has Wasm and, for engines without it, the same as JavaScript: every Node has Wasm. */
const WASM_ONLY = /^@polkadot\/wasm-crypto-init$/;
/** Its Wasm is packed, and it unpacks it in JavaScript, which takes half of a program's start. */
const WASM_BUNDLE = /@polkadot\/wasm-crypto-wasm\/bundle\.js$/;
const INFLATED = `
import { inflateSync } from "node:zlib";
import { bytes, lenOut } from "./cjs/bytes.js";
export { packageInfo } from "./packageInfo.js";
export const wasmBytes = inflateSync(Buffer.from(bytes, "base64"), { maxOutputLength: lenOut });
`;
/** Programs that others load by these names. */
const PROGRAM_OF = {
  "@pha/node/program": "./node.js",
  "@pha/contract/build": "./contract-build.js",
  "@pha/pruntime/audit": "./audit.js",
};
const BESIDE = new RegExp(`^(${Object.keys(PROGRAM_OF).join("|")})$`);
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

/** @param conditions of packages, such as `pha-web` for the half of crypto that browsers have */
export async function bundle({ root, dist, programs = PROGRAMS, conditions = [] }) {
  const entries = Object.entries(programs)
    .map(([name, entry]) => [name, join(root, entry)])
    .filter(([, entry]) => existsSync(entry));
  const isScript = ([name]) => programs === PROGRAMS && SCRIPTS.includes(name);
  const modules = entries.filter((entry) => !isScript(entry));
  const scripts = entries.filter(isScript);
  await Promise.all([
    bundleModules({ root, dist, entryPoints: Object.fromEntries(modules), conditions }),
    ...scripts.map(([name, entry]) => bundleScript({ root, dist, name, entry })),
  ]);
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
  if (programs !== PROGRAMS) return;
  copyFileSync(join(root, "bin", "run-script.mjs"), join(dist, "run-script.mjs"));
  await Promise.all([
    buildSamples({ root, dist }),
    warmUp(dist),
    bundleConsole({ root, dist }),
    buildSite({ root, dist }),
  ]);
}

/** Settings that all bundles of programs have in common; `outside` is what becomes of an import of another package. */
function settings({ root, dist, outside, name }) {
  const isWhole = (path) => name === WHOLE && !OPTIONAL.test(path) && !isBuiltin(path);
  return {
    absWorkingDir: root,
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
    // Comments are not ASCII, and V8 takes two bytes for each character of a text that is not. Names stay.
    minifyWhitespace: true,
    lineLimit: 120,
    logLevel: "warning",
    plugins: [
      {
        name: "packages",
        setup(context) {
          context.onResolve({ filter: WASM_ONLY }, ({ path, kind, resolveDir }) =>
            context.resolve(`${path}/wasm`, { kind, resolveDir }),
          );
          context.onLoad({ filter: WASM_BUNDLE }, ({ path }) => ({
            contents: INFLATED,
            resolveDir: dirname(path),
          }));
          // Programs of their own beside this one: whoever needs one loads it when it does.
          context.onResolve({ filter: BESIDE }, ({ path, kind }) =>
            kind === "dynamic-import" ? { path: PROGRAM_OF[path], external: true } : undefined,
          );
          if (name === "node")
            context.onResolve({ filter: LIBP2P }, () => ({ path: "./libp2p.js", external: true }));
          context.onResolve({ filter: /^[^./#]/ }, (asked) => {
            const { path, kind, resolveDir } = asked;
            const isInside = INSIDE.test(path) || isNested(path, resolveDir, root) || isWhole(path);
            return kind === "entry-point" || isInside ? undefined : outside(asked);
          });
          context.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({
            contents: `module.exports = require(${JSON.stringify(path)});`,
            resolveDir: root,
          }));
        },
      },
    ],
  };
}

async function bundleModules({ root, dist, entryPoints, conditions }) {
  const { build } = await import("esbuild");
  await build({
    ...settings({ root, dist, outside: ({ path }) => ({ path, external: true }) }),
    entryPoints,
    conditions,
    banner: { js: BANNER },
  });
}

/** Imports of packages outside, in a script, by this name of esbuild's. */
const REQUIRED = "required";

/**
 * A script that is one function, and the module that runs it: V8 takes kept code for scripts only. What a module has and
 * a script has not are the function's parameters; static imports of what is outside become calls of `require`.
 */
async function bundleScript({ root, dist, name, entry }) {
  const { build } = await import("esbuild");
  const outside = ({ path, kind, namespace }) =>
    kind === "import-statement" && namespace !== REQUIRED
      ? { path, namespace: REQUIRED }
      : { path, external: true };
  const { outputFiles, metafile } = await build({
    ...settings({ root, dist, outside, name }),
    entryPoints: { [`${name}.script`]: entry },
    define: { "import.meta.url": "moduleUrl" },
    metafile: true,
    write: false,
  });
  const [output] = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint);
  const [map, bundled] = outputFiles;
  const script = scriptOf(name, bundled.text, output);
  writeFileSync(map.path, map.contents);
  rmSync(`${bundled.path}.cache`, { force: true });
  writeFileSync(bundled.path, script);
  const names =
    output.exports.length === 0 ? "" : `export const { ${output.exports.join(", ")} } = `;
  writeFileSync(
    join(dist, `${name}.js`),
    `import { runScript } from "./run-script.mjs";\n${names}await runScript(import.meta.url);\n`,
  );
}

/** The text of a module as a function; fails where that would be another program. */
function scriptOf(name, text, { imports }) {
  const dynamic = imports.filter(({ kind }) => kind === "dynamic-import").length;
  let replaced = 0;
  const body = text
    .replace(/\bimport\(/g, () => {
      replaced++;
      return "importModule(";
    })
    .replace(/\bexport\s*\{([^}]*)\};?(?=\s*\/\/# sourceMappingURL=.*\s*$)/, (_, list) => {
      const pairs = list.split(",").map((one) => one.trim().split(" as "));
      return `return { ${pairs.map(([own, given = own]) => `${given}: ${own}`).join(", ")} };`;
    });
  if (replaced !== dynamic)
    throw new Error(
      `${name} cannot be a script: ${replaced} times "import(" for ${dynamic} imports`,
    );
  if (/[^\0-\x7f]/.test(body)) throw new Error(`${name} cannot be a script: it is not ASCII`);
  return `(async (require, moduleUrl, importModule) => { "use strict";${body}\n})`;
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

/** What a collector serves to pages, and the sample site of the devnet. */
async function buildSite({ root, dist }) {
  const tracker = join(dist, "tracker");
  mkdirSync(tracker, { recursive: true });
  for (const [name, bytes] of Object.entries(await bundleTracker(root)))
    writeFileSync(join(tracker, name), bytes);
  cpSync(join(root, "apps", "cli", "site"), join(dist, "site"), { recursive: true });
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
