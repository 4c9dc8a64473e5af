const { existsSync, readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

// The arrows of the map in ARCHITECTURE.md, as rules. What is not listed in MAY_USE is refused.

/** Workspace folder → packages it may import. `scale` and `crypto` are written out too. */
const MAY_USE = {
  "packages/scale": [],
  "packages/crypto": ["scale"],
  "packages/protocol": ["scale", "crypto"],
  "packages/state": ["scale", "crypto"],
  "packages/consensus": ["scale", "crypto", "state"],
  "packages/frame": ["scale", "crypto", "state"],
  "packages/attestation": ["scale", "crypto", "protocol"],
  "packages/contract": ["scale"],
  "packages/runtime": [
    "scale",
    "crypto",
    "protocol",
    "frame",
    "attestation",
    "consensus",
    "contract",
  ],
  "packages/pruntime": [
    "scale",
    "crypto",
    "protocol",
    "state",
    "consensus",
    "attestation",
    "contract",
  ],
  "packages/network": ["scale", "crypto", "state", "consensus"],
  "packages/node": [
    "scale",
    "crypto",
    "protocol",
    "state",
    "consensus",
    "frame",
    "runtime",
    "network",
  ],
  "packages/worker": ["scale", "crypto", "protocol", "pruntime", "sdk"],
  "packages/sdk": [
    "scale",
    "crypto",
    "protocol",
    "state",
    "consensus",
    "frame",
    "attestation",
    "contract",
  ],
  "packages/tracker": [],
  "apps/cli": [
    "scale",
    "crypto",
    "protocol",
    "state",
    "consensus",
    "frame",
    "runtime",
    "attestation",
    "contract",
    "pruntime",
    "node",
    "worker",
    "sdk",
    "tracker",
    "contracts/counter",
    "contracts/analytics",
  ],
  "apps/console": [
    "scale",
    "crypto",
    "protocol",
    "state",
    "attestation",
    "contract",
    // The engine that contracts run in, and nothing else of pRuntime.
    "pruntime/src/engines",
    "sdk",
    "contracts/analytics",
  ],
  "contracts/counter": ["scale", "contract"],
  "contracts/analytics": ["scale", "contract"],
};

const CORES =
  "^packages/(scale|crypto|protocol|state|consensus|frame|runtime|attestation|contract)/src/|^packages/pruntime/src/(core|wire)/|^packages/network/src/(wire|peers)/";
const NOT_CORE =
  "\\.(test|test-d|bench|node|web)\\.ts$|^packages/contract/src/(build|testing)/|/(testing|test)/";
const TESTS = "\\.(test|test-d|bench)\\.ts$|/(testing|test)/";
/** The builder of contracts is a tool for authors, not part of what a contract imports. */
const BUILDER = "^packages/contract/src/build/";
/** What opens a validator's secret keys. */
const SECRETS = "signer/(main|open-signer|signer-machine|secret-keys|keystore-folder)\\.ts$";
/** Files of the console's second program, which checks and builds contracts in a worker. */
const COMPILER =
  "^apps/console/src/playground/((page-workshop|workshop|compiler|bundler|evaluate|library|trial)\\.ts|templates/)";
const folderOf = (name) => (name.startsWith("contracts/") ? name : `packages/${name}`);

const arrows = Object.entries(MAY_USE).map(([folder, targets]) => ({
  name: `arrows-of-${folder.replace("/", "-")}`,
  severity: "error",
  comment: `${folder} may import: ${targets.join(", ") || "nothing"}`,
  from: { path: `^${folder}/src/`, pathNot: [TESTS, BUILDER] },
  to: {
    path: "^(packages|apps|contracts|testing|bench)/",
    pathNot: [`^${folder}/`, ...targets.map((target) => `^${folderOf(target)}/`)],
  },
}));

/** Public files: what the package.json of each workspace exports. */
const PUBLIC = ["packages", "apps", "contracts", "testing", "."]
  .filter((folder) => existsSync(join(__dirname, folder)))
  .flatMap((folder) =>
    folder === "."
      ? ["bench"]
      : readdirSync(join(__dirname, folder)).map((name) => `${folder}/${name}`),
  )
  .filter((folder) => existsSync(join(__dirname, folder, "package.json")))
  .flatMap((folder) => {
    const { exports = {} } = JSON.parse(
      readFileSync(join(__dirname, folder, "package.json"), "utf8"),
    );
    return Object.values(exports).map((file) => `^${join(folder, file).replaceAll(".", "\\.")}$`);
  });

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      comment: "files may name each other's types; code may not go round",
      from: { pathNot: TESTS },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    ...arrows,
    {
      name: "arrows-of-contract-builder",
      severity: "error",
      from: { path: BUILDER, pathNot: TESTS },
      to: {
        path: "^(packages|apps|contracts|testing|bench)/",
        pathNot: "^packages/(contract|scale|crypto)/",
      },
    },
    {
      name: "no-deep-imports",
      severity: "error",
      comment: "another package is imported by its name, never below its index",
      from: { path: "^((?:packages|apps|contracts|testing)/[^/]+|bench)/" },
      to: {
        path: "^(packages|apps|contracts|testing|bench)/",
        pathNot: ["^$1/", ...PUBLIC, "/package\\.json$"],
      },
    },
    {
      name: "no-node-in-cores",
      severity: "error",
      from: { path: CORES, pathNot: NOT_CORE },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-packages-in-cores",
      severity: "error",
      comment: "only crypto wraps npm packages",
      from: { path: CORES, pathNot: [NOT_CORE, "^packages/crypto/"] },
      to: { path: "node_modules/(?!@pha/)" },
    },
    {
      name: "pure-packages-in-crypto",
      severity: "error",
      comment: "outside its halves crypto uses noble and scure only",
      from: { path: "^packages/crypto/src/", pathNot: NOT_CORE },
      to: { path: "node_modules/", pathNot: "node_modules/@(noble|scure)/" },
    },
    {
      name: "no-entropy-in-cores",
      severity: "error",
      comment: "entropy is an input of a core",
      from: { path: CORES, pathNot: [NOT_CORE, "^packages/crypto/src/index\\.ts$"] },
      to: { path: "^packages/crypto/src/entropy\\.ts$" },
    },
    {
      name: "state-machine-alone",
      severity: "error",
      comment: "pruntime's core knows nothing of its shell, engines and providers",
      from: { path: "^packages/pruntime/src/(core|wire)/", pathNot: TESTS },
      to: { path: "^packages/pruntime/src/", pathNot: "^packages/pruntime/src/(core|wire)/" },
    },
    {
      name: "network-cores-alone",
      severity: "error",
      comment: "codecs and the peer manager know nothing of libp2p's shell",
      from: { path: "^packages/network/src/(wire|peers)/", pathNot: TESTS },
      to: { path: "^packages/network/src/", pathNot: "^packages/network/src/(wire|peers)/" },
    },
    {
      name: "worker-sees-the-pipe-only",
      severity: "error",
      from: { path: "^packages/worker/src/", pathNot: TESTS },
      to: { path: "^packages/pruntime/src/", pathNot: "^packages/pruntime/src/wire/" },
    },
    {
      name: "secrets-in-the-signer",
      severity: "error",
      comment:
        "the node asks its signer; only the signer's program, key commands and tests open keys",
      from: {
        path: "^packages/node/src/",
        pathNot: [TESTS, `^packages/node/src/((main|index)\\.ts$|${SECRETS})`],
      },
      to: { path: `^packages/node/src/${SECRETS}` },
    },
    {
      name: "console-layers",
      severity: "error",
      comment: "routes → features → lens, chain → ui → format, text; no feature knows another one",
      from: { path: "^apps/console/src/(ui|format|text|chain|lens)/" },
      to: { path: "^apps/console/src/(app|routes|features)/" },
    },
    {
      name: "console-ui-knows-no-chain",
      severity: "error",
      from: { path: "^apps/console/src/(ui|format|text)/" },
      to: { path: "^apps/console/src/(chain|lens)/" },
    },
    {
      name: "console-features-apart",
      severity: "error",
      comment: "what two features need belongs below them",
      from: { path: "^apps/console/src/features/([^/]+)/" },
      to: { path: "^apps/console/src/(app|routes|features/(?!$1/))" },
    },
    {
      name: "console-core-loaded-late",
      severity: "error",
      comment: "cryptography and SDK are one part that is loaded once, behind chain/connection",
      from: {
        path: "^apps/console/src/",
        pathNot: ["^apps/console/src/chain/core/", COMPILER, TESTS],
      },
      to: {
        path: `^packages/(sdk|protocol|crypto|state|attestation|contract|pruntime)/|^apps/console/src/chain/core/|${COMPILER}`,
        dependencyTypesNot: ["type-only"],
        dynamic: false,
      },
    },
    {
      name: "console-compiler-apart",
      severity: "error",
      comment: "the compiler's worker is a program of its own: it knows nothing of pages",
      from: { path: COMPILER, pathNot: TESTS },
      to: {
        path: "^apps/console/src/",
        pathNot: [COMPILER, "^apps/console/src/(playground|chain/problem\\.ts)"],
      },
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: {},
      // An address of a file that Vite copies.
      to: { couldNotResolve: true, pathNot: "\\?url$" },
    },
    {
      name: "no-tests-in-programs",
      severity: "error",
      from: { pathNot: `${TESTS}|^(testing|bench)/` },
      to: { path: `\\.(test|bench)\\.ts$|^testing/|^bench/|node_modules/(vitest|fast-check)/` },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules/(?!@pha/)" },
    // Beside what is built: what a test of builds makes and removes while this runs.
    exclude: { path: "(^|/)(dist|node_modules/\\.cache|\\.build-[^/]+)/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    preserveSymlinks: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".json", ".d.ts"],
    },
  },
};
