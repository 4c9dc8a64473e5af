#!/usr/bin/env node
// Builds pRuntime and renders the recipes of `deploy/` with the hashes of what was built: `node bin/deploy.mjs DIR`.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { checkNode, install, root } from "./bootstrap.mjs";
import { measure } from "./measure.mjs";

const TEMPLATES = join(root, "deploy");
/** Not recipes. */
const OTHER = new Set(["README.md", "images.json"]);

function* filesIn(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesIn(path);
    else yield path;
  }
}

/**
 * @param measured what `measure` gave
 * @returns {Record<string, string>} text of each recipe by its path below `deploy/`
 */
export function renderRecipes(measured) {
  const values = { DIGEST: measured.digest.slice(2) };
  for (const { name, sha256 } of measured.scripts)
    values[`${name.replace(".js", "").toUpperCase()}_SHA256`] = sha256;
  const rendered = {};
  for (const path of filesIn(TEMPLATES)) {
    const name = relative(TEMPLATES, path);
    if (OTHER.has(name)) continue;
    rendered[name] = readFileSync(path, "utf8").replace(/@([A-Z0-9_]+)@/g, (_, key) => {
      if (!Object.hasOwn(values, key)) throw new Error(`${name} asks for an unknown ${key}`);
      return values[key];
    });
  }
  return rendered;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [out] = process.argv.slice(2);
  if (out === undefined) {
    process.stderr.write("Name a folder: node bin/deploy.mjs DIR\n");
    process.exit(2);
  }
  checkNode();
  install();
  const measured = await measure(out);
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify(measured, null, 2)}\n`);
  for (const [name, text] of Object.entries(renderRecipes(measured))) {
    mkdirSync(dirname(join(out, name)), { recursive: true });
    writeFileSync(join(out, name), text);
  }
  process.stdout.write(`${measured.digest}\n`);
}
