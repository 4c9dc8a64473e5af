/** Sequence diagrams as a list of steps: readable at every width, by ears too, without a drawing library. */
import { escapeHtml } from "./html.ts";

export function sequenceHtml(text: string): string {
  const [kind = "", ...lines] = text.trim().split("\n");
  if (kind.trim() !== "sequenceDiagram")
    return `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>\n`;
  const names = new Map<string, string>();
  const steps: string[] = [];
  for (const line of lines) {
    const [, id = "", name = ""] = /^\s*participant (\w+) as (.+)$/.exec(line) ?? [];
    if (id !== "") names.set(id, name);
    const [, from = "", to = "", what = ""] = /^\s*(\w+)-{1,2}>>(\w+): (.+)$/.exec(line) ?? [];
    if (from === "") continue;
    const who = names.get(from) ?? from;
    const whom =
      from === to
        ? ""
        : `<span class="to" aria-label="to">→</span> <b>${escapeHtml(names.get(to) ?? to)}</b>`;
    steps.push(
      `<li><span class="who"><b>${escapeHtml(who)}</b> ${whom}</span> ${escapeHtml(what)}</li>`,
    );
  }
  return `<ol class="sequence">${steps.join("")}</ol>\n`;
}
