export { evidenceVerifier } from "./attest.ts";
export type { PhaAttestationConfig } from "./declaration.ts";
export { isEndorsed, PhaAttestation, type PhaAttestationGenesis } from "./pallet.ts";
export { type EvidenceInput, type EvidenceVerifier, Policy, ProductLine } from "./types.ts";
export { verificationWeight } from "./verification-budget.ts";
