/** `npm run docs`: writes what derives from the sources. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./files.ts";
import { generatedDocuments } from "./generated-documents.ts";

for (const [path, text] of generatedDocuments()) {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true });
  writeFileSync(join(ROOT, path), text);
  process.stdout.write(`${path}\n`);
}
