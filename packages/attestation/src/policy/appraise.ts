/**
 * Appraisal: do the facts of verified evidence satisfy the relying party?
 *
 * All demands are looked at, so that an operator learns at once of everything that is missing.
 *
 * **Trust**: the result is what a vendor vouched for, policy and occasion are the verifier's own. **Not here**: whether the
 * evidence is genuine (`verify-evidence.ts`).
 */
import { fail, ok, type Result } from "@pha/scale";
import type { AttestationResult, ProductLine, TeeClass, Vendor } from "../result.ts";
import { WORST_CONFIDENCE } from "../vendor-trust.ts";
import type { AppraisalPolicy, Occasion, Unchecked } from "./policy.ts";
import { type Unmet, unmet } from "./unmet.ts";

/** What a relying party may say about an attested platform. */
export interface Grade {
  readonly vendor: Vendor;
  readonly teeClass: TeeClass;
  readonly line: ProductLine;
  readonly confidence: number;
  /** Whether work on it may be paid: never on a simulated platform. */
  readonly earns: boolean;
  /** Demands of the policy that were given up, and why. */
  readonly unchecked: readonly string[];
}

/** @returns every demand that is not met, in the order of `UNMET_CODES` */
export function appraise(
  result: AttestationResult,
  policy: AppraisalPolicy,
  occasion: Occasion,
): Result<Grade, readonly [Unmet, ...Unmet[]]> {
  const [first, ...others] = [
    ...lineItems(result, policy, occasion),
    ...platformItems(result, policy, occasion),
    ...programItems(result, policy),
    ...patchItems(result, policy, occasion),
    ...timeItems(result, policy, occasion),
  ];
  if (first !== undefined) return fail([first, ...others]);
  const { vendor, teeClass, line, confidence } = result;
  return ok({
    vendor,
    teeClass,
    line,
    confidence,
    earns: confidence <= WORST_CONFIDENCE,
    unchecked: uncheckedOf(policy),
  });
}

const lineOf = ({ line }: AttestationResult, { lines }: AppraisalPolicy) =>
  lines.find((one) => one.line === line);

function lineItems(
  result: AttestationResult,
  policy: AppraisalPolicy,
  { role }: Occasion,
): readonly Unmet[] {
  const { line } = result;
  const demand = lineOf(result, policy);
  if (demand === undefined) return [unmet({ code: "appraisal/line-off", line })];
  return demand.worstConfidence[role] === 0
    ? [unmet({ code: "appraisal/role-not-for-line", line, role })]
    : [];
}

function platformItems(
  { platformId, isNamed, debug, attributes }: AttestationResult,
  policy: AppraisalPolicy,
  { role }: Occasion,
): readonly Unmet[] {
  const { isDeniedPlatform, isTakenPlatform, toleratedAttributes } = policy;
  const found: Unmet[] = [];
  if (typeof isDeniedPlatform === "function" && isDeniedPlatform(platformId))
    found.push(unmet({ code: "appraisal/platform-denied", platformId }));
  if (typeof isTakenPlatform === "function" && isTakenPlatform(platformId))
    found.push(unmet({ code: "appraisal/platform-taken", platformId }));
  if (policy.roles[role].named && !isNamed)
    found.push(unmet({ code: "appraisal/platform-unnamed", role }));
  if (debug && policy.debug === "refuse") found.push(unmet({ code: "appraisal/debug" }));
  if ("accept" in toleratedAttributes) return found;
  for (const attribute of attributes)
    if (attribute !== "debug" && !toleratedAttributes.includes(attribute))
      found.push(unmet({ code: "appraisal/attribute", attribute }));
  return found;
}

function programItems(
  { measurement, signer, programSvn }: AttestationResult,
  { isAllowedMeasurement, minProgramSvn }: AppraisalPolicy,
): readonly Unmet[] {
  const found: Unmet[] = [];
  if (typeof isAllowedMeasurement === "function" && !isAllowedMeasurement(measurement))
    found.push(unmet({ code: "appraisal/measurement-not-allowed", measurement }));
  if (typeof minProgramSvn !== "function") return found;
  if (signer === undefined) return [...found, unmet({ code: "appraisal/unsigned" })];
  const least = minProgramSvn(signer);
  if (least === undefined) found.push(unmet({ code: "appraisal/signer-not-allowed", signer }));
  else if (programSvn < least)
    found.push(unmet({ code: "appraisal/program-svn-too-low", svn: programSvn, least }));
  return found;
}

function patchItems(
  result: AttestationResult,
  policy: AppraisalPolicy,
  { role }: Occasion,
): readonly Unmet[] {
  const { svn, advisoryIds, confidence } = result;
  const { refusedAdvisories } = policy;
  const demand = lineOf(result, policy);
  const found: Unmet[] = [];
  if (demand !== undefined && svn < demand.minSvn)
    found.push(unmet({ code: "appraisal/svn-too-low", svn, least: demand.minSvn }));
  if (!("accept" in refusedAdvisories))
    for (const advisory of advisoryIds)
      if (refusedAdvisories.includes(advisory))
        found.push(unmet({ code: "appraisal/advisory", advisory }));
  const worst = demand?.worstConfidence[role] ?? 0;
  if (worst !== 0 && confidence > worst)
    found.push(unmet({ code: "appraisal/confidence-too-low", confidence, worst, role }));
  return found;
}

function timeItems(
  { issuedAtMs, validUntilMs }: AttestationResult,
  { roles, graceMs }: AppraisalPolicy,
  { role, nowMs, shownAtMs, blockAge }: Occasion,
): readonly Unmet[] {
  const { maxBlockAge: most, maxAgeMs, serveMs } = roles[role];
  const found: Unmet[] = [];
  if (blockAge === undefined) found.push(unmet({ code: "appraisal/unknown-block" }));
  else if (blockAge > most)
    found.push(unmet({ code: "appraisal/block-too-old", age: blockAge, most }));
  const ageMs = shownAtMs - issuedAtMs;
  if (ageMs > maxAgeMs) found.push(unmet({ code: "appraisal/too-old", ageMs, mostMs: maxAgeMs }));
  const shownMs = nowMs - shownAtMs;
  if (shownMs > serveMs)
    found.push(unmet({ code: "appraisal/refresh-due", shownMs, mostMs: serveMs }));
  if (typeof graceMs === "bigint" && validUntilMs !== undefined && nowMs > validUntilMs + graceMs)
    found.push(unmet({ code: "appraisal/expired", validUntilMs, nowMs }));
  return found;
}

function uncheckedOf(policy: AppraisalPolicy): readonly string[] {
  const demands: Readonly<Record<string, unknown>> = {
    measurement: policy.isAllowedMeasurement,
    signer: policy.minProgramSvn,
    debug: policy.debug,
    attributes: policy.toleratedAttributes,
    advisories: policy.refusedAdvisories,
    "denied platforms": policy.isDeniedPlatform,
    "one worker per platform": policy.isTakenPlatform,
    "end of certificates": policy.graceMs,
  };
  return Object.entries(demands).flatMap(([name, demand]) =>
    isUnchecked(demand) ? [`${name}: ${demand.because}`] : [],
  );
}

function isUnchecked(demand: unknown): demand is Unchecked {
  return typeof demand === "object" && demand !== null && "accept" in demand;
}
