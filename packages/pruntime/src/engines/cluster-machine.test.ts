import { readArtefact } from "@pha/contract";
import { MAX_OPENED_FIELDS } from "@pha/contract/guest";
import { utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import type { EngineOutcome, EngineRequest, EngineResponse } from "../core/index.ts";
import { createClusterMachine } from "./cluster-machine.ts";
import { createJavascriptEngine } from "./javascript/javascript-engine.ts";
import { NODE_CRYPTOGRAPHY } from "./node-cryptography.ts";
import { artefactOf } from "./testing/artefact.ts";
import { probeCode } from "./testing/probe.ts";

const A = new Uint8Array(32).fill(1);
const B = new Uint8Array(32).fill(2);
const OWNER = new Uint8Array(32).fill(9);
const BLOCK = { number: 1, timestampMs: 1n };

/** Adds the first argument byte to the stored number, fails above 99, answers the number; a query only reads. */
const ADDER = probeCode(`
  const amount = data[0] ?? 0;
  data[0] = 5; operation(1, 1, 0);
  let n = result() < 0 ? 0 : data[0];
  if (view.getUint32(4, true) !== 2) {
    n += amount;
    data[0] = 5; data[1] = n; operation(2, 1, 1);
    if (n > 99) { data[0] = 97; operation(8, 1, 0); return; }
  }
  answer(n)`)
  .replaceAll("view.getUint32(4, true) !== 2", "new DataView(box).getUint32(4, true) !== 2")
  .replaceAll("view.getInt32(0, true)", "new DataView(box).getInt32(0, true)")
  .replaceAll("view.setUint32(112", "new DataView(box).setUint32(112");

function call(kind: "command" | "query", amount: number, contract: Uint8Array = A) {
  return {
    contract,
    kind,
    selector: new Uint8Array(4),
    args: Uint8Array.of(amount),
    caller: OWNER,
    fuelLimit: 100_000_000n,
    seed: new Uint8Array(32).fill(3),
  } as const;
}

function loaded(code = ADDER) {
  const machine = createClusterMachine(createJavascriptEngine(), NODE_CRYPTOGRAPHY);
  machine.handle({ type: "reset" });
  for (const contract of [A, B])
    machine.handle({
      type: "load-contract",
      contract,
      code: artefactOf(code),
      owner: OWNER,
      pseudonymKey: contract,
    });
  return machine;
}

function outcomes(response: EngineResponse | undefined): readonly EngineOutcome[] {
  if (response?.type !== "ran") throw new Error("a run answers with outcomes");
  return response.outcomes;
}

function run(
  job: number,
  calls: Extract<EngineRequest, { type: "run" }>["calls"],
  softWriteBytes = 1000,
) {
  return { type: "run", job, block: BLOCK, calls, softWriteBytes } as const;
}

function numbers(of: readonly EngineOutcome[]): readonly (number | string)[] {
  return of.map((o) => (o.status === "ok" ? (o.output[0] ?? -1) : o.status));
}

function query(machine: ReturnType<typeof loaded>, contract: Uint8Array = A): number | string {
  const response = machine.handle({
    type: "query",
    query: 1,
    block: BLOCK,
    call: call("query", 0, contract),
  });
  if (response?.type !== "queried") throw new Error("a query is answered");
  return numbers([response.outcome])[0] ?? -1;
}

test("the test's artefacts are read as artefacts", () => {
  expect(readArtefact(artefactOf(ADDER))).toMatchObject({ ok: true });
});

test("calls of a job see the writes of those before, failed ones leave none, contracts are apart", () => {
  const machine = loaded();
  const done = outcomes(
    machine.handle(
      run(1, [call("command", 5), call("command", 98), call("command", 6), call("command", 1, B)]),
    ),
  );
  expect(numbers(done)).toEqual([5, "failed", 11, 1]);
  expect(done[0]).toMatchObject({ writes: [{ key: Uint8Array.of(5), value: Uint8Array.of(5) }] });
});

test("queries answer from the base, which finalization moves job by job", () => {
  const machine = loaded();
  machine.handle(run(1, [call("command", 1)]));
  machine.handle(run(2, [call("command", 2)]));
  machine.handle(run(3, [call("command", 4)]));
  expect(query(machine)).toBe(0);
  machine.handle({ type: "finalize", job: 2 });
  expect(query(machine)).toBe(3);
  expect(numbers(outcomes(machine.handle(run(4, [call("command", 8)]))))).toEqual([15]);
  machine.handle({ type: "finalize", job: 4 });
  expect(query(machine)).toBe(15);
});

test("a job stops before a call when its writes are too many, but runs one", () => {
  const machine = loaded();
  const calls = [call("command", 1), call("command", 1), call("command", 1)];
  expect(outcomes(machine.handle(run(1, calls, 0)))).toHaveLength(1);
  expect(outcomes(machine.handle(run(2, calls, 50)))).toHaveLength(2);
});

test("state loaded anew gives what ran before", () => {
  const machine = loaded();
  const [first] = outcomes(machine.handle(run(1, [call("command", 5)])));
  if (first?.status !== "ok") throw new Error("the call succeeds");
  const other = loaded();
  other.handle({
    type: "load-state",
    entries: first.writes.map((write) => ({ contract: A, ...write })),
  });
  expect(query(other)).toBe(5);
  expect(outcomes(other.handle(run(7, [call("command", 6)])))).toEqual(
    outcomes(machine.handle(run(2, [call("command", 6)]))),
  );
});

test("an unknown, malformed or foreign artefact traps its calls and nothing else", () => {
  const machine = loaded();
  const id = new Uint8Array(32).fill(8);
  for (const code of [utf8("{"), artefactOf(ADDER, { engine: "wasm/1" }), artefactOf("throw 1")]) {
    machine.handle({ type: "load-contract", contract: id, code, owner: OWNER, pseudonymKey: id });
    expect(
      numbers(outcomes(machine.handle(run(1, [call("command", 1, id), call("query", 0, B)])))),
    ).toEqual(["trapped", 0]);
  }
});

test("pseudonyms differ by contract and domain, random bytes by draw, and both repeat", () => {
  const code = probeCode(`
    const bytes = [];
    const take = () => { for (let i = 0; i < 32; i++) bytes.push(data[i]); };
    const name = (...all) => { data.set(all); operation(6, 1, 2); take(); };
    name(1, 2, 3); name(2, 2, 3); operation(5, 0, 0); take(); operation(5, 0, 0); take();
    data.set(bytes); operation(7, bytes.length, 0)`);
  const text = (contract: Uint8Array) => {
    const [outcome] = outcomes(loaded(code).handle(run(1, [call("command", 0, contract)])));
    if (outcome?.status !== "ok") throw new Error("the call succeeds");
    return [0, 32, 64, 96].map((at) =>
      Buffer.from(outcome.output.subarray(at, at + 32)).toString("hex"),
    );
  };
  const [ofA, ofB] = [text(A), text(B)];
  expect(text(A)).toEqual(ofA);
  expect(new Set([...ofA, ...ofB.slice(0, 2)]).size).toBe(6);
});

/** Opens the keys of one byte that the arguments name, then answers 1; with a zero among them it fails at the end. */
const OPENER = probeCode(`
  const words = new DataView(box);
  const count = words.getUint32(12, true);
  const keys = data.slice(0, count);
  if (words.getUint32(4, true) === 1) {
    for (const key of keys) { data[0] = key; data.set(new Uint8Array(4), 1); operation(2, 1, 4); }
    answer(1);
    return;
  }
  for (const key of keys) { data[0] = key; operation(10, 1, 0); }
  if (keys.includes(0)) { data[0] = 97; operation(8, 1, 0); return; }
  answer(1)`);

test("a query opens entries of its own contract's final state, each once; a failed one opens nothing", () => {
  const machine = loaded(OPENER);
  const of = (kind: "command" | "query", keys: readonly number[], contract = A) => ({
    ...call(kind, 0, contract),
    args: Uint8Array.from(keys),
  });
  const open = (keys: readonly number[], contract = A) => {
    const response = machine.handle({
      type: "query",
      query: 1,
      block: BLOCK,
      call: of("query", keys, contract),
    });
    if (response?.type !== "queried") throw new Error("a query is answered");
    const { outcome, opened } = response;
    return [
      outcome.status === "failed" ? outcome.code : outcome.status,
      opened.map(([key]) => key),
    ];
  };
  const many = Array.from({ length: MAX_OPENED_FIELDS + 1 }, (_, i) => i + 10);
  machine.handle(run(1, [of("command", [0, 5, 6, ...many])]));
  expect(open([5])).toEqual(["contract/nothing-to-open", []]);
  machine.handle({ type: "finalize", job: 1 });
  expect(open([5, 6, 5])).toEqual(["ok", [5, 6]]);
  expect(open([5, 0])).toEqual(["a", []]);
  expect(open([5, 7])).toEqual(["contract/nothing-to-open", []]);
  expect(open([5], B)).toEqual(["contract/nothing-to-open", []]);
  expect(open(many.slice(1))).toEqual(["ok", many.slice(1)]);
  expect(open(many)).toEqual(["contract/too-many-openings", []]);
});
