/** All words are in the catalogue, each is used, and each query of a page is in the gallery. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { EN_EVERY } from "./every.ts";
import { translate } from "./index.ts";
import { pseudo } from "./pseudo.ts";

const SOURCE = join(import.meta.dirname, "..");
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(SOURCE, name), "utf8") }));

/** Attributes that a person reads or hears. */
const READ = new Set(["aria-label", "title", "alt", "label", "placeholder"]);

/** Words between tags, and in attributes that are read, which no catalogue has. */
function wordsIn(name: string, text: string): readonly string[] {
  const kind = name.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.ES2023, true, kind);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && /[A-Za-z]{2}/.test(node.text)) found.push(node.text.trim());
    if (ts.isJsxAttribute(node) && READ.has(node.name.getText()) && node.initializer)
      if (ts.isStringLiteral(node.initializer) && /[A-Za-z]{2}/.test(node.initializer.text))
        found.push(node.initializer.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe("the catalogue", () => {
  test("has every word that is shown", () => {
    expect(wordsIn("a.tsx", "<p title='Of hard words'>Hard words</p>")).toEqual([
      "Of hard words",
      "Hard words",
    ]);
    const hard = files.flatMap(({ name, text }) =>
      wordsIn(name, text).map((words) => `${name}: ${words}`),
    );
    expect(hard).toEqual([]);
  });

  test("has no word that is not shown", () => {
    const all = files.filter(({ name }) => !name.startsWith("text/en")).map(({ text }) => text);
    const isUsed = (key: string): boolean => {
      if (all.some((text) => text.includes(`"${key}"`))) return true;
      // Made of a part that is known when it is shown, such as `lens.${lens}`.
      const parts = key.split(".");
      return parts.some((_, at) => {
        const head = parts.slice(0, at).join(".");
        return at > 0 && all.some((text) => text.includes(`\`${head}.\${`));
      });
    };
    expect(Object.keys(EN_EVERY).filter((key) => !isUsed(key))).toEqual([]);
  });

  test("fills in what is given, and shows what is missing", () => {
    expect(translate("en", "trust.finalized", { block: "1 234" })).toBe("Finalized 1 234");
    expect(translate("en", "trust.finalized", {})).toBe("Finalized {block}");
    expect(translate("en", "trust.finalized", { block: "{block} $&" })).toBe(
      "Finalized {block} $&",
    );
  });

  test("the pseudo language keeps placeholders and is longer", () => {
    expect(pseudo("Next in {time}.")).toMatch(/^⟦Néẋţ íñ \{time\}\.·+⟧$/);
    for (const text of Object.values(EN_EVERY)) {
      const strange = pseudo(text);
      expect(strange.length).toBeGreaterThan(text.length * 1.25);
      expect(strange.match(/\{\w+\}/g)).toEqual(text.match(/\{\w+\}/g));
    }
  });
});

test("the gallery has every query that pages show", () => {
  const queries = files.flatMap(({ text }) =>
    [...text.matchAll(/chainKey\(connected, "([a-z-]+)"/g)].map(([, id]) => id),
  );
  const gallery = files
    .filter(({ name }) => /^routes\/states(-\w+)?\.tsx$/.test(name))
    .map(({ text }) => text)
    .join("\n");
  const shown = [...gallery.matchAll(/^\s+id: "([a-z-]+)",$/gm)].map(([, id]) => id);
  expect(queries.length).toBeGreaterThan(3);
  expect([...shown].sort()).toEqual([...new Set(queries)].sort());
});
