import { sha256 } from "@pha/crypto";
import { expect, test } from "vitest";
import { MAX_CALL_WRITE_BYTES } from "../engine.ts";
import { answerOf, callProbe, EMPTY_HOST, ID, probeCode, runProbe } from "../testing/probe.ts";
import { DEEP_PROGRAMS, FUEL_PROGRAMS } from "../testing/programs.ts";
import { instrumentEngine } from "./instrumented.ts";
import { createJavascriptEngine, MAX_CONTRACTS } from "./javascript-engine.ts";
import { ALLOWED_GLOBALS } from "./prelude.ts";

const OTHER = new Uint8Array(32).fill(2);

function loaded(body: string, top = "") {
  const engine = createJavascriptEngine();
  expect(engine.load({ id: ID, code: probeCode(body, top) })).toEqual({ ok: true });
  return engine;
}

test("what a call leaves in globals, prototypes, module variables and memory is gone at the next", () => {
  const engine = loaded(
    `
    const seen = kept + (globalThis.leak ?? 0) + ([].leak ?? 0) + table.size + grown.length;
    kept++; globalThis.leak = 1; Array.prototype.leak = 1; table.set(1, 1);
    for (let i = 0; i < 200; i++) grown.push(new Uint8Array(10000).fill(1));
    Object.defineProperty(Object.prototype, "toString", { value: 1 });
    answer(seen)`,
    "let kept = 0; const table = new Map(); const grown = [];",
  );
  const first = callProbe(engine);
  expect(answerOf(first)).toBe(0);
  for (let i = 0; i < 20; i++) expect(callProbe(engine)).toEqual(first);
});

test("A, B, A: another contract's call leaves the whole memory as it was", () => {
  const engine = loaded("answer(1)");
  engine.load({
    id: OTHER,
    code: probeCode(
      "const a = []; for (let i = 0; i < 80; i++) a.push(new Uint8Array(1e5).fill(9)); answer(2)",
    ),
  });
  callProbe(engine);
  const before = Buffer.from(engine.pristineMemory(ID) ?? []);
  expect(answerOf(callProbe(engine, { id: OTHER }))).toBe(2);
  callProbe(engine);
  const after = Buffer.from(engine.pristineMemory(ID) ?? []);
  expect(before.length).toBe(16 << 20);
  expect(before.equals(after)).toBe(true);
});

test.each([
  "for (;;);",
  "const f = () => f(); f()",
  "const a = []; for (;;) a.push(new Uint8Array(1e5))",
  "throw 1",
])("memory after a call that ends badly is as before: %s", (body) => {
  const engine = loaded(body);
  const before = Buffer.from(engine.pristineMemory(ID) ?? []);
  expect(callProbe(engine, { fuel: 20_000_000n }).status).not.toBe("ok");
  expect(before.equals(engine.pristineMemory(ID) ?? new Uint8Array(0))).toBe(true);
});

test("a contract's snapshot is the same in every engine, whatever was loaded and run before", () => {
  const top = "globalThis.x = [1, 2, 3].map(String)";
  const expected = loaded("answer(1)", top).snapshotHash(ID);
  const busy = loaded("const a = []; for (;;) a.push(new Uint8Array(1e5))", "globalThis.y = {}");
  callProbe(busy);
  busy.load({ id: OTHER, code: probeCode("answer(1)", "const f = () => f(); f()") });
  busy.load({ id: ID, code: probeCode("answer(1)", top) });
  expect(busy.snapshotHash(ID)).toBe(expected);
});

test.each(
  FUEL_PROGRAMS.map((program) => [program.name, program] as const),
)("%s pays for its work, equally at each run", (_, { body, floor }) => {
  const first = runProbe(body);
  expect(first).toMatchObject({ status: "ok" });
  if (!("fuelUsed" in first)) return;
  expect(first.fuelUsed).toBeGreaterThan(floor);
  expect(runProbe(body)).toEqual(first);
});

test("fuel is exact: one unit less than a call used traps, and all of it is charged", () => {
  const used = runProbe(FUEL_PROGRAMS[0]?.body ?? "");
  if (!("status" in used)) throw new Error("the program loads");
  expect(runProbe(FUEL_PROGRAMS[0]?.body ?? "", { fuel: used.fuelUsed })).toEqual(used);
  const fuel = used.fuelUsed - 200n;
  expect(runProbe(FUEL_PROGRAMS[0]?.body ?? "", { fuel })).toEqual({
    status: "trapped",
    reason: "fuel",
    fuelUsed: fuel,
  });
});

