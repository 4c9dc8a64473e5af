import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ATTESTATION_STORAGE } from "@pha/attestation";
import { STORAGE } from "@pha/protocol";
import { PhaError, toHex } from "@pha/scale";
import { afterAll, expect, test } from "vitest";
import { STEPS } from "../drill/steps.ts";
import { fakeChain } from "../testing/fake-chain.ts";
import { assess, carryOut, readReport } from "./drill.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-drill-command-"));
afterAll(() => rmSync(folder, { recursive: true }));
const GENESIS = toHex(new Uint8Array(32));
const OPERATOR = new Uint8Array(32).fill(3);
const output = { json: true, printed: false, result: () => {}, progress: () => {} };

function chainWith(lines: readonly string[]) {
  const policy = { lines: lines.map((line) => ({ line })) };
  const fake = fakeChain({
    "PhaAttestation.Policy": policy,
    "PhaGatekeepers.Operators": [OPERATOR],
  });
  fake.values.set(ATTESTATION_STORAGE.policy.value, policy);
  return fake;
}

test("a maker without a line is nothing to break, one that has all of them leaves nobody", async () => {
  const { chain } = chainWith(["amd-milan-vcek", "azure-milan"]);
  await expect(assess(chain, "intel")).rejects.toMatchObject({ code: "drill/nothing-broken" });
  // Azure's paravisor hangs on AMD's hardware.
  await expect(assess(chain, "amd")).rejects.toMatchObject({ code: "drill/nobody-left" });
  const one = await assess(chain, "amd-milan-vcek");
  expect(one.lines).toEqual(["amd-milan-vcek"]);
  expect(one.steps.map(({ name }) => name)).toEqual(STEPS.map(({ name }) => name));
  expect(one.exposure).toMatchObject({ clusters: [], generations: [], isWhole: true });
});

test("Azure's machines on TDX fall with Intel, the others with AMD", async () => {
  const { chain } = chainWith(["intel-tdx", "azure-tdx", "azure-milan", "aws-nitro"]);
  expect((await assess(chain, "intel")).lines).toEqual(["intel-tdx", "azure-tdx"]);
  expect((await assess(chain, "amd")).lines).toEqual(["azure-milan"]);
  expect((await assess(chain, "azure-tdx")).lines).toEqual(["azure-tdx"]);
});

test("steps are done once, in their order, and a drill goes on where it was interrupted", async () => {
  const { chain, items, values, head } = chainWith(["intel-sgx", "amd-milan-vcek"]);
  const path = join(folder, "report.json");
  const begun = await assess(chain, "intel");
  const calls: string[] = [];
  let isSlow = true;
  const context = {
    chain,
    target: "intel",
    before: { generation: 0n, stateKeys: {} },
    minVersion: undefined,
    async root(_: string, name: string, args: unknown) {
      calls.push(name);
      head.number += 1;
      if (name === "freeze_admissions") items.set("PhalaRegistry.FrozenSince", head.number);
      if (name === "resume_admissions") items.delete("PhalaRegistry.FrozenSince");
      if (name === "set_policy") {
        const { policy } = args as { readonly policy: unknown };
        items.set("PhaAttestation.Policy", policy);
        values.set(ATTESTATION_STORAGE.policy.value, policy);
      }
      if (name !== "new_generation") return;
      if (isSlow)
        throw new PhaError("chain/dispatch-failed", "UnderWay", { hint: "It is under way." });
      // Both items have one codec: of a chain where the newest is the oldest, too.
      values.set(STORAGE.generation.current.value, 1n);
    },
  };
  const where = { path, output };
  await expect(carryOut(context, begun, { ...where, waitMs: 1 })).rejects.toMatchObject({
    code: "drill/not-done",
    facts: { step: "generation", report: path, refused: "UnderWay" },
  });
  expect(calls.slice(0, 3)).toEqual(["freeze_admissions", "set_policy", "new_generation"]);
  const kept = await readReport(path, "intel", GENESIS);
  expect(kept?.steps.map(({ state }) => state).join(" ")).toBe(
    "done done done pending pending pending pending",
  );
  if (kept === undefined) throw new Error("it was written");
  isSlow = false;
  calls.length = 0;
  const done = await carryOut(context, kept, { ...where, waitMs: 10_000 });
  expect(calls).toEqual(["new_generation", "resume_admissions"]);
  expect(done.steps.every(({ state }) => state === "done")).toBe(true);
  expect(done.finishedAt).toBe(head.number);
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ finishedAt: head.number });
});

test.each([
  0, 1, 2, 3, 4,
])("a generation that becomes active behind read %i is not asked for twice", async (reads) => {
  const { chain, items, values } = chainWith(["intel-sgx", "amd-milan-vcek"]);
  items.set("PhaGatekeepers.Run", {});
  let left = reads;
  const activeNow = (): void => {
    if (left-- !== 0) return;
    items.delete("PhaGatekeepers.Run");
    values.set(STORAGE.generation.current.value, 1n);
  };
  const read = chain.read.bind(chain);
  Object.assign(chain, {
    async read(item: Parameters<typeof read>[0]) {
      activeNow();
      return read(item);
    },
  });
  const calls: string[] = [];
  const context = {
    chain,
    target: "intel",
    before: { generation: 0n, stateKeys: {} },
    minVersion: undefined,
    async root(_: string, name: string) {
      calls.push(name);
    },
  };
  const step = STEPS.find(({ name }) => name === "generation");
  await step?.act(context);
  await step?.act(context);
  expect(calls).toEqual([]);
  expect(await step?.missing(context)).toBeUndefined();
});

test.each([
  ["no JSON", "{"],
  ["another document", "{}"],
  ["of another format", JSON.stringify({ format: "pha/drill/9" })],
  [
    "with a generation that is none",
    JSON.stringify({
      format: "pha/drill/1",
      target: "intel",
      genesis: GENESIS,
      before: { generation: "all", stateKeys: {} },
      steps: STEPS,
    }),
  ],
])("a report that is %s is refused", async (_, text) => {
  const path = join(folder, "other.json");
  writeFileSync(path, text);
  await expect(readReport(path, "intel", GENESIS)).rejects.toMatchObject({
    code: "drill/other-report",
    facts: { path },
  });
});

test("no report is where none was begun", async () => {
  expect(await readReport(join(folder, "none.json"), "intel", GENESIS)).toBeUndefined();
});
