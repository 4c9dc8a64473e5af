/**
 * Reason codes of manifests, and the codes that mean the same here.
 *
 * Ours are the manifest's in our own spelling; the table holds those that are coarser or named otherwise.
 */
import { assert } from "../check.ts";

/** A chain that does not lead from a key to its root. */
const CHAIN = [
  "attestation/certificate-chain",
  "attestation/certificate-signature",
  "attestation/certificate-unparsable",
  "snp/untrusted-root",
  "snp/untrusted-line",
  "nitro/untrusted-root",
  "android/untrusted-root",
];
/** A signing key that is not of the report's chip, state or kind. */
const OTHER_KEY = ["snp/other-chip", "snp/other-tcb", "snp/other-key", "snp/other-product"];

const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  CRL_EXPIRED: ["attestation/collateral-expired"],
  CRL_NOT_YET_VALID: ["attestation/collateral-not-yet-valid"],
  TCB_INFO_EXPIRED: ["attestation/collateral-expired"],
  QE_IDENTITY_EXPIRED: ["attestation/collateral-expired"],
  CERTIFICATE_EXPIRED: ["attestation/certificate-validity"],
  CERTIFICATE_NOT_YET_VALID: ["attestation/certificate-validity"],
  PCK_REVOKED: ["attestation/certificate-revoked"],
  PCEID_MISMATCH: ["attestation/pce-id-mismatch"],
  QE_REPORT_DATA_MISMATCH: ["attestation/qe-report-data"],
  QUOTE_UNPARSABLE: ["attestation/quote-malformed", "attestation/quote-unsupported"],
  CRL_MISSING: ["attestation/crl-unparsable"],
  TEE_MISMATCH: ["attestation/collateral-wrong-tee"],
  VEK_CHAIN: CHAIN,
  VEK_CHAIN_OR_SIGNATURE: [...CHAIN, ...OTHER_KEY, "snp/bad-vek", "snp/bad-signature"],
  REPORT_SIGNATURE: ["snp/bad-signature"],
  TCB_MISMATCH: ["snp/other-tcb"],
  CHIP_ID_MISMATCH: ["snp/other-chip"],
  ROOT_NOT_PINNED: CHAIN,
  CERTIFICATE_CHAIN: CHAIN,
  CERTIFICATE_REVOKED: ["android/revoked"],
  COSE_SIGNATURE: ["nitro/bad-signature", "psa/bad-signature", "cca/bad-platform-signature"],
  PLATFORM_SIGNATURE: ["cca/bad-platform-signature", "psa/bad-signature"],
  REALM_SIGNATURE: ["cca/bad-realm-signature"],
  REALM_BINDING: ["cca/not-bound"],
  QUOTE_SIGNATURE: ["tpm/bad-signature"],
  PCR_DIGEST: ["tpm/other-registers"],
  REPORT_DATA_BINDING: ["paravisor/not-bound"],
};

export function assertReason(reason: unknown, code: string): void {
  if (reason === undefined) return;
  assert(typeof reason === "string", "a reason code");
  const own = `attestation/${reason.toLowerCase().replaceAll("_", "-")}`;
  const accepted = [own, ...(OTHER_NAMES[reason] ?? [])];
  assert(accepted.includes(code), `refused for ${code}, expected ${accepted.join(" or ")}`);
}
