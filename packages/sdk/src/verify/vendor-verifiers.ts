/**
 * What verifies the evidence of real vendors: loaded when such evidence is there. A page of a network that has none does
 * without a tenth of a megabyte of parsers and roots.
 */
export {
  neededCollateral,
  PINNED_ROOTS,
  recognizeEvidence,
  verifyShownEvidence,
  verifyWithCollateral,
} from "@pha/attestation";
