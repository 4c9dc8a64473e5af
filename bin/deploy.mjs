#!/usr/bin/env node
// Builds pRuntime and renders the recipes of `deploy/` with the hashes of what was built: `node bin/deploy.mjs DIR`.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkNode, install } from "./bootstrap.mjs";
import { manifestOf } from "./manifest.mjs";
import { measure } from "./measure.mjs";
import { renderRecipes } from "./recipes.mjs";

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [out] = process.argv.slice(2);
  if (out === undefined) {
    process.stderr.write("Name a folder: node bin/deploy.mjs DIR\n");
    process.exit(2);
  }
  checkNode();
  install();
  const measured = await measure(out);
  const recipes = renderRecipes(measured);
  const { manifest, appComposes } = await manifestOf(measured, recipes);
  const document = { ...measured, ...manifest };
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify(document, null, 2)}\n`);
  for (const [name, text] of Object.entries({ ...recipes, ...appComposes })) {
    mkdirSync(dirname(join(out, name)), { recursive: true });
    writeFileSync(join(out, name), text);
  }
  process.stdout.write(`${measured.digest}\n`);
}
