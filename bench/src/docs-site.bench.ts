/** The site of the documents: how long making all of it takes, against reading its Markdown with the parser alone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSite, siteDocuments } from "@pha/testing-kit/site";
import { lexer } from "marked";
import { type Bench, median } from "./bench.ts";

const ROUNDS = 5;
const ROOT = join(import.meta.dirname, "..", "..");

function milliseconds(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

export const docsSite: Bench = {
  id: "docs/site",
  async run() {
    const built = Array.from({ length: ROUNDS }, () => milliseconds(buildSite));
    const texts = siteDocuments().map((path) => readFileSync(join(ROOT, path), "utf8"));
    const parsed = Array.from({ length: ROUNDS }, () =>
      milliseconds(() => {
        for (const text of texts) lexer(text);
      }),
    );
    return [
      {
        id: "docs/site",
        // The first, as `npm run docs -- site` meets it: nothing is compiled or cached yet.
        value: Math.max(...built),
        unit: "ms",
        better: "smaller",
        against: { name: "Markdown parsed alone", value: median(parsed) },
        samples: ROUNDS,
        floor: 2_000,
        goal: 1_000,
        note: `${texts.length} documents, the longest of ${ROUNDS} in a process`,
      },
    ];
  },
};
