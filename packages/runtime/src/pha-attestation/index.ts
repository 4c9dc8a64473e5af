export { evidenceVerifier } from "./attest.ts";
export type { PhaAttestationConfig } from "./declaration.ts";
export { isEndorsed, PhaAttestation, type PhaAttestationGenesis } from "./pallet.ts";
export { tellOfCode } from "./tell.ts";
export {
  type EvidenceVerifier,
  GradeLoss,
  Policy,
  ProductLine,
  type ShownEvidence,
} from "./types.ts";
export { verificationWeight } from "./verification-budget.ts";
