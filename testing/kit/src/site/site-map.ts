/** Which documents are pages of the site, where they go, and in which order: `docs/README.md` is the contents. */
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { filesUnder, ROOT, readText, workspaces } from "../workspace/files.ts";

export const CONTENTS = "docs/README.md";

export interface SitePage {
  /** Path of the document in the repository. */
  readonly source: string;
  /** Path in the site. */
  readonly target: string;
  /** In the navigation. */
  readonly title: string;
}

export interface SitePart {
  readonly title: string;
  readonly pages: readonly SitePage[];
}

/** Parts as the contents list them: `## Part`, then `- [Title](path) – what it is`. */
export function siteParts(contents = readText(CONTENTS)): readonly SitePart[] {
  return contents
    .split(/^## /m)
    .slice(1)
    .map((text) => ({
      title: text.slice(0, text.indexOf("\n")).trim(),
      pages: [...text.matchAll(/^- \[([^\]]+)\]\(([^)#\s]+\.md)\)/gm)].map(
        ([, title = "", link = ""]) => {
          const source = normalize(join(dirname(CONTENTS), link));
          return { source, target: targetOf(source), title };
        },
      ),
    }))
    .filter(({ pages }) => pages.length > 0);
}

/** Documents that the site must have: all of `docs/`, those of the root, and every workspace's README. */
export function siteDocuments(): readonly string[] {
  const readmes = [...workspaces(), "deploy"].map((folder) => `${folder}/README.md`);
  return [
    ...filesUnder("docs", /\.md$/).filter((path) => path !== CONTENTS),
    ...filesUnder("", /^[A-Z]+\.md$/).filter((path) => !path.includes("/")),
    ...readmes.filter((path) => existsSync(join(ROOT, path))),
  ];
}

/** `docs/reference/cli.md` → `reference/cli.html`, `packages/sdk/README.md` → `packages/sdk.html`. */
export function targetOf(source: string): string {
  if (source === CONTENTS) return "index.html";
  if (source === "README.md") return "overview.html";
  return `${source
    .replace(/^docs\//, "")
    .replace(/\/README\.md$/, "")
    .replace(/\.md$/, "")
    .toLowerCase()}.html`;
}
