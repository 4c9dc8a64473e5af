/**
 * `npm run docs`: writes what derives from the sources. `npm run docs -- site [FOLDER] [--source URL]`: renders all documents as a
 * site, into `dist/docs` unless told otherwise; links to sources lead into the checkout, or below the URL.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildSite, writeSite } from "../site/build-site.ts";
import { SITE_FOLDER } from "../site/render-markdown.ts";
import { ROOT } from "./files.ts";
import { generatedDocuments } from "./generated-documents.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { source: { type: "string" } },
});
const [what, folder = join(ROOT, SITE_FOLDER)] = positionals;
if (what === undefined) writeDocuments();
else if (what === "site") site(resolve(folder));
else {
  process.stderr.write(`There is no ${what}; say nothing, or site [FOLDER] [--source URL].\n`);
  process.exitCode = 2;
}

function writeDocuments(): void {
  for (const [path, text] of generatedDocuments()) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
    process.stdout.write(`${path}\n`);
  }
}

function site(target: string): void {
  const files = buildSite({ sourceUrl: values.source });
  writeSite(target, files);
  process.stdout.write(`${files.size} files; open ${join(target, "index.html")}\n`);
}
