// Builds the web console into dist/console with Vite, compressed beforehand: the devnet serves files and makes nothing.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Below this a header costs as much as compression saves. */
const LEAST_BYTES = 256;
/** Folders that decide the bytes: the console and what it may import. */
const SOURCES = ["apps/console", "packages", "contracts/analytics"];

const LIBRARIES_OF_CRYPTO = "node_modules/(@noble|@scure|hash-wasm|xxhash-wasm)/";
/** What verifies evidence of real vendors: parsers, roots, collateral. */
const VENDORS =
  "packages/(sdk/src/verify/vendor-verifiers|attestation/src/(android|arm|cose|intel|json|nitro|sev-snp|shown-evidence|tpm|x509/|collateral/(needed|roots|verify-)))";

/** What only who has a wallet needs. */
const WALLETS =
  "packages/(sdk/src/wallets|protocol/src/(typed-data|certificate-typed-data|evm-account|verify-certificate))";

/** What the page that builds and deploys contracts needs, and no other. */
const DEPLOYMENT = "packages/sdk/src/deploy/";

/** What only the page that judges a receipt needs; what makes one comes along with the calls. */
const RECEIPTS = "packages/sdk/src/receipt/";

/** What only who owns a contract with a log needs; whether there is one is known with the contract. */
const LOGS = "packages/(sdk/src/logs/|contract/src/log/(log-line|keep-log))";

/** What follows the chain without a server. */
const SMOLDOT = "packages/sdk/src/light/";

/**
 * What every page needs is few files, which compress better than many. A group takes what its modules need along, but for
 * what groups before it have.
 */
const GROUPS = [
  {
    name: "frame",
    test: /node_modules\/(react|react-dom|scheduler|use-sync-external-store|@tanstack\/(react-router|router-core|react-query|query-core|history|store|react-store))\/|\/apps\/console\/src\/(main|app\/(?!palette|no-network)|ui\/(?!virtual-table|export-buttons)|format\/index|text\/(?!en-machines|machines|en-wallets|wallets|en-build|build|en-logs|logs|en-verify|verify|en-analytics|analytics|en-settings|settings|every|zh)|evidence\/tone|chain\/(?!core|fleet-queries|devnet-faults|wallet-actions|collector|site-queries|log-queries|pasted-bytes)|lens\/(?!args-form)|features\/trust\/trust-strip)|\/packages\/scale\//,
  },
  { name: "crypto", test: new RegExp(`/packages/crypto/|${LIBRARIES_OF_CRYPTO}`) },
  // What the light client and all else need.
  { name: "base", test: new RegExp(`/(?!${WALLETS})packages/(protocol|state)/`) },
  // What follows finality from the genesis block on.
  { name: "light", test: /\/packages\/consensus\// },
  {
    name: "core",
    test: new RegExp(
      `/apps/console/src/chain/core/(?!machines|wallets|workers|clusters|root-keys|hosts|search|items|verify-subject|judge-receipt|deploy|site|logs)|/(?!${VENDORS}|${RECEIPTS}|${LOGS}|${SMOLDOT}|${WALLETS}|${DEPLOYMENT})packages/`,
    ),
  },
  // Loaded when a network is followed by light client.
  { name: "smoldot", test: new RegExp(`/${SMOLDOT}|/node_modules/smoldot/`) },
  // Loaded when evidence of a real vendor is there.
  { name: "vendors", test: new RegExp(`/${VENDORS}`) },
].map((group, at, all) => ({ ...group, priority: all.length - at }));

/** Does nothing when neither the sources nor the lockfile changed since. */
export async function bundleConsole({ root, dist }) {
  const outDir = join(dist, "console");
  const stamp = join(dist, ".console-sources");
  const wanted = hashOf(root);
  if (existsSync(join(outDir, "index.html")) && existsSync(stamp))
    if (readFileSync(stamp, "utf8") === wanted) return;
  const { build } = await import("vite");
  // Vite takes a build for one of development by the variable alone, and whoever runs tests has set it.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  await build({
    root: join(root, "apps", "console"),
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: "warn",
    plugins: [oneCopy(root)],
    // The compiler's program: what pages load is not in it, and it is not in what they load.
    worker: {
      format: "es",
      plugins: () => [oneCopy(root)],
      rolldownOptions: { checks: { pluginTimings: false } },
    },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      // Files of their own: `data:` addresses would need a hole in the policy of content.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // Of the light client, which has its Wasm in it.
      chunkSizeWarningLimit: 4096,
      // "use client" says nothing to who renders in the browser alone.
      rolldownOptions: {
        checks: { moduleLevelDirective: false, pluginTimings: false },
        output: { codeSplitting: { groups: GROUPS } },
      },
    },
  }).finally(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  });
  for (const path of filesUnder(outDir)) {
    const bytes = readFileSync(path);
    if (bytes.length >= LEAST_BYTES) writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  }
  writeFileSync(stamp, wanted);
}

/**
 * `@scure/sr25519` names an older minor release of the curves that `@pha/crypto` uses: a page would load both. The newer
 * one serves both here.
 */
function oneCopy(root) {
  const importer = join(root, "packages", "crypto", "src", "index.ts");
  return {
    name: "one-copy-of-noble",
    enforce: "pre",
    resolveId: {
      filter: { id: /^@noble\/(curves|hashes)\// },
      handler(id) {
        return this.resolve(id, importer, { skipSelf: true });
      },
    },
  };
}

function hashOf(root) {
  const hash = createHash("sha256").update(readFileSync(join(root, "package-lock.json")));
  hash.update(readFileSync(new URL(import.meta.url)));
  for (const folder of SOURCES)
    for (const path of filesUnder(join(root, folder))) {
      if (!/\.(tsx?|css|html|svg|json)$/.test(path) || /\.(test|bench)\.tsx?$/.test(path)) continue;
      hash.update(`\0${path.slice(root.length)}\0`).update(readFileSync(path));
    }
  return hash.digest("hex");
}

function* filesUnder(folder) {
  for (const name of readdirSync(folder).sort()) {
    if (name === "node_modules" || name === "dist" || name.startsWith(".")) continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}
