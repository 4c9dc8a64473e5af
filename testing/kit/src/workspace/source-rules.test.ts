import { expect, test } from "vitest";
import { productSources, readText } from "./files.ts";
import { violationsIn } from "./source-rules.ts";

test("every source keeps the rules that no tool knows", () => {
  const found = productSources().flatMap((path) => violationsIn(path, readText(path)));
  expect(found.map(({ path, line, rule }) => `${path}:${line} ${rule}`)).toEqual([]);
});

test("does not mistake strings and constants for what it looks for", () => {
  const text = 'export const a = [1] as const;\nexport const b = "Math.random() as any";\n';
  expect(violationsIn("packages/scale/src/a.ts", text)).toEqual([]);
});

test("an error that says not what to do is refused", () => {
  const errors = [
    'new PhaError("a/b", "text")',
    'new PhaError("a/b", "text", { facts: {} })',
    'new PhaError("a/b", "text", { hint: "Do this." })',
    'new Error("text")',
  ];
  const text = errors.map((error) => `throw ${error};\n`).join("");
  expect(violationsIn("packages/node/src/a.ts", text)).toEqual([
    { path: "packages/node/src/a.ts", line: 1, rule: "error-needs-hint" },
    { path: "packages/node/src/a.ts", line: 2, rule: "error-needs-hint" },
  ]);
});