test.each(Object.entries(DEEP_PROGRAMS))("%s without end is a stack trap", (_, body) => {
  expect(runProbe(body, { fuel: 3_000_000_000n })).toMatchObject({
    status: "trapped",
    reason: "stack",
  });
});

test.each([
  ["a runaway loop", "for (;;);", "fuel"],
  ["a runaway pattern", "/(a*)*b/.test('a'.repeat(40))", "fuel"],
  ["a caught runaway", "for (;;) { try { for (;;); } catch {} }", "fuel"],
  ["a list of buffers", "const a = []; for (;;) a.push(new Uint8Array(1e5))", "memory"],
  ["one huge buffer", "try { new Uint8Array(1e9); } catch {} answer(1)", "memory"],
  ["many small objects", "const a = []; for (;;) a.push({})", "memory"],
  ["no answer at all", "1", "engine"],
  ["two answers", "answer(1); answer(2)", "engine"],
  ["an unknown operation", "operation(99, 0, 0)", "engine"],
  ["an operation with text", "operation('0', 0, 0)", "engine"],
  ["an operation with too few numbers", "operation(0)", "engine"],
  ["a key of no bytes", "operation(1, 0, 0)", "engine"],
  ["a key too long", "operation(1, 129, 0)", "engine"],
  ["a negative length", "operation(7, -1, 0)", "engine"],
  ["a reply too long", "operation(7, 65537, 0)", "engine"],
  ["a value too long", "operation(2, 1, 65537)", "engine"],
])("%s traps alone", (_, body, reason) => {
  const engine = createJavascriptEngine();
  engine.load({ id: ID, code: probeCode(body) });
  engine.load({ id: OTHER, code: probeCode("answer(7)") });
  expect(callProbe(engine, { fuel: 400_000_000n })).toMatchObject({ status: "trapped", reason });
  expect(answerOf(callProbe(engine, { id: OTHER }))).toBe(7);
});

test("an exception that leaves the contract fails the call", () => {
  for (const thrown of [
    "new Error('x')",
    "null",
    "{ toString() { for (;;); }, toJSON() { for (;;); } }",
  ])
    expect(runProbe(`throw ${thrown}`)).toMatchObject({ status: "failed", code: "contract/threw" });
});

test("only allowed globals remain, and functions cannot be made from text", () => {
  const names = "Object.getOwnPropertyNames(globalThis).filter((n) => !allowed.includes(n)).length";
  const top = `const allowed = ${JSON.stringify(ALLOWED_GLOBALS)};`;
  expect(answerOf(runProbe(`answer(${names})`, { top }) as never)).toBe(0);
  const makers = ["() => {}", "function* () {}", "async () => {}", "async function* () {}"]
    .map((f) => `try { (${f}).constructor("return 1")(); n++; } catch {}`)
    .join("\n");
  const body = `let n = 0; ${makers}
    try { (0, eval)("1"); n++; } catch {}
    for (const name of ["eval", "Function", "WeakRef", "Date", "FinalizationRegistry", "SharedArrayBuffer", "Atomics"])
      if (name in globalThis) n++;
    if (Math.random) n++;
    answer(n)`;
  expect(answerOf(runProbe(body) as never)).toBe(0);
});

test("NaN has one form, whatever made it", () => {
  const body = `
    const made = [NaN, 0 / 0, -(0 / 0), Math.sqrt(-1), Infinity - Infinity, Number("x"), Math.fround(0 / 0)];
    const odd = new DataView(new ArrayBuffer(8)); odd.setUint32(0, 0xfff80000); odd.setUint32(4, 123);
    made.push(odd.getFloat64(0));
    odd.setUint32(0, 0xffc12345); made.push(odd.getFloat32(0));
    let bad = 0;
    for (const nan of made) {
      const f64 = new DataView(new Float64Array([nan]).buffer);
      if (f64.getUint32(4, true) !== 0x7ff80000 || f64.getUint32(0, true) !== 0) bad++;
      if (new DataView(new Float32Array([nan]).buffer).getUint32(0, true) !== 0x7fc00000) bad++;
    }
    answer(bad)`;
  expect(answerOf(runProbe(body) as never)).toBe(0);
});

