/** What the compiler's worker does, with the parts that a machine has in place of those that a page loads. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildContract } from "@pha/contract/build";
import { logReasonOf } from "@pha/contract/log";
import { toHex, utf8 } from "@pha/scale";
import { build } from "esbuild-wasm";
import { expect, test } from "vitest";
import type { Built, TrialCall } from "./protocol.ts";
import { TEMPLATE_NAMES, TEMPLATES } from "./templates.ts";
import { createWorkshop } from "./workshop.ts";

const CONTRACTS = join(import.meta.dirname, "..", "..", "..", "..", "contracts");
const TEMPLATE_FOLDER = join(import.meta.dirname, "templates");
const counterFile = join(CONTRACTS, "counter", "src", "counter.ts");

const workshop = createWorkshop({
  loadEsbuild: async () => ({ build }),
  loadEngine: async () =>
    readFileSync(
      createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm"),
    ),
});

async function built(source: string): Promise<Built> {
  const outcome = await workshop.build({ source });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems));
  return outcome.built;
}

const FUEL = 200_000_000n;
const call = (
  kind: TrialCall["kind"],
  method: string,
  args: unknown,
  caller = "Alice",
  fuelLimit = FUEL,
) => workshop.callTrial({ kind, method, args, caller, fuelLimit });

test("the page builds the bytes that `pha build` makes of the same source", async () => {
  const page = await built(TEMPLATES.counter);
  const machine = await buildContract({ entry: counterFile });
  if (!machine.ok) throw new Error(JSON.stringify(machine.error));
  expect(page.codeHash).toBe(toHex(machine.value.codeHash));
  expect(Buffer.from(page.bytes).equals(machine.value.bytes)).toBe(true);
  expect(page.artefact).toEqual(machine.value.artefact);
});

/** With PHA_LONG; the counter is in every run. */
const isLong = process.env["PHA_LONG"] === "1";

test.runIf(isLong).each(TEMPLATE_NAMES)("the sample %s has no problem and starts", async (name) => {
  const { bytes } = await built(TEMPLATES[name]);
  expect(await workshop.startTrial({ bytes })).toMatchObject({ status: "ok" });
});

test("a trial runs as replicas do: state between calls, refusals, fuel, opened entries", async () => {
  await workshop.startTrial(await built(TEMPLATES.counter));
  const first = await call("command", "add", { n: "5" });
  expect(first).toMatchObject({ status: "ok", value: "5", writes: 2 });
  expect(await call("command", "add", { n: "7" })).toMatchObject({ value: "12" });
  expect(await call("query", "value", {}, "Bob")).toMatchObject({ value: "0", writes: 0 });
  expect(await call("query", "total", {})).toMatchObject({ value: "12" });
  expect(await call("query", "total", {}, "Bob")).toMatchObject({
    status: "failed",
    code: "counter/not-the-owner",
  });
  expect(await call("query", "openValue", {})).toMatchObject({ value: "12", opened: 1 });
  expect(await call("command", "add", { n: "1" }, "Alice", 5_000n)).toMatchObject({
    status: "trapped",
    reason: "fuel",
    fuelUsed: 5_000n,
  });
  await expect(call("command", "add", { n: "-1" })).rejects.toMatchObject({
    code: "abi/wrong-value",
    facts: { field: "n" },
  });
  await expect(call("command", "nothing", {})).rejects.toMatchObject({
    code: "abi/unknown-method",
  });
  // A new trial has none of it, and the same call the same fuel.
  await workshop.startTrial(await built(TEMPLATES.counter));
  expect(await call("command", "add", { n: "5" })).toEqual(first);
});

test("what a command logs is shown with it, and its owner alone reads the log", async () => {
  const { artefact, bytes } = await built(TEMPLATES.ballot);
  expect(logReasonOf(artefact)).toContain("never how anybody voted");
  const machine = await buildContract({ entry: join(TEMPLATE_FOLDER, "ballot.ts") });
  if (!machine.ok) throw new Error(JSON.stringify(machine.error));
  expect(Buffer.from(bytes).equals(machine.value.bytes)).toBe(true);
  expect(await workshop.startTrial({ bytes })).toMatchObject({ status: "ok", logged: [] });
  const vote = (caller: string) => call("command", "vote", { yes: true }, caller);
  expect(await vote("Bob")).toMatchObject({ status: "ok", logged: ["Vote 1 came."] });
  expect(await vote("Bob")).toMatchObject({ code: "ballot/voted-before", logged: [] });
  expect(await vote("Charlie")).toMatchObject({ logged: ["Vote 2 came."] });
  expect(await call("query", "mine", {}, "Bob")).toMatchObject({ value: "true", logged: [] });
  const read = await call("query", "logs", { after: "1" });
  expect(JSON.parse(read.status === "ok" ? read.value : "")).toMatchObject({
    oldest: "1",
    newest: "2",
    lines: [{ number: "2", text: "Vote 2 came." }],
  });
  expect(await call("query", "logs", { after: "0" }, "Bob")).toMatchObject({
    code: "contract/not-the-owner",
  });
  expect(await workshop.startTrial({ bytes })).toMatchObject({ logged: [] });
  expect(await vote("Bob")).toMatchObject({ logged: ["Vote 1 came."] });
});

