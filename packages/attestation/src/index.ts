export {
  type AppraisalError,
  type AppraisalPolicy,
  appraise,
  type Grade,
  type Role,
  type Unchecked,
} from "./appraise.ts";
export { EVIDENCE_KINDS, type EvidenceKind, MAX_EVIDENCE_BYTES } from "./evidence-kind.ts";
export {
  type AttestationError,
  type AttestationResult,
  SIMULATED_CONFIDENCE,
  type TeeClass,
  type Vendor,
} from "./result.ts";
export {
  deriveSimulatedRoot,
  makeSimulatedEvidence,
  type SimulatedEvidenceInput,
} from "./simulated/make.ts";
export { SIMULATED_DOMAIN, SimulatedEvidence } from "./simulated/parse.ts";
export { MAX_CLOCK_SKEW_MS, type VerifyEvidenceInput, verifyEvidence } from "./verify-evidence.ts";
