/** All words are in the catalogue, each is used, and each query of a page is in the gallery. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { EN_EVERY } from "./every.ts";
import { filledIn } from "./index.ts";
import { pseudo } from "./pseudo.ts";
import { ZH_EVERY } from "./zh-every.ts";

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
    const all = files.filter(({ name }) => !/^text\/(en|zh)/.test(name)).map(({ text }) => text);
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
    expect(filledIn("Finalized {block}", { block: "1 234" })).toBe("Finalized 1 234");
    expect(filledIn("Finalized {block}", {})).toBe("Finalized {block}");
    expect(filledIn("Finalized {block}", { block: "{block} $&" })).toBe("Finalized {block} $&");
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

describe("the Chinese catalogue", () => {
  /** Names that are the same in every language, and what is a value alone. */
  const SAME = new Set<string>([
    "explorer.csv",
    "explorer.json",
    "settings.english",
    "settings.chinese",
    "settings.pseudo",
    "deploy.uploading",
  ]);
  const texts = Object.entries(EN_EVERY).map(
    ([key, english]) => [key, english, ZH_EVERY[key as keyof typeof EN_EVERY]] as const,
  );

  test("has the same keys, and no key is in two catalogues", () => {
    expect(Object.keys(ZH_EVERY).sort()).toEqual(Object.keys(EN_EVERY).sort());
    const own = files
      .filter(({ name }) => /^text\/zh(-\w+)?\.ts$/.test(name))
      .flatMap(({ text }) => [...text.matchAll(/^ {2}"([^"]+)":/gm)].map(([, key]) => key));
    expect(own.length).toBe(Object.keys(EN_EVERY).length);
  });

  test("keeps placeholders and commands", () => {
    for (const [key, english, chinese] of texts)
      for (const kept of [/\{\w+\}/g, /`[^`]*`/g])
        expect(chinese.match(kept)?.sort(), key).toEqual(english.match(kept)?.sort());
  });

  test("says every text in Chinese, with Chinese punctuation", () => {
    for (const [key, english, chinese] of texts) {
      expect(chinese === english, key).toBe(SAME.has(key));
      const hasWords = /[a-z]/i.test(english.replace(/\{\w+\}/g, ""));
      if (hasWords && !SAME.has(key)) expect(chinese, key).toMatch(/\p{Script=Han}/u);
      expect(chinese, key).not.toMatch(/\p{Script=Han}[,.:;?!()]|[,:;?!(]\p{Script=Han}/u);
      // Latin words and figures stand off from Chinese ones.
      expect(chinese, key).not.toMatch(/\p{Script=Han}[\w`]|[\w`]\p{Script=Han}/u);
    }
  });

  test("says of what is simulated that it is, and of nothing else", () => {
    for (const [key, english, chinese] of texts) {
      expect(chinese.includes("模拟"), key).toBe(/simulated/i.test(english));
      // Where English is loud without a sentence around it, so is Chinese.
      if (english.includes("SIMULATED"))
        expect(chinese, key).toMatch(/模拟（非真实硬件）|SIMULATED/);
    }
    const tones = (["verified", "simulated", "broken"] as const).flatMap((tone) => [
      ZH_EVERY[`tone.${tone}`],
      ZH_EVERY[`trust.${tone}`],
      ZH_EVERY[`verify.protection.${tone}`],
    ]);
    expect(new Set(tones).size).toBe(tones.length);
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