test.runIf(isLong)(
  "the ballot opens its count when it is closed, and no vote of another",
  async () => {
    await workshop.startTrial(await built(TEMPLATES.ballot));
    expect(await call("command", "vote", { yes: true }, "Bob")).toMatchObject({ status: "ok" });
    expect(await call("command", "vote", { yes: false }, "Bob")).toMatchObject({
      code: "ballot/voted-before",
    });
    expect(await call("query", "result", {})).toMatchObject({ code: "ballot/still-open" });
    expect(await call("command", "close", {}, "Bob")).toMatchObject({
      code: "ballot/not-the-owner",
    });
    expect(await call("command", "close", {})).toMatchObject({ status: "ok" });
    expect(await call("command", "vote", { yes: true }, "Charlie")).toMatchObject({
      code: "ballot/closed",
    });
    const result = await call("query", "result", {}, "Charlie");
    expect(JSON.parse(result.status === "ok" ? result.value : "")).toEqual({ yes: 1, no: 0 });
    expect(await call("query", "mine", {}, "Bob")).toMatchObject({ value: "true" });
    expect(await call("query", "mine", {})).toMatchObject({ code: "ballot/did-not-vote" });
  },
);

test.runIf(isLong)("the notebook is its owner's", async () => {
  await workshop.startTrial(await built(TEMPLATES.notebook));
  expect(await call("command", "write", { note: "ünsaid" })).toMatchObject({ status: "ok" });
  expect(await call("query", "read", {})).toMatchObject({ value: "ünsaid" });
  expect(await call("query", "read", {}, "Bob")).toMatchObject({ code: "notebook/not-the-owner" });
});

const problemsOf = async (source: string) => {
  const outcome = await workshop.build({ source });
  return outcome.ok ? [] : outcome.problems;
};

test("problems have their places in the author's file", async () => {
  const { counter } = TEMPLATES;
  expect(await problemsOf(`${counter}const wrong: number = "text"; wrong;\n`)).toMatchObject([
    { code: "build/type-error", file: "contract.ts", column: 7, line: counter.split("\n").length },
  ]);
  expect(
    await problemsOf(counter.replace("return a + b", "return a + BigInt(Date.now())")),
  ).toMatchObject([{ code: "build/not-deterministic", file: "contract.ts" }]);
  expect(await problemsOf(`// @ts-ignore\nimport "./nowhere.ts";\n${counter}`)).toMatchObject([
    { code: "build/not-bundled", file: "contract.ts", line: 2 },
  ]);
  expect(await problemsOf(`// @ts-ignore\nimport "node:fs";\n${counter}`)).toMatchObject([
    { code: "build/not-bundled", line: 2 },
  ]);
  expect(await problemsOf(counter)).toEqual([]);
});

test.each([
  ['throw new Error("by the author");', "by the author"],
  ["throw 7;", "7"],
  ["while (Object.keys({}).length === 0);", "ran out of fuel"],
  ["const f = (): void => f(); f();", "stack"],
  ["JSON.stringify = () => '[7]';", "cannot be read"],
])("a declaration that does not end well is told of: %s", async (more, message) => {
  const problems = await problemsOf(`${TEMPLATES.counter}\n${more}\n`);
  expect(problems).toMatchObject([{ code: "build/not-loaded" }]);
  expect(problems[0]?.message).toContain(message);
});

test("a long declaration comes whole", async () => {
  const docs = "Of ünusual length. ".repeat(200);
  const { artefact } = await built(
    TEMPLATES.counter
      .replace("One private counter for each account.", docs)
      .replace("Adds to the caller's counter and returns it.", docs)
      .replace("Sum of all counters; for the owner.", `${docs}\\u{1f512}`),
  );
  expect(artefact.docs).toBe(docs);
  expect(artefact.queries["total"]?.docs).toBe(`${docs}\u{1f512}`);
});

test("a file without a contract is refused, and so is what is no artefact", async () => {
  await expect(workshop.build({ source: "export const x = 1;" })).rejects.toMatchObject({
    code: "build/no-contract",
  });
  const { bytes } = await built(TEMPLATES.counter);
  expect(await workshop.open({ bytes })).toMatchObject({ artefact: { name: "counter" } });
  const edited = utf8(new TextDecoder().decode(bytes).replace("One private", "Two private"));
  await expect(workshop.open({ bytes: edited })).rejects.toMatchObject({
    code: "artefact/wrong-hash",
  });
  await expect(workshop.startTrial({ bytes: utf8("{}") })).rejects.toMatchObject({
    code: "artefact/bad-field",
  });
});

test("the editor is told what may stand somewhere, and of what type it is", async () => {
  const source = TEMPLATES.counter.replace("return a + b;", "return a + b;\n  Math.");
  const at = source.indexOf("Math.") + 5;
  const found = await workshop.complete({ source, at });
  expect(found.map(({ label }) => label)).toContain("floor");
  const explained = await workshop.explain({ source, at: source.indexOf("sum(a: bigint") + 1 });
  expect(explained).toContain("function sum(a: bigint, b: bigint): bigint");
});
