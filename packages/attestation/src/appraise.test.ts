import { equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { type AppraisalPolicy, type AttestationResult, appraise, type Role } from "./index.ts";

const measurement = new Uint8Array(32).fill(1);
const platformId = new Uint8Array(32).fill(2);
const facts: AttestationResult = {
  vendor: "simulated",
  teeClass: "simulated",
  confidence: 128,
  measurement,
  platformId,
  svn: 3,
  debug: false,
  reportData: new Uint8Array(64),
  issuedAtMs: 1_000n,
};
const policy: AppraisalPolicy = {
  nowMs: 5_000n,
  isAllowedMeasurement: (one) => equalBytes(one, measurement),
  debug: "refuse",
  minSvn: 3,
  maxAgeMs: 4_000n,
  isDeniedPlatform: () => false,
  worstConfidence: { worker: 128, gatekeeper: 128 },
};

function codeOf(
  change: Partial<AttestationResult>,
  demand: Partial<AppraisalPolicy>,
  role: Role = "worker",
): string {
  const result = appraise({ ...facts, ...change }, { ...policy, ...demand }, role);
  return result.ok ? "ok" : result.error.code;
}

describe("appraisal", () => {
  test("grades evidence that satisfies the whole policy", () => {
    expect(appraise(facts, policy, "worker")).toEqual({
      ok: true,
      value: { vendor: "simulated", teeClass: "simulated", confidence: 128, unchecked: [] },
    });
  });

  test.each([
    ["another measurement", { measurement: platformId }, {}, "appraisal/measurement-not-allowed"],
    ["a debug platform", { debug: true }, {}, "appraisal/debug"],
    ["an old platform", { svn: 2 }, {}, "appraisal/svn-too-low"],
    ["old evidence", { issuedAtMs: 999n }, {}, "appraisal/too-old"],
    ["a denied platform", {}, { isDeniedPlatform: () => true }, "appraisal/platform-denied"],
  ])("refuses %s", (_, change, demand, code) => {
    expect(codeOf(change, demand)).toBe(code);
  });

  test("demands of each role its own confidence", () => {
    const worstConfidence = { worker: 128, gatekeeper: 2 };
    expect(codeOf({}, { worstConfidence }, "worker")).toBe("ok");
    expect(codeOf({}, { worstConfidence }, "gatekeeper")).toBe("appraisal/confidence-too-low");
  });

  test("names every demand that was given up, and why", () => {
    const any = { accept: "any", because: "a test" } as const;
    const result = appraise(
      { ...facts, debug: true, svn: 0, issuedAtMs: 0n },
      {
        ...policy,
        isAllowedMeasurement: any,
        debug: any,
        minSvn: any,
        maxAgeMs: any,
        isDeniedPlatform: any,
      },
      "worker",
    );
    expect(result.ok && result.value.unchecked).toEqual([
      "measurement: a test",
      "debug: a test",
      "security version: a test",
      "age: a test",
      "denied platforms: a test",
    ]);
  });
});
