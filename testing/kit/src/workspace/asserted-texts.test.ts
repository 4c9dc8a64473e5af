import { describe, expect, test } from "vitest";
import { assertedTexts } from "./asserted-texts.ts";

const asserted = (text: string): readonly string[] => [
  ...assertedTexts([{ path: "one.test.ts", text }]),
];

describe("counts", () => {
  test.each([
    ["an argument of a matcher", `expect(run()).toBe("a/b");`],
    ["a member of one", `expect(run()).toMatchObject({ error: { code: "a/b" } });`],
    ["one behind a promise", `await expect(run()).rejects.toMatchObject({ code: "a/b" });`],
    ["a pattern", String.raw`expect(run).toThrow(/a\/b/);`],
    ["a constant", `const code = "a/b"; expect(run()).toBe(code);`],
    ["a shorthand", `const code = "a/b"; expect(run()).toEqual({ code });`],
    ["a part of a text", `const code = "a/b"; expect(run()).toBe(\`one: \${code}\`);`],
    ["a choice", `expect(run()).toBe(even ? "a/b" : undefined);`],
    [
      "a column of a loop",
      `for (const [given, code] of [[1, "a/b"]]) expect(run(given)).toBe(code);`,
    ],
    ["a member in a loop", `for (const row of [{ code: "a/b" }]) expect(run(row)).toBe(row.code);`],
    ["keys", `for (const [code, x] of Object.entries({ "a/b": 1 })) expect(run(x)).toBe(code);`],
    ["rows of each", `test.each([[1, "a/b"]])("…", (x, code) => { expect(run(x)).toBe(code); });`],
    [
      "objects of each",
      `test.each([{ code: "a/b" }])("…", ({ code }) => { expect(run()).toBe(code); });`,
    ],
    ["a helper", `const refused = (x, code) => { expect(run(x)).toBe(code); }; refused(1, "a/b");`],
  ])("%s", (_, text) => {
    expect(asserted(text)).toContain("a/b");
  });

  test("a helper of another file", () => {
    const helper = `export function refused(x, code) { expect(run(x)).toBe(code); }`;
    const files = [
      { path: "testing/helper.ts", text: helper },
      { path: "one.test.ts", text: `import { refused } from "./helper.ts"; refused(1, "a/b");` },
    ];
    expect([...assertedTexts(files)]).toEqual(["a/b"]);
  });
});

describe("does not count", () => {
  test.each([
    ["a comment", `// a/b\nexpect(run()).toBe(1);`],
    ["a list", `const codes = ["a/b"]; expect(run()).toBe(1);`],
    ["another column", `for (const [given, code] of [["a/b", 1]]) expect(run(given)).toBe(code);`],
    ["the subject", `expect(run("a/b")).toBe(1);`],
    ["a literal subject", `expect("a/b").toBe("a/b");`],
    ["a negated matcher", `expect(run()).not.toBe("a/b");`],
    ["a skipped test", `test.skip("…", () => { expect(run()).toBe("a/b"); });`],
    ["an input of what is compared", `const wanted = run("a/b"); expect(run()).toBe(wanted);`],
    ["a helper that asserts nothing", `const refused = (code) => run(code); refused("a/b");`],
    ["a title", `test("a/b", () => { expect(run()).toBe(1); });`],
  ])("%s", (_, text) => {
    expect(asserted(text)).not.toContain("a/b");
  });
});
