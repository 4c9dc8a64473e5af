/** Vector files of crypto as text, to give to a page: third-party ones where they lie beside the checkout. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../workspace/files.ts";
import type { VectorFile } from "./crypto-results.ts";

const FOLDER = join(ROOT, "..", "shared", "vectors", "crypto");

/** Empty without the third-party vectors. */
export function cryptoVectorFiles(): readonly VectorFile[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(FOLDER, name), "utf8") }));
}
