import { expect, test } from "vitest";
import { errorCodes } from "./error-codes.ts";
import { filesUnder, readText } from "./files.ts";
import { UNPRODUCED } from "./unproduced-codes.ts";

const tests = ["packages", "apps", "contracts", "testing"]
  .flatMap((folder) => filesUnder(folder, /\.test\.ts$|\/(test|testing|vectors)\/.*\.ts$/))
  .map((path) => readText(path))
  .join("\n");
const missing = errorCodes()
  .map(({ code }) => code)
  .filter((code) => !tests.includes(code));

test("every error code is named by a test, but for those of a list that may only shrink", () => {
  expect(missing.filter((code) => !UNPRODUCED.has(code))).toEqual([]);
});
