/** Parts of generated Markdown. */

const WRITTEN = "Written from the sources by `npm run docs`.";

/** A whole page: title, what it is, how it came to be, its parts. */
export function page(title: string, about: string, parts: readonly string[]): string {
  return `${[`# ${title}`, about, WRITTEN, ...parts].join("\n\n")}\n`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

export function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
}

export function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

export function block(mark: string, text: string): string {
  return `\`\`\`${mark}\n${text}\n\`\`\``;
}
