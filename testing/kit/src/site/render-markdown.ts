/** From a document to the HTML of its page. Raw HTML in a document is shown, not obeyed. */
import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { Marked, type Token, type Tokens } from "marked";
import { ROOT } from "../workspace/files.ts";
import { anchorOf } from "../workspace/markdown.ts";
import { highlight } from "./highlight.ts";
import { escapeHtml } from "./html.ts";
import { sequenceHtml } from "./sequence.ts";

export interface Heading {
  readonly depth: number;
  readonly text: string;
  readonly id: string;
}

export interface RenderedPage {
  readonly title: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  /** Text below each heading, for the search. */
  readonly sections: readonly {
    readonly id: string;
    readonly title: string;
    readonly text: string;
  }[];
  /** Pictures of the repository that the page shows. */
  readonly images: readonly string[];
}

export interface RenderOptions {
  /** Path of the document, and of its page in the site. */
  readonly source: string;
  readonly target: string;
  /** Document → page, of the whole site. */
  readonly pages: ReadonlyMap<string, string>;
  /** Where files of the repository are seen that are no pages; absent: in the checkout that the site lies in. */
  readonly sourceUrl?: string | undefined;
}

export function renderMarkdown(markdown: string, options: RenderOptions): RenderedPage {
  const headings: Heading[] = [];
  const images: string[] = [];
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      html: ({ text }) => escapeHtml(text),
      heading({ tokens, depth }: Tokens.Heading) {
        const text = textOf(tokens);
        const id = freshId(anchorOf(text), headings);
        headings.push({ depth, text, id });
        const link = `<a class="anchor" href="#${id}" aria-label="Link to ${escapeHtml(text)}">#</a>`;
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}${depth === 1 ? "" : link}</h${depth}>\n`;
      },
      link({ href, tokens }: Tokens.Link) {
        const to = hrefOf(href, options);
        const inner = this.parser.parseInline(tokens);
        if (to === undefined) return inner;
        const outside = /^https?:/.test(to) ? ' rel="noreferrer noopener"' : "";
        return `<a href="${escapeHtml(to)}"${outside}>${inner}</a>`;
      },
      image({ href, text }: Tokens.Image) {
        const file = normalize(join(dirname(options.source), href));
        // A picture from elsewhere would tell others who reads this.
        if (/^[a-z]+:|^\/\//i.test(href) || file.startsWith("..")) return escapeHtml(text);
        images.push(file);
        const src = relative(dirname(options.target), imageTarget(file));
        return `<img src="${escapeHtml(src)}" alt="${escapeHtml(text)}" loading="lazy">`;
      },
      code: ({ text, lang = "" }) => codeHtml(text, lang),
      table(token: Tokens.Table) {
        const row = (cells: readonly Tokens.TableCell[], tag: "td" | "th"): string =>
          `<tr>${cells
            .map(
              ({ tokens }) =>
                `<${tag}${tag === "th" ? ' scope="col"' : ""}>${this.parser.parseInline(tokens)}</${tag}>`,
            )
            .join("")}</tr>`;
        const isEmpty = token.header.every(({ text }) => text === "");
        const head = isEmpty ? "" : `<thead>${row(token.header, "th")}</thead>`;
        const body = token.rows.map((cells) => row(cells, "td")).join("\n");
        const wide = token.header.length > 2 ? " wide" : "";
        return `<div class="table${wide}" tabindex="0" role="region" aria-label="Table"><table>${head}<tbody>${body}</tbody></table></div>\n`;
      },
    },
  });
  const tokens = marked.lexer(markdown);
  const html = marked.parser(tokens);
  return {
    title: headings.find(({ depth }) => depth === 1)?.text ?? options.source,
    html,
    headings,
    sections: sectionsOf(tokens, headings),
    images,
  };
}

/** Where a picture lies in the site. */
export function imageTarget(file: string): string {
  return `pictures/${file.replaceAll("/", "-")}`;
}

/** `undefined`: not followed, because it is of another kind than a page should have. */
function hrefOf(
  href: string,
  { source, target, pages, sourceUrl }: RenderOptions,
): string | undefined {
  if (/^(https?:|mailto:)/.test(href) || href.startsWith("#")) return href;
  if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(href)) return undefined;
  const [path = "", anchor] = href.split("#");
  const file = normalize(join(dirname(source), path)).replace(/\/$/, "");
  const at = anchor === undefined ? "" : `#${anchor}`;
  const isFolder = existsSync(join(ROOT, file)) && statSync(join(ROOT, file)).isDirectory();
  const to = pages.get(file) ?? (isFolder ? pages.get(`${file}/README.md`) : undefined);
  if (to !== undefined) return `${relative(dirname(target), to)}${at}`;
  if (sourceUrl !== undefined) return `${sourceUrl.replace(/\/$/, "")}/${file}${at}`;
  return `${relative(dirname(join(SITE_FOLDER, target)), file)}${at}`;
}

/** Where the site lies in a checkout: links to sources lead from there. */
export const SITE_FOLDER = "dist/docs";

const CAPTIONS: readonly (readonly [RegExp, string])[] = [
  [/^sh\b/, "Terminal"],
  [/^text as printed$/, "Output"],
  [/^ts declared$/, ""],
  [/^ts\b/, "TypeScript"],
];

function codeHtml(text: string, lang: string): string {
  if (lang === "mermaid") return sequenceHtml(text);
  const file = /^ts file (\S+)$/.exec(lang)?.[1];
  const caption = file ?? CAPTIONS.find(([mark]) => mark.test(lang))?.[1] ?? "";
  const [language = ""] = lang.split(" ");
  const body = language === "text" ? escapeHtml(text) : highlight(text, language);
  const head = caption === "" ? "" : `<figcaption>${escapeHtml(caption)}</figcaption>`;
  const copies = language !== "text" && lang !== "ts declared" ? " data-copy" : "";
  const name = caption === "" ? "Code" : caption;
  return `<figure class="code"${copies}>${head}<pre tabindex="0" aria-label="${escapeHtml(name)}"><code>${body}</code></pre></figure>\n`;
}

function freshId(wanted: string, used: readonly Heading[]): string {
  const isUsed = (id: string): boolean => used.some((heading) => heading.id === id);
  for (let n = 0; ; n++) {
    const id = n === 0 ? wanted : `${wanted}-${n}`;
    if (!isUsed(id)) return id;
  }
}

/** Words of inline tokens, without marks. */
function textOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) =>
      "tokens" in token && token.tokens ? textOf(token.tokens) : "text" in token ? token.text : "",
    )
    .join("");
}

function sectionsOf(
  tokens: readonly Token[],
  headings: readonly Heading[],
): { readonly id: string; readonly title: string; readonly text: string }[] {
  const sections: { id: string; title: string; text: string }[] = [];
  let at = 0;
  for (const token of tokens) {
    if (token.type === "heading") {
      const heading = headings[at++];
      if (heading) sections.push({ id: heading.id, title: heading.text, text: "" });
      continue;
    }
    const section = sections.at(-1);
    if (section) section.text += ` ${plainText(token)}`;
  }
  return sections.map(({ text, ...rest }) => ({
    ...rest,
    text: text.replaceAll(/\s+/g, " ").trim(),
  }));
}

function plainText(token: Token): string {
  return token.raw.replaceAll(/\]\([^)]*\)/g, "").replaceAll(/[`*_[\]|#>]+|-{3,}/g, " ");
}
