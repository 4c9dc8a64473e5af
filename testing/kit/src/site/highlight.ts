/** Comments, strings and words of the language in code blocks: enough to read by, nothing that needs a library. */
import { escapeHtml } from "./html.ts";

const TYPESCRIPT =
  /(?<c>\/\/.*|\/\*[\s\S]*?\*\/)|(?<s>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|(?<k>\b(?:import|from|export|const|let|function|return|if|else|for|of|await|async|interface|type|extends|readonly|new|throw|typeof|as|class|try|catch|true|false|undefined|null)\b)/g;
const SHELL =
  /(?<c>(?:^|(?<=\s))#.*)|(?<s>"(?:[^"\\]|\\.)*"|'[^']*')|(?<k>^(?:npx|npm|git|cd|mkdir|node|echo)\b)/gm;

export function highlight(text: string, language: string): string {
  const pattern = language === "ts" ? TYPESCRIPT : language === "sh" ? SHELL : undefined;
  if (pattern === undefined) return escapeHtml(text);
  let html = "";
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    const kind = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined)?.[0];
    html += escapeHtml(text.slice(at, match.index));
    html += `<span class="${kind}">${escapeHtml(match[0])}</span>`;
    at = match.index + match[0].length;
  }
  return html + escapeHtml(text.slice(at));
}
