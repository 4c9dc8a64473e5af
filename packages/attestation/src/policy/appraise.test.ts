import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AttestationResult, PLATFORM_ATTRIBUTES } from "../result.ts";
import { DEMANDS, GOOD_RESULT, OCCASION, policyOf } from "../testing/policy.ts";
import { appraise } from "./appraise.ts";
import { type AppraisalPolicy, type Occasion, ROLES } from "./policy.ts";
import { UNMET_CODES, type UnmetCode } from "./unmet.ts";

interface Change {
  readonly result?: Partial<AttestationResult>;
  readonly policy?: Partial<AppraisalPolicy>;
  readonly occasion?: Partial<Occasion>;
}

function codesOf(...changes: readonly Change[]): readonly UnmetCode[] {
  const result = Object.assign({}, GOOD_RESULT, ...changes.map((one) => one.result ?? {}));
  const policy = Object.assign(policyOf(DEMANDS), ...changes.map((one) => one.policy ?? {}));
  const occasion = Object.assign({}, OCCASION, ...changes.map((one) => one.occasion ?? {}));
  const appraised = appraise(result, policy, occasion);
  return appraised.ok ? [] : appraised.error.map(({ code }) => code);
}

/** One flaw each, and the one code that it alone has; none hides another. */
const FLAWS: Readonly<Partial<Record<UnmetCode, Change>>> = {
  "appraisal/platform-denied": { policy: { isDeniedPlatform: (id) => id[0] === 2 } },
  "appraisal/platform-taken": { policy: { isTakenPlatform: (id) => id[0] === 2 } },
  "appraisal/debug": { result: { debug: true } },
  "appraisal/attribute": { result: { attributes: ["smt", "perfmon"] } },
  "appraisal/measurement-not-allowed": { result: { measurement: new Uint8Array(32) } },
  "appraisal/program-svn-too-low": { result: { programSvn: 6 } },
  "appraisal/svn-too-low": { result: { svn: 12 } },
  "appraisal/advisory": { result: { advisoryIds: ["INTEL-SA-00615", "INTEL-SA-00828"] } },
  "appraisal/confidence-too-low": { result: { confidence: 5 } },
  "appraisal/block-too-old": { occasion: { blockAge: 151 } },
  "appraisal/too-old": { result: { issuedAtMs: -2_000n } },
  "appraisal/refresh-due": { occasion: { shownAtMs: 2_999n } },
  "appraisal/expired": { result: { validUntilMs: 4_499n } },
};
/** Flaws that another one of the list would hide, or the other way round. */
const ALONE: Readonly<Partial<Record<UnmetCode, Change>>> = {
  "appraisal/line-off": { policy: { lines: [] } },
  "appraisal/role-not-for-line": {
    result: { line: "android-trustzone" },
    occasion: { role: "gatekeeper" },
  },
  "appraisal/platform-unnamed": { result: { isNamed: false }, occasion: { role: "gatekeeper" } },
  "appraisal/unsigned": { result: { signer: undefined } },
  "appraisal/signer-not-allowed": { result: { signer: new Uint8Array(32) } },
  "appraisal/unknown-block": { occasion: { blockAge: undefined } },
};

