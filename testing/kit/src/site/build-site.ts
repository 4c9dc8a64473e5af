/** The whole site as files: path → content. Nothing is fetched and nothing of the network is needed to read it. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT, readText } from "../workspace/files.ts";
import { pageHtml } from "./page-template.ts";
import { imageTarget, renderMarkdown } from "./render-markdown.ts";
import { CONTENTS, type SitePage, siteParts, targetOf } from "./site-map.ts";

const ASSETS = "testing/kit/src/site/assets";
/** Colours, space and type are the console's. */
const INDEX = "assets/search-index.js";
const TOKENS = "apps/console/src/styles/tokens.css";

export interface SiteOptions {
  /** Base URL of the repository's files; absent: links to sources lead into the checkout. */
  readonly sourceUrl?: string | undefined;
}

export type SiteFiles = ReadonlyMap<string, string | Uint8Array>;

export function buildSite({ sourceUrl }: SiteOptions = {}): SiteFiles {
  const parts = siteParts();
  const home: SitePage = { source: CONTENTS, target: targetOf(CONTENTS), title: "Documentation" };
  const all = [home, ...parts.flatMap(({ pages }) => pages)];
  const pages = new Map(all.map(({ source, target }) => [source, target]));
  const commit = commitOf();
  const files = new Map<string, string | Uint8Array>();
  const index: object[] = [];
  for (const page of all) {
    const rendered = renderMarkdown(readText(page.source), { ...page, pages, sourceUrl });
    files.set(page.target, pageHtml({ page, rendered, parts, commit }));
    for (const file of rendered.images)
      files.set(imageTarget(file), readFileSync(join(ROOT, file)));
    for (const { id, title, text } of rendered.sections)
      index.push([page.target, id, rendered.title, title, text]);
  }
  files.set("assets/tokens.css", readText(TOKENS));
  files.set("assets/site.css", readText(`${ASSETS}/site.css`));
  files.set("assets/site.js", readText(`${ASSETS}/site.js`));
  // A script, not JSON: pages opened from a disk may not fetch.
  files.set(INDEX, `globalThis.PHA_SEARCH = ${JSON.stringify(index)};\n`);
  return files;
}

/** Replaces an earlier site in the folder, and nothing else that may be there. */
export function writeSite(folder: string, files: SiteFiles): void {
  if (existsSync(join(folder, INDEX))) rmSync(folder, { recursive: true });
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

function commitOf(): string {
  try {
    const options = { cwd: ROOT, encoding: "utf8" } as const;
    return `commit ${execFileSync("git", ["rev-parse", "--short=12", "HEAD"], options).trim()}`;
  } catch {
    // A copy of the sources without their history.
    return "a copy without history";
  }
}