test("an exception that acts while it is described reaches no host and costs no more", () => {
  const writes: Uint8Array[] = [];
  const host = {
    ...EMPTY_HOST,
    write(key: Uint8Array) {
      writes.push(key);
      return undefined;
    },
  };
  const plain = runProbe("throw { toJSON: 1 }", { host });
  const acting = runProbe("throw { toJSON() { operation(2, 1, 1); for (;;); } }", { host });
  expect([plain, acting]).toMatchObject([{ code: "contract/threw" }, { code: "contract/threw" }]);
  expect(writes).toEqual([]);
  if ("fuelUsed" in acting) expect(acting.fuelUsed).toBeLessThan(20_000n);
});

test("the mailbox cannot be moved from under the engine", () => {
  const names = '["transfer", "transferToFixedLength", "resize"]';
  expect(
    answerOf(
      runProbe(`answer(${names}.filter((n) => n in ArrayBuffer.prototype).length)`) as never,
    ),
  ).toBe(0);
});

test("a query cannot write or draw random bytes, whatever its code does", () => {
  expect(runProbe("operation(2, 1, 1); answer(1)", { kind: "query" })).toMatchObject({
    status: "failed",
    code: "contract/query-writes",
  });
  const host = { ...EMPTY_HOST, random: () => undefined };
  expect(runProbe("operation(5, 0, 0); answer(1)", { kind: "query", host })).toMatchObject({
    status: "failed",
    code: "contract/query-random",
  });
});

test("arguments longer than the mailbox arrive whole", () => {
  const args = new Uint8Array(200_000).map((_, i) => i % 251);
  const body = `
    const all = [...data]; let at = data.length;
    while (at < 200000) { operation(0, at, 0); const n = result(); for (let i = 0; i < n; i++) all.push(data[i]); at += n; }
    let sum = 0; for (const b of all) sum += b;
    answer(sum)`;
  let sum = 0;
  for (const byte of args) sum += byte;
  expect(answerOf(runProbe(body, { args, fuel: 2_000_000_000n }) as never)).toBe(sum);
});

test.each([
  ["throws", "throw new Error('x')", "threw"],
  ["never ends", "for (;;);", "fuel"],
  ["recurses", "const f = () => f(); f()", "stack"],
  ["takes all memory", "const a = []; for (;;) a.push(new Uint8Array(1e5))", "memory"],
])("a contract whose top level %s does not load", (_, top, reason) => {
  const engine = createJavascriptEngine();
  const result = engine.load({ id: ID, code: probeCode("answer(1)", top) });
  expect(result).toEqual({ ok: false, error: { code: "engine/contract-does-not-load", reason } });
  expect(callProbe(engine)).toMatchObject({ status: "trapped", reason: "engine" });
});

test("a host's refusal ends the call with its code, past any catch", () => {
  const host = { ...EMPTY_HOST, write: () => "contract/too-many-writes" };
  expect(MAX_CALL_WRITE_BYTES).toBeLessThan(96 << 10);
  expect(runProbe("try { operation(2, 1, 1); } catch {} answer(1)", { host })).toMatchObject({
    status: "failed",
    code: "contract/too-many-writes",
  });
});

test("an engine holds a limited number of contracts, and loads a known one again", () => {
  const engine = createJavascriptEngine();
  const load = (n: number) =>
    engine.load({ id: new Uint8Array(32).fill(n), code: probeCode("answer(1)") });
  for (let n = 0; n < MAX_CONTRACTS; n++) expect(load(n)).toEqual({ ok: true });
  expect(load(MAX_CONTRACTS)).toEqual({
    ok: false,
    error: { code: "engine/too-many-contracts", limit: MAX_CONTRACTS },
  });
  expect(load(0)).toEqual({ ok: true });
});

test("another engine binary than the pinned one is refused by its hash", () => {
  expect(() => instrumentEngine(Uint8Array.of(0, 97, 115, 109), sha256)).toThrow(
    expect.objectContaining({
      code: "engine/unknown-binary",
      facts: expect.objectContaining({
        hash: "cd5d4935a48c0672cb06407bb443bc0087aff947c6b864bac886982c73b3027f",
      }),
    }),
  );
});