describe("appraisal", () => {
  test("grades evidence that satisfies the whole policy", () => {
    expect(appraise(GOOD_RESULT, policyOf(DEMANDS), OCCASION)).toEqual({
      ok: true,
      value: {
        vendor: "intel",
        teeClass: "sgx-enclave",
        line: "intel-sgx",
        confidence: 2,
        earns: true,
        unchecked: [],
      },
    });
  });

  test("a simulated platform earns nothing", () => {
    const lines = [
      { line: "simulated", minSvn: 0, worstConfidence: { worker: 128, gatekeeper: 128 } },
    ] as const;
    const result = { ...GOOD_RESULT, line: "simulated", confidence: 128 } as const;
    const appraised = appraise(result, policyOf({ ...DEMANDS, lines }), OCCASION);
    expect(appraised.ok && appraised.value.earns).toBe(false);
  });

  test("each demand has a flaw in the tables below", () => {
    expect([...Object.keys(FLAWS), ...Object.keys(ALONE)].sort()).toEqual([...UNMET_CODES].sort());
  });

  test.each(Object.entries(FLAWS))("%s alone", (code, change) => {
    expect(codesOf(change)).toEqual([code]);
  });

  test.each(Object.entries(ALONE))("%s", (code, change) => {
    expect(codesOf(change)).toEqual([code]);
  });

  test("every combination of flaws is told, each flaw by its own code and in order", () => {
    const flaws = Object.entries(FLAWS);
    const inOrder = UNMET_CODES.filter((code) => code in FLAWS);
    for (let mask = 0; mask < 1 << flaws.length; mask++) {
      const chosen = flaws.filter((_, i) => ((mask >> i) & 1) === 1);
      const codes = new Set(chosen.map(([code]) => code));
      const told = codesOf(...chosen.map(([, change]) => change));
      // One comparison per combination: `expect` on four thousand lists takes seconds.
      if (told.join() !== inOrder.filter((code) => codes.has(code)).join())
        expect(told).toEqual(inOrder.filter((code) => codes.has(code)));
    }
    expect(codesOf(...flaws.map(([, change]) => change))).toEqual(inOrder);
  });

  test("at the edge of each number a demand is met", () => {
    expect(
      codesOf({
        result: {
          svn: 13,
          programSvn: 7,
          confidence: 4,
          issuedAtMs: -1_000n,
          validUntilMs: 4_500n,
        },
        occasion: { blockAge: 150, shownAtMs: 3_000n },
      }),
    ).toEqual([]);
  });

  test("a gatekeeper must be better than a worker", () => {
    const gatekeeper = { occasion: { role: "gatekeeper" } } as const;
    expect(codesOf(gatekeeper)).toEqual([]);
    expect(codesOf(gatekeeper, { result: { confidence: 3 } })).toEqual([
      "appraisal/confidence-too-low",
    ]);
    expect(codesOf(gatekeeper, { occasion: { blockAge: 21 } })).toEqual([
      "appraisal/block-too-old",
    ]);
    expect(codesOf(gatekeeper, { result: { issuedAtMs: 3_499n } })).toEqual(["appraisal/too-old"]);
    expect(codesOf(gatekeeper, { occasion: { shownAtMs: 3_999n } })).toEqual([
      "appraisal/refresh-due",
    ]);
  });

  test("every unmet demand says what to do", () => {
    for (const change of [...Object.values(FLAWS), ...Object.values(ALONE)]) {
      const appraised = appraise(
        { ...GOOD_RESULT, ...change.result },
        policyOf(DEMANDS, change.policy),
        { ...OCCASION, ...change.occasion },
      );
      const [first] = appraised.ok ? [] : appraised.error;
      expect(first?.fix).toMatch(/^[A-Z].{15,}\.$/);
    }
  });

  test("names every demand that was given up, and why", () => {
    const any = { accept: "any", because: "a test" } as const;
    const given = {
      isAllowedMeasurement: any,
      minProgramSvn: any,
      debug: any,
      toleratedAttributes: any,
      refusedAdvisories: any,
      isDeniedPlatform: any,
      isTakenPlatform: any,
      graceMs: any,
    };
    const result = {
      ...GOOD_RESULT,
      measurement: new Uint8Array(32),
      signer: undefined,
      debug: true,
      attributes: PLATFORM_ATTRIBUTES,
      advisoryIds: ["INTEL-SA-00828"],
      validUntilMs: 0n,
    };
    const appraised = appraise(result, policyOf(DEMANDS, given), OCCASION);
    expect(appraised.ok && appraised.value.unchecked).toEqual([
      "measurement: a test",
      "signer: a test",
      "debug: a test",
      "attributes: a test",
      "advisories: a test",
      "denied platforms: a test",
      "one worker per platform: a test",
      "end of certificates: a test",
    ]);
  });

  test("a worse fact never meets a demand that the better one does not", () => {
    const numbers = fc.record({
      confidence: fc.integer({ min: 1, max: 5 }),
      svn: fc.integer({ min: 0, max: 20 }),
      programSvn: fc.integer({ min: 0, max: 12 }),
      blockAge: fc.integer({ min: 0, max: 200 }),
      issuedAtMs: fc.bigInt({ min: 0n, max: 5_000n }),
      validUntilMs: fc.bigInt({ min: 4_000n, max: 6_000n }),
    });
    fc.assert(
      fc.property(numbers, numbers, fc.constantFrom(...ROLES), (a, b, role) => {
        const least = <T extends number | bigint>(x: T, y: T): T => (x < y ? x : y);
        const most = <T extends number | bigint>(x: T, y: T): T => (x > y ? x : y);
        const worse = {
          confidence: most(a.confidence, b.confidence),
          svn: least(a.svn, b.svn),
          programSvn: least(a.programSvn, b.programSvn),
          blockAge: most(a.blockAge, b.blockAge),
          issuedAtMs: least(a.issuedAtMs, b.issuedAtMs),
          validUntilMs: least(a.validUntilMs, b.validUntilMs),
        };
        const told = ({ blockAge, ...result }: typeof a) =>
          codesOf({ result, occasion: { blockAge, role } });
        const ofWorse = told(worse);
        for (const better of [a, b])
          for (const code of told(better)) expect(ofWorse).toContain(code);
      }),
    );
  });
});
