/** The frame of every page: head, search, navigation, contents of the page, neighbours. */
import { dirname, relative } from "node:path";
import { escapeHtml } from "./html.ts";
import type { RenderedPage } from "./render-markdown.ts";
import type { SitePage, SitePart } from "./site-map.ts";

export interface FrameOptions {
  readonly page: SitePage;
  readonly rendered: RenderedPage;
  readonly parts: readonly SitePart[];
  /** Commit that the site was made of. */
  readonly commit: string;
}

/** Nothing but the site's own files; no inline script or style. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

export function pageHtml({ page, rendered, parts, commit }: FrameOptions): string {
  const to = (target: string): string =>
    escapeHtml(relative(dirname(page.target), target) || target);
  const isHome = page.target === "index.html";
  const title = isHome ? "Pha documentation" : `${rendered.title} · Pha`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${to("assets/tokens.css")}">
<link rel="stylesheet" href="${to("assets/site.css")}">
<script src="${to("assets/site.js")}" data-root="${to("index.html").replace(/index\.html$/, "")}"></script>
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header class="top">
<a class="brand" href="${to("index.html")}">Pha <span>documentation</span></a>
<div class="search" role="search" hidden>
<label class="hidden" for="query">Search</label>
<input id="query" type="search" placeholder="Search" autocomplete="off" spellcheck="false" aria-controls="results">
<kbd aria-hidden="true">/</kbd>
<div id="results" aria-live="polite" hidden></div>
</div>
<button class="theme" type="button" hidden></button>
</header>
<div class="frame">
<details class="menu"><summary>All pages</summary>${navigation(page, parts, to)}</details>
<nav class="side" aria-label="Pages">${navigation(page, parts, to)}</nav>
<main id="content"${isHome ? ' class="home"' : ""}>
${isHome ? "" : `<p class="part">${escapeHtml(partOf(page, parts))}</p>`}
${isHome ? cards(rendered.html) : rendered.html}
${neighbours(page, parts, to)}
<footer>Made of ${escapeHtml(page.source)} at ${escapeHtml(commit)}.</footer>
</main>
${isHome ? "" : onThisPage(rendered)}
</div>
</body>
</html>
`;
}

/** Entries of the contents: what a page is stands below its name, not behind a dash. */
function cards(html: string): string {
  return html.replaceAll("</a> – ", "</a> ");
}

type Link = (target: string) => string;

function navigation(page: SitePage, parts: readonly SitePart[], to: Link): string {
  return parts
    .map(({ title, pages }) => {
      const links = pages.map(({ target, title: name }) => {
        const here = target === page.target ? ' aria-current="page"' : "";
        return `<li><a href="${to(target)}"${here}>${escapeHtml(name)}</a></li>`;
      });
      return `<h2>${escapeHtml(title)}</h2><ul>${links.join("")}</ul>`;
    })
    .join("");
}

function partOf(page: SitePage, parts: readonly SitePart[]): string {
  return parts.find(({ pages }) => pages.some(({ target }) => target === page.target))?.title ?? "";
}

function onThisPage({ headings }: RenderedPage): string {
  const shown = headings.filter(({ depth }) => depth === 2 || depth === 3);
  const depths = shown.length > 40 ? [2] : [2, 3];
  const links = shown
    .filter(({ depth }) => depths.includes(depth))
    .map(
      ({ id, text, depth }) =>
        `<li class="d${depth}"><a href="#${id}">${escapeHtml(text)}</a></li>`,
    );
  if (links.length < 2) return "";
  return `<nav class="contents" aria-label="On this page"><h2>On this page</h2><ul>${links.join("")}</ul></nav>`;
}

function neighbours(page: SitePage, parts: readonly SitePart[], to: Link): string {
  const all = parts.flatMap(({ pages }) => pages);
  const at = all.findIndex(({ target }) => target === page.target);
  const link = (other: SitePage | undefined, rel: "prev" | "next", word: string): string =>
    other === undefined
      ? ""
      : `<a rel="${rel}" href="${to(other.target)}"><span>${word}</span> ${escapeHtml(other.title)}</a>`;
  if (at < 0) return "";
  return `<nav class="around" aria-label="Before and after">${link(all[at - 1], "prev", "Before")}${link(all[at + 1], "next", "Next")}</nav>`;
}
