/** What the documents of this workspace consist of, as far as tests look at it. */
import { filesUnder, readText, workspaces } from "./files.ts";

export interface CodeBlock {
  readonly path: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** What the block is, as `documents.test.ts` lists. */
  readonly mark: string;
  readonly text: string;
}

/** All of our documents. */
export function documents(): readonly string[] {
  return [
    ...filesUnder("", /^[A-Z]+\.md$/),
    ...filesUnder("docs", /\.md$/),
    ...workspaces().flatMap((folder) => filesUnder(folder, /\.md$/)),
  ];
}

export function codeBlocks(path: string, text = readText(path)): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { line: number; mark: string; lines: string[]; indent: number } | undefined;
  text.split("\n").forEach((line, at) => {
    const fence = /^(\s*)```(.*)$/.exec(line);
    if (fence === null) {
      open?.lines.push(line.slice(open.indent));
      return;
    }
    if (open === undefined) {
      open = {
        line: at + 1,
        mark: fence[2]?.trim() ?? "",
        lines: [],
        indent: fence[1]?.length ?? 0,
      };
      return;
    }
    blocks.push({ path, line: open.line, mark: open.mark, text: `${open.lines.join("\n")}\n` });
    open = undefined;
  });
  if (open !== undefined)
    blocks.push({ path, line: open.line, mark: "not closed", text: open.lines.join("\n") });
  return blocks;
}

export interface Link {
  readonly path: string;
  readonly target: string;
}

/** Links into the repository: not to the web, not to a place in the same document. */
export function localLinks(path: string, text = readText(path)): readonly Link[] {
  const prose = text.replace(/```[\s\S]*?```/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => ({ path, target }))
    .filter(({ target }) => !/^(https?:|mailto:)/.test(target));
}

/** Anchors that headings give, as code hosts make them. */
export function anchors(text: string): ReadonlySet<string> {
  const headings = text.match(/^#+ .*$/gm) ?? [];
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/^#+ /, "")
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(/\s/g, "-"),
    ),
  );
}
