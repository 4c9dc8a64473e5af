import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blake2b256 } from "@pha/crypto";
import { decode, encode, toHex, utf8 } from "@pha/scale";
import { afterAll, expect, test } from "vitest";
import { type Artefact, abiText } from "../artefact.ts";
import { codecFromAbi, MAX_ARTEFACT_BYTES, parseAbiValue, validateArtefact } from "../index.ts";
import { logReasonOf } from "../log/index.ts";
import { type BuildProblem, buildContract, frameOf } from "./index.ts";

/** Beside the package, so that the author's imports resolve as they do in a workspace. */
const folder = mkdtempSync(join(import.meta.dirname, "..", "..", ".build-"));
const elsewhere = mkdtempSync(join(tmpdir(), "pha-build-test-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(elsewhere, { recursive: true });
});

const HEAD = `import { defineContract, ensure, secretMap } from "@pha/contract";
import { fixedBytes, option, struct, u32, u64, vec } from "@pha/scale";
`;

function contractOf(body: string, more = ""): string {
  return `${HEAD}${more}
export const Sample = defineContract("sample", {
  docs: "A sample.",
  state: { notes: secretMap(fixedBytes(32), u64, "Notes.") },
  disclosures: { shown: "Why." },
}).implement(({ command, query }) => ({
  put: command({ docs: "Puts.", args: { n: u64, more: vec(option(u32)) }, returns: struct({ sum: u64 }) }, (ctx, args) => {
    ensure(args.n > 0n, "sample/zero");
    ctx.state.notes.put(ctx.caller, args.n);
    ${body}
    return { sum: args.n };
  }),
  get: query({ docs: "Gets.", args: {}, returns: option(u64) }, ({ state, caller }) => state.notes.get(caller)),
}));
`;
}

function write(name: string, source: string, base = folder): string {
  mkdirSync(join(base, name), { recursive: true });
  const entry = join(base, name, "sample.ts");
  writeFileSync(entry, source);
  return entry;
}

async function problemsOf(name: string, body: string, more = ""): Promise<readonly BuildProblem[]> {
  const result = await buildContract({ entry: write(name, contractOf(body, more)) });
  return result.ok ? [] : result.error;
}

async function built(entry: string, trusted = true) {
  const result = await buildContract({ entry, trusted });
  if (!result.ok) throw new Error(result.error.map(frameOf).join("\n"));
  return result.value;
}

test("an artefact says all that a client needs, and the chain accepts it", async () => {
  const { artefact, bytes, codeHash } = await built(write("whole", contractOf("")), false);
  expect(artefact).toMatchObject({
    name: "sample",
    version: "0.1.0",
    engine: "javascript/1",
    state: [
      { name: "notes", kind: "secret-map", docs: "Notes.", key: { fixed: 32 }, value: "u64" },
    ],
    errors: ["sample/zero"],
    disclosures: { shown: "Why." },
  });
  expect(artefact.commands["put"]).toEqual({
    selector: toHex(blake2b256(utf8("put")).subarray(0, 4)),
    docs: "Puts.",
    args: {
      struct: [
        ["n", "u64"],
        ["more", { seq: { option: "u32" } }],
      ],
    },
    returns: { struct: [["sum", "u64"]] },
  });
  expect(validateArtefact(bytes, blake2b256)).toEqual({ ok: true, value: artefact });
  expect(codeHash).toEqual(blake2b256(bytes));
});

test("two folders give equal bytes, and the source's folder is not in them", async () => {
  const first = await built(write("first", contractOf("")));
  const second = await built(write("second/deeper", contractOf("")));
  expect(second.bytes).toEqual(first.bytes);
  expect(Buffer.from(first.bytes).toString("utf8")).not.toContain(folder);
});

test("a contract outside the workspace builds too", async () => {
  const near = await built(write("near", contractOf("")));
  const far = await built(write("far", contractOf(""), elsewhere), false);
  expect(far.codeHash).toEqual(near.codeHash);
});

const FORBIDDEN: readonly (readonly [line: string, message: string])[] = [
  ["const d = Date.now(); ensure(d > 0, 'sample/x');", "ctx.block.timestampMs"],
  ["ensure(Math.random() > 0, 'sample/x');", "ctx.random()"],
  ["eval('1');", "eval is not there"],
  ["new Function('return 1');", "Function is not there"],
  ["new WeakRef({});", "WeakRef is not there"],
  ["new FinalizationRegistry(() => {});", "FinalizationRegistry is not there"],
  ["new SharedArrayBuffer(1);", "SharedArrayBuffer is not there"],
  ["const f = async () => 1; ensure(f !== undefined, 'sample/x');", "remove async"],
  ["Promise.resolve(1).then(() => 1);", "Promise is not there"],
  ["ensure('a'.localeCompare('b') < 0, 'sample/x');", "locale"],
  ["import('./other.ts');", "import at the top"],
];

