/** Evidence against the chain's own roots, lists and policy. */
import {
  type AttestationError,
  appraise,
  causeOf,
  type Occasion,
  type Role,
  type UnmetCode,
  type VerifyWithInput,
  verifyShownEvidence,
  verifyWithCollateral,
} from "@pha/attestation";
import { type DispatchError, refuse } from "@pha/frame";
import type { WorkerRole } from "@pha/protocol";
import { fail } from "@pha/scale";
import { declaration, type PhaAttestationContext } from "./declaration.ts";
import type { EvidenceInput, EvidenceVerifier } from "./types.ts";
import { takeTurn } from "./verification-budget.ts";

const RULED_ELSEWHERE = {
  accept: "any",
  because: "the registry gives a platform to the worker that proved it last",
} as const;
const NOT_DEMANDED = { accept: "any", because: "the chain's policy asks for no signer" } as const;

export const evidenceVerifier: EvidenceVerifier = {
  attest(hasEnv, input) {
    const ctx = hasEnv.env.of(declaration);
    const now = ctx.config.now(ctx);
    takeTurn(ctx, input.evidence);
    const verified = verifyWithCollateral(inputOf(ctx, input, now));
    if (!verified.ok) refuse(evidenceError(ctx, verified.error));
    const graded = appraise(verified.value, policyOf(ctx), occasionOf(input, now, now));
    if (!graded.ok) refuse(unmetError(ctx, graded.error[0].code));
    return verified.value;
  },
  regrade(hasEnv, input) {
    const ctx = hasEnv.env.of(declaration);
    const now = ctx.config.now(ctx);
    const verified = verifyShownEvidence(inputOf(ctx, input, now), input.validUntilMs);
    if (!verified.ok) return fail({ type: "NotVerified", value: causeOf(verified.error) });
    const occasion = occasionOf(input, now, input.shownAtMs);
    const graded = appraise(verified.value, policyOf(ctx), occasion);
    if (graded.ok) return verified;
    const [{ code }] = graded.error;
    return fail({ type: "Unmet", value: code.slice("appraisal/".length) });
  },
  dueMs(hasEnv, { role, shownAtMs, validUntilMs }) {
    const { roles, graceMs } = hasEnv.env.of(declaration).storage.Policy.get();
    const served = shownAtMs + roles[nameOf(role)].serveMs;
    const held = validUntilMs === undefined ? served : validUntilMs + graceMs;
    return served < held ? served : held;
  },
  revision: (hasEnv) => hasEnv.env.of(declaration).storage.Revision.get(),
};

const nameOf = ({ type }: WorkerRole): Role => (type === "Gatekeeper" ? "gatekeeper" : "worker");

function occasionOf({ role, blockAge }: EvidenceInput, nowMs: bigint, shownAtMs: bigint): Occasion {
  return { role: nameOf(role), nowMs, shownAtMs, blockAge };
}

function inputOf(
  { storage, config }: PhaAttestationContext,
  { evidence, reportData }: EvidenceInput,
  now: bigint,
): VerifyWithInput {
  const { lines, amdLevels } = storage.Policy.get();
  return {
    bytes: evidence,
    roots: config.roots,
    view: (slot) => storage.Collateral.get(slot)?.item,
    lines,
    amdLevels,
    simulatedRoot: storage.SimulatedRoot.get(),
    now,
    expectedReportData: reportData,
  };
}

function policyOf(ctx: PhaAttestationContext) {
  const { Policy, Measurements, DeniedPlatforms, Signers } = ctx.storage;
  const policy = Policy.get();
  const counts = (since: number | undefined): boolean =>
    since !== undefined && since <= ctx.block.number;
  return {
    ...policy,
    debug: "refuse",
    isAllowedMeasurement: (measurement: Uint8Array) => counts(Measurements.get(measurement)),
    isDeniedPlatform: (platformId: Uint8Array) => DeniedPlatforms.has(platformId),
    isTakenPlatform: RULED_ELSEWHERE,
    minProgramSvn: policy.signed
      ? (key: Uint8Array) => {
          const signer = Signers.get(key);
          return counts(signer?.since) ? signer?.minProgramSvn : undefined;
        }
      : NOT_DEMANDED,
  } as const;
}

function evidenceError({ errors }: PhaAttestationContext, cause: AttestationError): DispatchError {
  switch (cause.code) {
    case "evidence/too-long":
      return errors.EvidenceTooLong;
    case "evidence/unknown-kind":
      return errors.UnknownKind;
    case "evidence/malformed":
      return errors.MalformedEvidence;
    case "evidence/unknown-version":
      return errors.UnknownVersion;
    case "evidence/bad-signature":
    case "evidence/not-genuine":
      return errors.BadEvidenceSignature;
    case "collateral/missing":
      return errors.NoCollateral;
    case "collateral/refused":
      return errors.CollateralExpired;
    case "evidence/other-report-data":
      return errors.OtherReportData;
    case "evidence/from-the-future":
      return errors.EvidenceFromTheFuture;
  }
}

function unmetError({ errors }: PhaAttestationContext, code: UnmetCode): DispatchError {
  switch (code) {
    case "appraisal/line-off":
      return errors.LineSwitchedOff;
    case "appraisal/role-not-for-line":
      return errors.RoleNotForLine;
    case "appraisal/platform-denied":
    case "appraisal/platform-taken":
      return errors.DeniedPlatform;
    case "appraisal/platform-unnamed":
      return errors.UnnamedPlatform;
    case "appraisal/debug":
      return errors.DebugPlatform;
    case "appraisal/attribute":
      return errors.UnusualPlatform;
    case "appraisal/measurement-not-allowed":
      return errors.MeasurementNotAllowed;
    case "appraisal/unsigned":
    case "appraisal/signer-not-allowed":
      return errors.UnsignedProgram;
    case "appraisal/program-svn-too-low":
      return errors.OldProgram;
    case "appraisal/svn-too-low":
      return errors.OldPlatform;
    case "appraisal/advisory":
      return errors.OpenAdvisory;
    case "appraisal/confidence-too-low":
      return errors.LowConfidence;
    case "appraisal/unknown-block":
    case "appraisal/block-too-old":
      return errors.OldBlock;
    case "appraisal/too-old":
    case "appraisal/refresh-due":
    case "appraisal/expired":
      return errors.OldEvidence;
  }
}
