import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../workspace/files.ts";
import { buildSite } from "./build-site.ts";
import { highlight } from "./highlight.ts";
import { type RenderOptions, renderMarkdown } from "./render-markdown.ts";
import { siteDocuments, siteParts } from "./site-map.ts";

const files = buildSite();
const pages = [...files].flatMap(([path, content]) =>
  path.endsWith(".html") && typeof content === "string" ? [[path, content] as const] : [],
);

test("the contents name every document once, and no other", () => {
  const listed = siteParts().flatMap(({ pages: own }) => own.map(({ source }) => source));
  expect(listed.toSorted()).toEqual(siteDocuments().toSorted());
});

test("the site is whole", () => {
  expect(pages.length).toBe(siteDocuments().length + 1);
});

test("every link of every page leads to a page, a place in it, or a file of the checkout", () => {
  const ids = new Map(
    pages.map(([path, html]) => [
      path,
      new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)),
    ]),
  );
  const broken: string[] = [];
  let count = 0;
  for (const [path, html] of pages)
    for (const [, link = ""] of html.matchAll(/ (?:href|src)="([^"]+)"/g)) {
      if (/^(https?:|mailto:)/.test(link)) continue;
      count++;
      const [file = "", id] = link.split("#");
      const target = file === "" ? path : normalize(join(dirname(path), file));
      const isThere = files.has(target) || isInCheckout(path, file);
      const known = ids.get(target);
      if (!isThere || (id !== undefined && known !== undefined && !known.has(id)))
        broken.push(`${path} → ${link}`);
    }
  expect(broken).toEqual([]);
  expect(count).toBeGreaterThan(2_000);
});

/** As seen from `dist/docs`, where the site lies. */
function isInCheckout(page: string, link: string): boolean {
  const path = normalize(join("dist/docs", dirname(page), link));
  try {
    readFileSync(join(ROOT, path));
    return true;
  } catch (error) {
    // A folder is there, too.
    return error instanceof Error && "code" in error && error.code === "EISDIR";
  }
}

test("no page has a script, a style or a handler in it, and all forbid them", () => {
  for (const [path, html] of pages) {
    expect(html, path).toContain("script-src 'self'; style-src 'self'");
    expect(html, path).not.toMatch(/<style|<[^>]* (style|on\w+)="|="javascript:/i);
    expect(
      [...html.matchAll(/<script([^>]*)>([^<]*)/g)].map(([, , body]) => body),
      path,
    ).toEqual([""]);
  }
});

test("the search finds a page's words under their heading", () => {
  const script = String(files.get("assets/search-index.js"));
  const index: readonly (readonly string[])[] = JSON.parse(
    script.slice(script.indexOf("["), script.lastIndexOf("]") + 1),
  );
  const [found] = index.filter(
    ([page, id]) => page === "tutorial.html" && id === "write-the-contract",
  );
  expect(found?.slice(2, 4)).toEqual(["Your first contract", "Write the contract"]);
  expect(found?.[4]).toContain("A command changes state");
});

const options: RenderOptions = {
  source: "docs/a.md",
  target: "a.html",
  pages: new Map([
    ["docs/a.md", "a.html"],
    ["docs/b/c.md", "b/c.html"],
    ["packages/sdk/README.md", "packages/sdk.html"],
  ]),
};
const htmlOf = (markdown: string, more: Partial<RenderOptions> = {}): string =>
  renderMarkdown(markdown, { ...options, ...more }).html;

test("raw HTML is shown, not obeyed", () => {
  const html = htmlOf(
    '<script>alert(1)</script>\n\na <img src=x onerror="alert(1)"> b\n\n# <b>x</b>',
  );
  expect(html).not.toMatch(/<(script|img|b)\b/);
  expect(html).toContain("&lt;script&gt;alert(1)");
  expect(htmlOf('```ts "><script>\n</code><script>x\n```')).not.toContain("<script>");
});

test("links of other kinds than the web's, and pictures from elsewhere, stay words", () => {
  expect(htmlOf("[a](javascript:alert) [b](data:text/html,x) [c](//host/x)")).not.toContain("href");
  expect(htmlOf("![a](https://host/x.png) ![b](../../../x.png)")).not.toContain("<img");
});

test("links to documents become links to pages, links to sources lead into the checkout or to the given address", () => {
  expect(htmlOf("[a](b/c.md#x)")).toContain('href="b/c.html#x"');
  expect(htmlOf("[a](../a.md)", { source: "docs/b/c.md", target: "b/c.html" })).toContain(
    'href="../a.html"',
  );
  expect(htmlOf("[a](../packages/sdk)")).toContain('href="packages/sdk.html"');
  expect(htmlOf("[a](../bin/pha.mjs)")).toContain('href="../../bin/pha.mjs"');
  expect(htmlOf("[a](../bin/pha.mjs)", { sourceUrl: "https://host/tree/" })).toContain(
    'href="https://host/tree/bin/pha.mjs"',
  );
});

test("headings that are alike have different anchors", () => {
  const { headings } = renderMarkdown("# A b\n\n## C\n\n## C\n", options);
  expect(headings.map(({ id }) => id)).toEqual(["a-b", "c", "c-1"]);
});

test("a sequence diagram is a list of its steps", () => {
  const html = htmlOf(
    "```mermaid\nsequenceDiagram\n participant A as Alice <x>\n A->>B: hi\n B-->>B: think\n```",
  );
  expect(html.match(/<li>/g)).toHaveLength(2);
  expect(html).toContain("<b>Alice &lt;x&gt;</b>");
});

test("highlighted code has the text that it had", () => {
  const text = 'const a = "<b>"; // it\'s `x` & y\n';
  const plain = highlight(text, "ts").replaceAll(/<\/?span[^>]*>/g, "");
  expect(plain).toBe("const a = &quot;&lt;b&gt;&quot;; // it&#39;s `x` &amp; y\n");
  expect(highlight(text, "ts")).toContain('<span class="k">const</span>');
});
