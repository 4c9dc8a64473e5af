// Recipes of `deploy/` with the hashes of what was built.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./bootstrap.mjs";

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
