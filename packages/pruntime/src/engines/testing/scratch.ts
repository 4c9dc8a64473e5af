/** Scratch folders from which installed packages resolve and that version control does not see. */
import { existsSync, mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { assert } from "@pha/scale";

export function createScratchFolder(name: string): string {
  return mkdtempSync(join(nodeModulesAbove(import.meta.dirname), `.${name}-`));
}

function nodeModulesAbove(folder: string): string {
  const found = join(folder, "node_modules", "@jitl");
  if (existsSync(found)) return dirname(found);
  assert(dirname(folder) !== folder, "the engine's packages are installed");
  return nodeModulesAbove(dirname(folder));
}
