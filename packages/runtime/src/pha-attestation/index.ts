export {
  evidenceVerifier,
  PhaAttestation,
  type PhaAttestationConfig,
  type PhaAttestationGenesis,
} from "./pallet.ts";
export { type EvidenceInput, type EvidenceVerifier, Policy } from "./types.ts";
