import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PLATFORM_ATTRIBUTES, PRODUCT_LINES } from "../result.ts";
import { DEMANDS, GOOD_RESULT, policyOf } from "../testing/policy.ts";
import { appraise } from "./appraise.ts";
import { loosenings } from "./loosenings.ts";
import { objectionsToDemands } from "./objections.ts";
import { type Demands, ROLES } from "./policy.ts";

const tcb = { fmc: undefined, bootloader: 3, tee: 0, snp: 8, microcode: 115 };
const current: Demands = {
  ...DEMANDS,
  amdLevels: [
    { line: "Milan", tcb, confidence: 1 },
    { line: "Milan", tcb: { ...tcb, snp: 7 }, confidence: 2 },
  ],
};
const [line, ...lines] = current.lines;
if (line === undefined) throw new Error("the policy has lines");
const { worker, gatekeeper } = current.roles;
const first = (change: Partial<typeof line>) => ({ lines: [{ ...line, ...change }, ...lines] });
const ofWorker = (change: Partial<typeof worker>) => ({
  roles: { worker: { ...worker, ...change }, gatekeeper },
});

const LOOSER: readonly (readonly [string, Partial<Demands>])[] = [
  ["lines/intel-sgx", first({ minSvn: 12 })],
  ["lines/intel-sgx", first({ worstConfidence: { worker: 5, gatekeeper: 2 } })],
  ["lines/intel-sgx", first({ worstConfidence: { worker: 4, gatekeeper: 3 } })],
  ["worker/age", ofWorker({ maxAgeMs: 4_001n })],
  ["worker/serve", ofWorker({ serveMs: 2_001n })],
  ["worker/block-age", ofWorker({ maxBlockAge: 151 })],
  ["gatekeeper/named", { roles: { worker, gatekeeper: { ...gatekeeper, named: false } } }],
  ["attributes", { toleratedAttributes: ["smt", "perfmon"] }],
  ["advisories", { refusedAdvisories: [] }],
  ["signed", { signed: false }],
  ["grace", { graceMs: 501n }],
  ["amd-levels", { amdLevels: [{ line: "Milan", tcb: { ...tcb, snp: 7 }, confidence: 1 }] }],
  ["amd-levels", { amdLevels: [{ line: "Genoa", tcb, confidence: 4 }] }],
];
const TIGHTER: readonly Partial<Demands>[] = [
  { lines },
  first({ minSvn: 14 }),
  first({ worstConfidence: { worker: 3, gatekeeper: 0 } }),
  ofWorker({ maxAgeMs: 3_999n, serveMs: 0n, maxBlockAge: 149, named: true }),
  { toleratedAttributes: [] },
  { refusedAdvisories: ["INTEL-SA-00828", "INTEL-SA-00615"] },
  { graceMs: 0n },
  { amdLevels: [] },
  { amdLevels: [{ line: "Milan", tcb: { ...tcb, microcode: 116 }, confidence: 2 }] },
];

describe("loosenings", () => {
  test("a policy is not looser than itself", () => {
    expect(loosenings(current, current)).toEqual([]);
  });

  test.each(LOOSER)("%s is told", (name, change) => {
    expect(loosenings(current, { ...current, ...change })).toEqual([name]);
  });

  test("a line that is switched on is one", () => {
    expect(loosenings({ ...current, lines }, current)).toEqual(["lines/intel-sgx"]);
  });

  test.each(TIGHTER)("what tightens is none: %#", (change) => {
    expect(loosenings(current, { ...current, ...change })).toEqual([]);
  });
});

const demand = fc
  .record({
    minSvn: fc.integer({ min: 11, max: 14 }),
    worker: fc.integer({ min: 0, max: 5 }),
    gatekeeper: fc.integer({ min: 0, max: 5 }),
    isOn: fc.boolean(),
    maxAgeMs: fc.bigInt({ min: 0n, max: 3n }),
    serveMs: fc.bigInt({ min: 0n, max: 3n }),
    maxBlockAge: fc.integer({ min: 0, max: 3 }),
    named: fc.boolean(),
    tolerated: fc.subarray([...PLATFORM_ATTRIBUTES]),
    refused: fc.subarray(["A", "B"]),
    signed: fc.boolean(),
    graceMs: fc.bigInt({ min: 0n, max: 3n }),
  })
  .map((of): Demands => {
    const { maxAgeMs, serveMs } = of;
    const role = { maxAgeMs, serveMs, maxBlockAge: of.maxBlockAge, named: of.named };
    const worstConfidence = { worker: of.worker, gatekeeper: of.gatekeeper };
    return {
      lines: of.isOn ? [{ line: "intel-sgx", minSvn: of.minSvn, worstConfidence }] : [],
      roles: { worker: role, gatekeeper: role },
      toleratedAttributes: of.tolerated,
      refusedAdvisories: of.refused,
      signed: of.signed,
      graceMs: of.graceMs,
      amdLevels: [],
    };
  });
