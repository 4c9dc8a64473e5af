/** Results, policies and occasions of a test only: a good one of each. */
import type { AppraisalPolicy, Demands, Occasion } from "../policy/policy.ts";
import { type AttestationResult, isSimulatedLine, PRODUCT_LINES } from "../result.ts";

export const GOOD_RESULT: AttestationResult = {
  vendor: "intel",
  teeClass: "sgx-enclave",
  line: "intel-sgx",
  confidence: 2,
  advisoryIds: ["INTEL-SA-00615"],
  attributes: ["smt"],
  signer: new Uint8Array(32).fill(5),
  programSvn: 7,
  isNamed: true,
  validUntilMs: 9_000n,
  measurement: new Uint8Array(32).fill(1),
  platformId: new Uint8Array(32).fill(2),
  svn: 13,
  debug: false,
  reportData: new Uint8Array(64),
  issuedAtMs: 4_000n,
};

export const DEMANDS: Demands = {
  lines: PRODUCT_LINES.filter((line) => !isSimulatedLine(line)).map((line) => ({
    line,
    minSvn: 13,
    worstConfidence: line.startsWith("android")
      ? { worker: 4, gatekeeper: 0 }
      : { worker: 4, gatekeeper: 2 },
  })),
  roles: {
    worker: { maxAgeMs: 4_000n, serveMs: 2_000n, maxBlockAge: 150, named: false },
    gatekeeper: { maxAgeMs: 1_000n, serveMs: 1_000n, maxBlockAge: 20, named: true },
  },
  toleratedAttributes: ["smt"],
  refusedAdvisories: ["INTEL-SA-00828"],
  signed: true,
  graceMs: 500n,
  amdLevels: [],
};

export function policyOf(demands: Demands, change: Partial<AppraisalPolicy> = {}): AppraisalPolicy {
  const { lines, roles, toleratedAttributes, refusedAdvisories, signed, graceMs } = demands;
  return {
    lines,
    roles,
    toleratedAttributes,
    refusedAdvisories,
    graceMs,
    debug: "refuse",
    isAllowedMeasurement: (one) => one[0] === 1,
    minProgramSvn: signed
      ? (signer) => (signer[0] === 5 ? 7 : undefined)
      : { accept: "any", because: "a test" },
    isDeniedPlatform: () => false,
    isTakenPlatform: () => false,
    ...change,
  };
}

export const OCCASION: Occasion = {
  role: "worker",
  nowMs: 5_000n,
  shownAtMs: 4_500n,
  blockAge: 10,
};
