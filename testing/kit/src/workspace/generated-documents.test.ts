import { existsSync } from "node:fs";
import { join } from "node:path";
import { DOMAIN } from "@pha/protocol";
import { utf8ToText } from "@pha/scale";
import { expect, test } from "vitest";
import { ERROR_AREAS } from "./error-areas.ts";
import { areaOf, errorCodes } from "./error-codes.ts";
import { filesUnder, ROOT, readText } from "./files.ts";
import { generatedDocuments } from "./generated-documents.ts";

const documents = [...generatedDocuments()];

test.each(
  documents.filter(([path]) => path.endsWith(".md")),
)("%s says what the sources say (`npm run docs` writes it)", (path, text) => {
  expect(existsSync(join(ROOT, path)) && readText(path) === text).toBe(true);
});

test.each(
  documents.filter(([path]) => path.endsWith(".json")),
)("%s holds what the code makes: a difference is a change of protocol", (path, text) => {
  expect(existsSync(join(ROOT, path))).toBe(true);
  expect(JSON.parse(readText(path))).toEqual(JSON.parse(text));
});

test("no golden vector is left behind", () => {
  const made = documents.map(([path]) => path);
  expect(filesUnder("docs/vectors", /\.json$/).filter((path) => !made.includes(path))).toEqual([]);
});

test("every error code has a hint that says more than the code and its text", () => {
  for (const { code, text, hint } of errorCodes()) {
    expect(hint, code).toMatch(/\S+ \S+.*[.!?]$/);
    expect(hint, code).not.toBe(text);
    expect(text, code).not.toBe("");
  }
});

test("every area of codes is explained, and none is without codes", () => {
  const used = new Set(errorCodes().map(({ code }) => areaOf(code)));
  expect([...used].filter((area) => !(area in ERROR_AREAS))).toEqual([]);
  expect(Object.keys(ERROR_AREAS).filter((area) => !used.has(area))).toEqual([]);
});

test("no domain string begins another", () => {
  const texts = Object.values(DOMAIN).map((bytes) => utf8ToText(bytes) ?? "");
  expect(new Set(texts).size).toBe(texts.length);
  for (const text of texts)
    expect(texts.filter((other) => other !== text && other.startsWith(text))).toEqual([]);
});
