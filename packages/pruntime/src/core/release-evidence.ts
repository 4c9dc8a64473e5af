/**
 * The raw evidence of a worker that asks for a key, examined once more: with the chain's collateral, against roots and a
 * floor that are compiled in, and against every policy that binds by the gatekeeper's own record.
 *
 * Of a policy all demands are looked at but those of time, which the chain holds workers to by their suspension.
 */
import {
  type AttestationResult,
  appraise,
  type CollateralView,
  type Demands,
  type Occasion,
  type VendorRoots,
  verifyWithCollateral,
} from "@pha/attestation";
import { fail, ok, type Result } from "@pha/scale";
import { isAboveFloor } from "./release-floor.ts";

export type EvidenceRefusal =
  | "release/evidence-refused"
  | "release/below-floor"
  /** A policy that was declared too lately to be forgotten, or that is in force, asks for more. */
  | "release/policy-not-met";

export interface Examination {
  readonly evidence: Uint8Array;
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  readonly simulatedRoot: Uint8Array | undefined;
  readonly roots: VendorRoots;
  readonly view: CollateralView;
  /** Chain time of the head, Unix milliseconds. */
  readonly now: bigint;
  /** At least one. */
  readonly policies: readonly Demands[];
}

export function examine(input: Examination): Result<AttestationResult, EvidenceRefusal> {
  let result: AttestationResult | undefined;
  for (const policy of input.policies) {
    const verified = verifyWithCollateral({
      bytes: input.evidence,
      roots: input.roots,
      view: input.view,
      lines: policy.lines,
      amdLevels: policy.amdLevels,
      simulatedRoot: input.simulatedRoot,
      now: input.now,
      expectedReportData: input.reportData,
    });
    if (!verified.ok) return fail("release/evidence-refused");
    result = verified.value;
    if (!isAboveFloor(result)) return fail("release/below-floor");
    if (!appraise(result, withoutTime(policy), occasionAt(input.now)).ok)
      return fail("release/policy-not-met");
  }
  return result === undefined ? fail("release/policy-not-met") : ok(result);
}

const ANY_TIME = (1n << 63n) - 1n;
const ELSEWHERE = { accept: "any", because: "the gatekeeper asks its lists for it" } as const;
const OF_THE_CHAIN = { accept: "any", because: "the chain suspends whoever does not" } as const;

function withoutTime({ roles, lines, toleratedAttributes, refusedAdvisories }: Demands) {
  const untimed = (named: boolean) =>
    ({ maxAgeMs: ANY_TIME, serveMs: ANY_TIME, maxBlockAge: 0, named }) as const;
  return {
    lines,
    roles: { worker: untimed(roles.worker.named), gatekeeper: untimed(roles.gatekeeper.named) },
    debug: "refuse",
    toleratedAttributes,
    refusedAdvisories,
    isAllowedMeasurement: ELSEWHERE,
    isDeniedPlatform: ELSEWHERE,
    isTakenPlatform: OF_THE_CHAIN,
    minProgramSvn: OF_THE_CHAIN,
    graceMs: OF_THE_CHAIN,
  } as const;
}

const occasionAt = (now: bigint): Occasion => ({
  role: "worker",
  nowMs: now,
  shownAtMs: now,
  blockAge: 0,
});
