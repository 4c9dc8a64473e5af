/**
 * Appraisal: do the facts of verified evidence satisfy the relying party?
 *
 * Every field of a policy is required. To skip one is to write why: `{ accept: "any", because: "…" }`.
 */
import { fail, ok, type Result } from "@pha/scale";
import type { AttestationResult, TeeClass, Vendor } from "./result.ts";

export type Role = "worker" | "gatekeeper";

/** A demand that is given up on purpose. */
export interface Unchecked {
  readonly accept: "any";
  /** Shown to people who ask what the policy is. */
  readonly because: string;
}

export interface AppraisalPolicy {
  /** Chain time, Unix milliseconds. */
  readonly nowMs: bigint;
  readonly isAllowedMeasurement: ((measurement: Uint8Array) => boolean) | Unchecked;
  readonly debug: "refuse" | Unchecked;
  /** Least security version of the platform. */
  readonly minSvn: number | Unchecked;
  readonly maxAgeMs: bigint | Unchecked;
  readonly isDeniedPlatform: ((platformId: Uint8Array) => boolean) | Unchecked;
  /** Worst confidence level that each role may have. */
  readonly worstConfidence: Readonly<Record<Role, number>>;
}

/** What a relying party may say about an attested platform. */
export interface Grade {
  readonly vendor: Vendor;
  readonly teeClass: TeeClass;
  readonly confidence: number;
  /** Demands of the policy that were given up, and why. */
  readonly unchecked: readonly string[];
}

export type AppraisalError =
  | { readonly code: "appraisal/measurement-not-allowed"; readonly measurement: Uint8Array }
  | { readonly code: "appraisal/debug" }
  | { readonly code: "appraisal/svn-too-low"; readonly svn: number; readonly least: number }
  | { readonly code: "appraisal/too-old"; readonly ageMs: bigint; readonly mostMs: bigint }
  | { readonly code: "appraisal/platform-denied"; readonly platformId: Uint8Array }
  | {
      readonly code: "appraisal/confidence-too-low";
      readonly confidence: number;
      readonly worst: number;
      readonly role: Role;
    };

export function appraise(
  result: AttestationResult,
  policy: AppraisalPolicy,
  role: Role,
): Result<Grade, AppraisalError> {
  const { measurement, platformId, svn, debug, confidence } = result;
  const { isDeniedPlatform, isAllowedMeasurement, minSvn, maxAgeMs } = policy;
  if (typeof isDeniedPlatform === "function" && isDeniedPlatform(platformId))
    return fail({ code: "appraisal/platform-denied", platformId });
  if (debug && policy.debug === "refuse") return fail({ code: "appraisal/debug" });
  if (typeof isAllowedMeasurement === "function" && !isAllowedMeasurement(measurement))
    return fail({ code: "appraisal/measurement-not-allowed", measurement });
  if (typeof minSvn === "number" && svn < minSvn)
    return fail({ code: "appraisal/svn-too-low", svn, least: minSvn });
  const ageMs = policy.nowMs - result.issuedAtMs;
  if (typeof maxAgeMs === "bigint" && ageMs > maxAgeMs)
    return fail({ code: "appraisal/too-old", ageMs, mostMs: maxAgeMs });
  const worst = policy.worstConfidence[role];
  if (confidence > worst)
    return fail({ code: "appraisal/confidence-too-low", confidence, worst, role });
  return ok({
    vendor: result.vendor,
    teeClass: result.teeClass,
    confidence,
    unchecked: uncheckedOf(policy),
  });
}

function uncheckedOf(policy: AppraisalPolicy): readonly string[] {
  const demands = {
    measurement: policy.isAllowedMeasurement,
    debug: policy.debug,
    "security version": policy.minSvn,
    age: policy.maxAgeMs,
    "denied platforms": policy.isDeniedPlatform,
  };
  return Object.entries(demands).flatMap(([name, demand]) =>
    typeof demand === "object" ? [`${name}: ${demand.because}`] : [],
  );
}