const evidence = fc.record({
  confidence: fc.integer({ min: 1, max: 5 }),
  svn: fc.integer({ min: 11, max: 14 }),
  isNamed: fc.boolean(),
  attributes: fc.subarray(["smt", "perfmon"] as const),
  advisoryIds: fc.subarray(["A", "B"]),
  signer: fc.constantFrom(undefined, new Uint8Array(32).fill(5)),
  programSvn: fc.integer({ min: 6, max: 8 }),
  issuedAtMs: fc.bigInt({ min: 7n, max: 10n }),
  validUntilMs: fc.bigInt({ min: 7n, max: 10n }),
});
const occasion = fc.record({
  role: fc.constantFrom(...ROLES),
  nowMs: fc.constant(10n),
  shownAtMs: fc.bigInt({ min: 7n, max: 10n }),
  blockAge: fc.integer({ min: 0, max: 3 }),
});

describe("of two policies", () => {
  test("one without loosenings accepts nothing that the other refuses", () => {
    let both = 0;
    fc.assert(
      fc.property(demand, demand, evidence, occasion, (a, b, facts, at) => {
        // Tightened by the second, so that most pairs have no loosening.
        const next: Demands = {
          ...a,
          toleratedAttributes: a.toleratedAttributes.filter((one) =>
            b.toleratedAttributes.includes(one),
          ),
          signed: a.signed || b.signed,
          graceMs: a.graceMs < b.graceMs ? a.graceMs : b.graceMs,
          lines: b.lines.length === 0 ? [] : a.lines,
        };
        const result = { ...GOOD_RESULT, ...facts };
        for (const [was, is] of [
          [a, next],
          [a, b],
        ] as const) {
          if (loosenings(was, is).length > 0) continue;
          both += 1;
          if (appraise(result, policyOf(is), at).ok)
            expect(appraise(result, policyOf(was), at).ok).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(both).toBeGreaterThan(2_000);
  });

  test("loosening any one field never turns accepted into refused", () => {
    let accepted = 0;
    fc.assert(
      fc.property(evidence, occasion, fc.nat(LOOSER.length - 1), (facts, at, which) => {
        const result = {
          ...GOOD_RESULT,
          ...facts,
          issuedAtMs: facts.issuedAtMs + 4_000n,
          validUntilMs: facts.validUntilMs + 4_990n,
        };
        const times = { ...at, nowMs: 5_000n, shownAtMs: 4_500n };
        const looser = { ...current, ...LOOSER[which]?.[1] };
        if (!appraise(result, policyOf(current), times).ok) return;
        accepted += 1;
        expect(appraise(result, policyOf(looser), times).ok).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(20);
  });
});

describe("objections to a policy", () => {
  const simulated = {
    line: "simulated",
    minSvn: 1,
    worstConfidence: { worker: 128, gatekeeper: 128 },
  } as const;

  test("a sound one has none", () => {
    expect(objectionsToDemands(current, false)).toEqual([]);
    expect(objectionsToDemands({ ...current, lines: [simulated] }, true)).toEqual([]);
  });

  test.each([
    ["repeated-line", { lines: [line, line] }],
    ["no-such-confidence", first({ worstConfidence: { worker: 6, gatekeeper: 2 } })],
    ["no-such-confidence", first({ worstConfidence: { worker: 128, gatekeeper: 2 } })],
    ["no-such-confidence", { amdLevels: [{ line: "Milan", tcb, confidence: 0 }] }],
    ["simulated-line", { lines: [simulated] }],
    ["gatekeeper-looser-than-worker", first({ worstConfidence: { worker: 1, gatekeeper: 2 } })],
    ["gatekeeper-looser-than-worker", ofWorker({ maxAgeMs: 999n })],
    ["gatekeeper-looser-than-worker", ofWorker({ serveMs: 999n })],
    ["gatekeeper-looser-than-worker", ofWorker({ maxBlockAge: 19 })],
    [
      "gatekeeper-looser-than-worker",
      {
        roles: {
          worker: { ...worker, named: true },
          gatekeeper: { ...gatekeeper, named: false },
        },
      },
    ],
    ["amd-levels-out-of-order", { amdLevels: current.amdLevels.toReversed() }],
  ] as const)("%s", (objection, change) => {
    expect(objectionsToDemands({ ...current, ...change }, false)).toEqual([objection]);
  });

  test("numbers of lines and attributes on chain are positions: none may move", () => {
    expect([PRODUCT_LINES.indexOf("intel-sgx"), PRODUCT_LINES.indexOf("azure-turin")]).toEqual([
      1, 15,
    ]);
    expect(PLATFORM_ATTRIBUTES.indexOf("unlocked")).toBe(13);
  });
});