test("what replicas could answer differently is refused, each with its place", async () => {
  const first = contractOf("BODY").split("BODY")[0]?.split("\n").length ?? 0;
  const problems = await problemsOf("lint", FORBIDDEN.map(([line]) => line).join("\n"));
  for (const [i, [, message]] of FORBIDDEN.entries()) {
    const found = problems.find((problem) => problem.message.includes(message));
    expect(found, message).toMatchObject({ code: "build/not-deterministic", line: first + i });
    if (found) expect(frameOf(found)).toMatch(/sample\.ts:\d+:\d+ {2}.*\n.*\n *\^/);
  }
});

test("a type error is refused with its place", async () => {
  expect(
    await problemsOf("types", "const n: number = 'text'; ensure(n, 'sample/x');"),
  ).toMatchObject([{ code: "build/type-error", line: 12 }]);
});

test("an import that leads nowhere is refused with its place", async () => {
  const entry = write("nowhere", contractOf("", '// @ts-ignore\nimport "./nowhere.ts";'));
  const result = await buildContract({ entry });
  expect(result).toMatchObject({
    ok: false,
    error: [{ code: "build/not-bundled", line: 4, text: 'import "./nowhere.ts";' }],
  });
  if (!result.ok) expect(result.error[0].message).toContain("./nowhere.ts");
});

test("a file that is not there is refused by its name", async () => {
  const result = await buildContract({ entry: join(folder, "missing.ts") });
  expect(result).toMatchObject({ ok: false, error: [{ code: "build/not-bundled" }] });
  if (!result.ok) expect(result.error[0].message).toContain("missing.ts");
});

test("a declaration that throws is refused with what it threw", async () => {
  const source = contractOf("").replace('"sample", {', '"Not kebab-case", {');
  expect(await buildContract({ entry: write("throws", source) })).toMatchObject({
    ok: false,
    error: [
      { code: "build/not-loaded", message: "assertion failed: a contract's name is kebab-case" },
    ],
  });
});

/** The sample, with a log and what its `put` says. */
function loggingOf(line: string): string {
  return contractOf(line).replace("  state:", '  logs: "What was put.",\n  state:');
}

test("a contract that keeps a log says so, and why; its own cells stay where they are", async () => {
  const { artefact } = await built(write("logs", loggingOf("ctx.log('put');")), false);
  expect(logReasonOf(artefact)).toBe("What was put.");
  expect(artefact.state.map(({ name }) => name)).toEqual(["notes", "logs", "logged"]);
  expect(artefact.queries["logs"]?.docs).toBe("The log, for the owner: What was put.");
});

