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

/** Lines of a block `text as printed`, as patterns that a program's output must have; `…` stands for anything. */
export function printedLines(text: string): readonly RegExp[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "" && line.trim() !== "…")
    .map((line) => {
      const parts = line.trim().split("…");
      return new RegExp(
        parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*"),
      );
    });
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
  const headings = text.replace(/```[\s\S]*?```/g, "").match(/^#+ .*$/gm) ?? [];
  return new Set(headings.map((heading) => anchorOf(heading.replace(/^#+ /, ""))));
}

export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}
