/** Documents that derive from the sources: path → text. A test compares them; `npm run docs` writes them. */

import { referencePages } from "../reference/index.ts";
import { cell } from "../reference/page.ts";
import { ERROR_AREAS } from "./error-areas.ts";
import { areaOf, errorCodes } from "./error-codes.ts";
import { goldenVectors } from "./golden-vectors.ts";

export function generatedDocuments(): ReadonlyMap<string, string> {
  const vectors = [...goldenVectors()].map(
    ([name, value]) => [`docs/vectors/${name}`, `${JSON.stringify(value, null, 1)}\n`] as const,
  );
  return new Map([["docs/errors.md", errorsDocument()], ...referencePages(), ...vectors]);
}

function errorsDocument(): string {
  const codes = errorCodes();
  const areas = [...new Set(codes.map(({ code }) => areaOf(code)))];
  const parts = areas.map((area) => {
    const rows = codes.filter(({ code }) => areaOf(code) === area);
    return [
      `## ${area}`,
      "",
      `${capital(ERROR_AREAS[area]?.about ?? area)}.`,
      "",
      "| code | what is wrong | what to do |",
      "|---|---|---|",
      ...rows.map(({ code, text, hint }) => `| \`${code}\` | ${cell(text)} | ${cell(hint)} |`),
    ].join("\n");
  });
  return [
    "# Error codes",
    "",
    "Every code that Pha's programs report, by area. Codes are stable: scripts may depend on them. Foreign data that is",
    "wrong gives a value with a code and facts; a program that cannot go on prints code, cause and what to do. `…` stands",
    "for a value. Written from the sources by `npm run docs`.",
    "",
    ...parts.flatMap((part) => [part, ""]),
  ].join("\n");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
