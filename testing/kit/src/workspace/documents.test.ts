import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { filesUnder, productSources, ROOT, readText, workspaces } from "./files.ts";
import { anchors, type CodeBlock, codeBlocks, documents, localLinks } from "./markdown.ts";

/**
 * `run`: by this test; `devnet` and `browser`: by the whole-system scenarios, where `ts file PATH` writes the file that the
 * commands after it use, and `text as printed` is what those before it print; `ts declared`: copied from the sources by
 * `npm run docs`; `text` and `mermaid` are not code.
 */
const MARKS =
  /^(ts run|sh run|ts devnet|sh devnet|ts file \S+|text as printed|ts browser|text|mermaid|ts declared|ts as in( \S+)+)$/;

const blocks = documents().flatMap((path) => codeBlocks(path));
const named = (mark: string): readonly (readonly [string, CodeBlock])[] =>
  blocks
    .filter((block) => block.mark === mark)
    .map((block) => [`${block.path}:${block.line}`, block]);

test("every fenced block says what it is", () => {
  const unmarked = blocks.filter(({ mark }) => !MARKS.test(mark));
  expect(unmarked.map(({ path, line, mark }) => `${path}:${line} "${mark}"`)).toEqual([]);
});

test("what is copied from the sources is in generated pages, and files and outputs are with commands", () => {
  const misplaced = blocks.filter(({ path, mark }) => {
    if (mark === "ts declared") return !path.startsWith("docs/reference/");
    if (!mark.startsWith("ts file ") && mark !== "text as printed") return false;
    return !blocks.some((other) => other.path === path && other.mark === "sh devnet");
  });
  expect(misplaced.map(({ path, line, mark }) => `${path}:${line} "${mark}"`)).toEqual([]);
});

describe("TypeScript of documents", () => {
  const FOLDER = "node_modules/.cache/pha-docs";
  const nameOf = (place: string): string => place.replaceAll(/[^\w]/g, "-");

  // All in one build, which reads each of our files once.
  beforeAll(async () => {
    mkdirSync(join(ROOT, FOLDER), { recursive: true });
    const programs: Record<string, string> = {};
    for (const [place, { text }] of named("ts run")) {
      const path = `${FOLDER}/${nameOf(place)}.ts`;
      writeFileSync(join(ROOT, path), text);
      programs[nameOf(place)] = path;
    }
    const { bundle } = await import(pathToFileURL(join(ROOT, "bin", "bundle.mjs")).href);
    await bundle({ root: ROOT, dist: join(ROOT, FOLDER), programs });
  });

  test.each(named("ts run"))("that of %s runs", async (place) => {
    await import(pathToFileURL(join(ROOT, FOLDER, `${nameOf(place)}.js`)).href);
  });
});

test.each(
  blocks
    .filter(({ mark }) => mark.startsWith("ts as in"))
    .map((block) => [`${block.path}:${block.line}`, block] as const),
)("the excerpt of %s is in the tests that it names", (_place, { path, mark, text }) => {
  const tests = mark
    .split(" ")
    .slice(3)
    .map((file) => readText(join(dirname(path), file)));
  const called = new Set(
    [...text.matchAll(/(?<![.\w])(?!if|for|switch|while)([a-zA-Z]\w+)\(/g)].map(
      ([, name]) => name ?? "",
    ),
  );
  expect(called.size).toBeGreaterThan(0);
  expect([...called].filter((name) => !tests.some((test) => test.includes(name)))).toEqual([]);
});

test.each(named("sh run"))("the commands of %s run", (_place, block) => {
  const { status, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", block.text], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(stderr.split("\n").slice(-5).join("\n"), `exit ${status}`).not.toMatch(/not found/);
  expect(status).toBe(0);
});

test("every link into the repository leads somewhere", () => {
  const broken = documents()
    .flatMap((path) => localLinks(path))
    .filter(({ path, target }) => !leadsSomewhere(path, target));
  expect(broken.map(({ path, target }) => `${path} → ${target}`)).toEqual([]);
});

function leadsSomewhere(from: string, target: string): boolean {
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(ROOT, path))) return false;
  return anchor === undefined || !path.endsWith(".md") || anchors(readText(path)).has(anchor);
}

test("every workspace has a README that says what it is", () => {
  const without = workspaces().filter((folder) => !existsSync(join(ROOT, folder, "README.md")));
  expect(without).toEqual([]);
});

test("every runtime dependency has its entry in docs/dependencies.md, and no entry is left over", () => {
  const used = new Set<string>();
  for (const folder of workspaces().filter((path) => /^(packages|apps|contracts)\//.test(path))) {
    const manifest: Partial<
      Record<"dependencies" | "optionalDependencies", Record<string, string>>
    > = JSON.parse(readText(`${folder}/package.json`));
    const { dependencies, optionalDependencies } = manifest;
    for (const [name, version] of Object.entries({ ...dependencies, ...optionalDependencies }))
      if (!name.startsWith("@pha/")) used.add(`${name} ${version}`);
  }
  const text = readText("docs/dependencies.md");
  const entries = [...text.matchAll(/^### `([^`]+)` (\S+)$/gm)].map(
    ([, name, version]) => `${name} ${version}`,
  );
  expect([...used].filter((dependency) => !entries.includes(dependency))).toEqual([]);
  expect(entries.filter((entry) => !used.has(entry))).toEqual([]);
  for (const entry of text.split(/^### /m).slice(1))
    for (const part of ["Why:", "Pulls in:", "Replaced by:"]) expect(entry).toContain(part);
});

test("every @see names a document of docs/specs.md, and every document is named", () => {
  const aliases = [...readText("docs/specs.md").matchAll(/^\| `([^`]+)` \|/gm)].map(
    ([, alias]) => alias ?? "",
  );
  expect(aliases.length).toBeGreaterThan(5);
  const sources = [...productSources(), ...filesUnder("testing/kit/src/vectors", /\.ts$/)];
  const named = sources.flatMap((path) =>
    [...readText(path).matchAll(/^\s*\*?.*@see (.+)$/gm)].map(([, rest = ""]) => ({ path, rest })),
  );
  const known = (rest: string) =>
    aliases.filter((alias) => rest.startsWith(alias) && !/^\w/.test(rest.slice(alias.length)));
  const unknown = named.filter(({ rest }) => known(rest).length === 0);
  expect(unknown.map(({ path, rest }) => `${path}: @see ${rest}`)).toEqual([]);
});
