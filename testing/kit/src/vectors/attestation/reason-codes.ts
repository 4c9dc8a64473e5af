/**
 * Reason codes of manifests, and the codes that mean the same here.
 *
 * Ours are the manifest's in our own spelling; the table holds those that are coarser or named otherwise.
 */
import assert from "node:assert/strict";

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
};

export function assertReason(reason: unknown, code: string): void {
  if (reason === undefined) return;
  assert(typeof reason === "string", "a reason code");
  const own = `attestation/${reason.toLowerCase().replaceAll("_", "-")}`;
  const accepted = [own, ...(OTHER_NAMES[reason] ?? [])];
  assert(accepted.includes(code), `refused for ${code}, expected ${accepted.join(" or ")}`);
}
