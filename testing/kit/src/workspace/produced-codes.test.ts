import { expect, test } from "vitest";
import { assertedTexts } from "./asserted-texts.ts";
import { errorCodes } from "./error-codes.ts";
import { filesUnder, readText } from "./files.ts";

const CODES_IN_TEXT = /(?<![a-z0-9-])[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*(?![a-z0-9-])/g;

const tests = ["packages", "apps", "contracts", "testing"]
  .flatMap((folder) => filesUnder(folder, /\.test\.ts$|\/(test|testing)\/.*\.ts$/))
  .map((path) => ({ path, text: readText(path) }));
const asserted = new Set(
  [...assertedTexts(tests)].flatMap((text) => text.match(CODES_IN_TEXT) ?? []),
);
const missing = errorCodes()
  .map(({ code }) => code)
  .filter((code) => !asserted.has(code));

test("a test asserts every error code", () => {
  expect(missing).toEqual([]);
});