test("a contract without a log has nothing of it, in no byte", async () => {
  const { artefact } = await built(write("no-logs", contractOf("")));
  expect(logReasonOf(artefact)).toBeUndefined();
  expect(artefact.code).not.toMatch(/more lines|not-the-owner|own-logs/);
  const kit = readFileSync(join(import.meta.dirname, "..", "plain-contract.ts"), "utf8");
  expect(kit).not.toMatch(/log\//);
});

test("a file of the author's that is named like one of the kit's is the author's", async () => {
  const source = contractOf("", 'import { LEAST } from "./define-contract.ts";\n').replace(
    "args.n > 0n",
    "args.n > LEAST",
  );
  const entry = write("named-alike", source);
  writeFileSync(join(entry, "..", "define-contract.ts"), "export const LEAST = 12_345n;\n");
  expect((await built(entry)).artefact.code).toContain("12345n");
});

test.each([
  ["entry", loggingOf("").replace("get: query", "logs: query")],
  ["cell", loggingOf("").replaceAll("notes", "logs")],
])("an %s of the author's with the log's name is refused", async (kind, source) => {
  const result = await buildContract({ entry: write(`own-${kind}`, source), trusted: true });
  expect(result).toMatchObject({
    ok: false,
    error: [{ code: "build/own-logs", message: expect.stringContaining("rename yours") }],
  });
});

test("names that are like forbidden ones are no problem", async () => {
  const body = "const Dates = { Date: args.n }; ensure(Dates.Date > 0n, 'sample/x');";
  expect(await problemsOf("names", body)).toEqual([]);
});

test("a file without a contract, or with two, is refused", async () => {
  const none = write("none", "export const x = 1;");
  await expect(buildContract({ entry: none, trusted: true })).rejects.toMatchObject({
    code: "build/no-contract",
  });
  const two = write("two", `${contractOf("")}\nexport const Other = Sample;`);
  await expect(buildContract({ entry: two, trusted: true })).rejects.toMatchObject({
    code: "build/no-contract",
  });
});

test("tampered artefacts are refused, each with its code", async () => {
  const { artefact } = await built(write("tamper", contractOf("")));
  const codeOf = (changed: unknown) => {
    const result = validateArtefact(utf8(JSON.stringify(changed)), blake2b256);
    return result.ok ? "ok" : result.error.code;
  };
  expect(codeOf(artefact)).toBe("ok");
  expect(codeOf({ ...artefact, code: `${artefact.code} ` })).toBe("artefact/wrong-hash");
  expect(codeOf({ ...artefact, docs: "Other." })).toBe("artefact/wrong-hash");
  expect(codeOf({ ...artefact, engine: "wasm/1" })).toBe("artefact/unknown-engine");
  expect(codeOf({ ...artefact, extra: 1 })).toBe("artefact/bad-field");
  for (const field of Object.keys(artefact)) {
    expect(codeOf({ ...artefact, [field]: null })).toBe("artefact/bad-field");
    expect(codeOf({ ...artefact, [field]: undefined })).toBe("artefact/bad-field");
  }
  const [cell] = artefact.state;
  for (const changed of [
    { ...cell, kind: "secret-set" },
    { ...cell, kind: "list" },
    { ...cell, value: "number" },
    { ...cell, value: undefined },
    { ...cell, more: 1 },
  ])
    expect(codeOf({ ...artefact, state: [changed] })).toBe("artefact/bad-field");
  // The types of the state are part of what the hash covers.
  expect(codeOf({ ...artefact, state: [{ ...cell, value: "u32" }] })).toBe("artefact/wrong-hash");
  const put = { ...artefact.commands["put"], selector: "0x00000000" };
  const renamed = { ...artefact, commands: { ...artefact.commands, put } } as Artefact;
  const hashes = { ...renamed.hashes, abi: toHex(blake2b256(utf8(abiText(renamed)))) };
  expect(validateArtefact(utf8(JSON.stringify({ ...renamed, hashes })), blake2b256)).toEqual({
    ok: false,
    error: { code: "artefact/wrong-selector", entry: "put" },
  });
  const long = utf8(JSON.stringify({ ...artefact, code: "x".repeat(MAX_ARTEFACT_BYTES) }));
  expect(validateArtefact(long, blake2b256)).toMatchObject({
    error: { code: "artefact/too-long" },
  });
  for (const text of ["", "{", "[]", "null", '"x"', "\uFFFD"])
    expect(validateArtefact(utf8(text), blake2b256).ok).toBe(false);
});

test("an audit key is declared in the artefact, and is part of what its hash covers", async () => {
  const key = `0x${"a1".repeat(32)}`;
  const source = contractOf("").replace(
    'docs: "A sample."',
    `docs: "A sample.", auditKey: "${key}"`,
  );
  const { artefact } = await built(write("audited", source));
  expect(artefact.audit).toBe(key);
  const { audit: _, ...without } = artefact;
  const { artefact: plain } = await built(write("plain", contractOf("")));
  expect("audit" in plain).toBe(false);
  for (const changed of [without, { ...artefact, audit: `0x${"a2".repeat(32)}` }])
    expect(validateArtefact(utf8(JSON.stringify(changed)), blake2b256)).toMatchObject({
      error: { code: "artefact/wrong-hash", field: "abi" },
    });
  for (const audit of ["0x12", "", 7, `0x${"A1".repeat(32)}`])
    expect(
      validateArtefact(utf8(JSON.stringify({ ...artefact, audit })), blake2b256),
    ).toMatchObject({ error: { code: "artefact/bad-field", field: "audit" } });
  await expect(
    buildContract({
      entry: write("bad-audit", source.replace(key, "0x12")),
      trusted: true,
    }),
  ).resolves.toMatchObject({ ok: false, error: [{ code: "build/not-loaded" }] });
});

test("arguments encoded from the ABI alone are those of the contract's own codecs", async () => {
  const { artefact } = await built(write("abi", contractOf("")));
  const { args } = artefact.commands["put"] ?? { args: "unit" as const };
  const parsed = parseAbiValue(args, { n: "18446744073709551615", more: [1, null] });
  if (!parsed.ok) throw new Error(parsed.error.expected);
  const codec = codecFromAbi(args);
  const bytes = encode(codec, parsed.value);
  expect(Buffer.from(bytes).toString("hex")).toBe("ffffffffffffffff08010100000000");
  expect(decode(codec, bytes)).toEqual({ ok: true, value: parsed.value });
});

test.each([
  [{ n: 1 }, "value.more"],
  [{ n: -1, more: [] }, "value.n"],
  [{ n: 1, more: ["x"] }, "value.more[0]"],
  [{ n: 1.5, more: [] }, "value.n"],
  [{ n: 1, more: [], extra: 1 }, "value"],
  ["text", "value"],
])("a value that does not fit is refused with its path: %j", async (json, path) => {
  const { artefact } = await built(write("values", contractOf("")));
  expect(parseAbiValue(artefact.commands["put"]?.args ?? "unit", json)).toMatchObject({
    ok: false,
    error: { code: "abi/wrong-value", path },
  });
});

test("our own contracts stay small", async () => {
  const root = join(import.meta.dirname, "..", "..", "..", "..", "contracts");
  const counter = await built(join(root, "counter", "src", "index.ts"));
  const analytics = await built(join(root, "analytics", "src", "index.ts"));
  expect(counter.artefact.code.length).toBeLessThan(30 << 10);
  expect(analytics.artefact.code.length).toBeLessThan(40 << 10);
  expect(readFileSync(join(root, "counter", "src", "counter.ts"), "utf8")).toContain("counter");
});
