#!/usr/bin/env node
// Builds pRuntime from this checkout alone, and prints what runs inside a TEE: its scripts, each with its hash, and the
// packages that they load beside them; and per platform what it measures of them. The same sources give the same bytes in
// any folder.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkNode, install, root } from "./bootstrap.mjs";
import { bundle, PROGRAMS } from "./bundle.mjs";
import { manifestOf } from "./manifest.mjs";
import { renderRecipes } from "./recipes.mjs";

/** What a TEE runs, in the order in which it is measured. */
const MEASURED = ["pruntime", "engine"];
/** Native and Wasm packages that the scripts load as files; the lockfile pins their content. */
export const LOADED = [
  "@jitl/quickjs-wasmfile-release-sync",
  "@polkadot-labs/schnorrkel-wasm",
  "koffi",
  "mcl-wasm",
  "secp256k1",
  "sodium-native",
];

/** Where the machine's device asks for native calls (Nitro, older SEV-SNP guests): what `koffi` loads, by processor. */
const NATIVE = ["@koromix/koffi-linux-arm64", "@koromix/koffi-linux-x64"];

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/**
 * @param out folder for the scripts; without one they are thrown away
 * @returns {Promise<{ node: string, scripts: { name: string, bytes: number, sha256: string }[], packages: { name: string, version: string, integrity: string }[], digest: string }>}
 */
export async function measure(out) {
  const folder = out ?? mkdtempSync(join(tmpdir(), "pha-measure-"));
  mkdirSync(folder, { recursive: true });
  try {
    const programs = Object.fromEntries(MEASURED.map((name) => [name, PROGRAMS[name]]));
    await bundle({ root, dist: folder, programs });
    const contents = MEASURED.map((name) => readFileSync(join(folder, `${name}.js`)));
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    return {
      node: JSON.parse(readFileSync(join(root, "package.json"), "utf8")).engines.node,
      scripts: MEASURED.map((name, i) => ({
        name: `${name}.js`,
        bytes: contents[i].length,
        sha256: sha256(contents[i]),
      })),
      packages: [...LOADED, ...NATIVE].map((name) => {
        const { version, integrity } = lock.packages[`node_modules/${name}`];
        return { name, version, integrity };
      }),
      // Of the scripts, one after the other: what a simulated platform says it measured.
      digest: `0x${sha256(Buffer.concat(contents))}`,
    };
  } finally {
    if (out === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  checkNode();
  install();
  const [out] = process.argv.slice(2);
  const measured = await measure(out);
  const { manifest } = await manifestOf(measured, renderRecipes(measured));
  process.stdout.write(`${JSON.stringify({ ...measured, ...manifest }, null, 2)}\n`);
}
