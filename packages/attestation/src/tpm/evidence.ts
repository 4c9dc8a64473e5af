/** An Azure machine on SEV-SNP in an envelope: the paravisor's report, AMD's key, and the quote of the virtual TPM. */
import { sha256 } from "@pha/crypto";
import {
  boundedBytes,
  decode,
  equalBytes,
  fail,
  fixedBytes,
  ok,
  type Result,
  struct,
  vec,
} from "@pha/scale";
import type { EvidenceContext, EvidenceVerifier } from "../evidence-verifier.ts";
import { programDigest } from "../program-digest.ts";
import type { AttestationError, AttestationResult } from "../result.ts";
import { issuersOf, snpResult, vekFields } from "../sev-snp/evidence.ts";
import type { AmdTrust } from "../vendor-trust.ts";
import { MAX_PARAVISOR_REPORT_BYTES } from "./parse-paravisor.ts";
import { verifyAzureSnp } from "./verify-azure.ts";

const PCRS = 24;
const AZURE_LINES = { Milan: "azure-milan", Genoa: "azure-genoa", Turin: "azure-turin" } as const;

/** Quote of the virtual TPM, whatever the hardware below it. */
export const tpmFields = {
  message: boundedBytes(1024),
  /** Bare RSASSA with SHA-256. */
  signature: boundedBytes(512),
  /** Of the SHA-256 bank, from register 0 on. */
  pcrs: vec(fixedBytes(32), PCRS),
};

export const AzureEnvelope = struct({
  paravisorReport: boundedBytes(MAX_PARAVISOR_REPORT_BYTES),
  ...vekFields,
  ...tpmFields,
});

/** Azure's machines on SEV-SNP. */
export const azureVtpm = (trust: AmdTrust): EvidenceVerifier => ({
  kind: "AzureVtpm",
  verify: (body, context) => verifyAzureEvidence(body, trust, context),
});

function verifyAzureEvidence(
  body: Uint8Array,
  trust: AmdTrust,
  { now, expectedReportData }: EvidenceContext,
): Result<AttestationResult, AttestationError> {
  const decoded = decode(AzureEnvelope, body);
  if (!decoded.ok) return fail({ code: "evidence/malformed", offset: decoded.error.offset });
  const { message, signature, pcrs, ...report } = decoded.value;
  const verified = verifyAzureSnp({
    ...report,
    ...trust,
    issuers: issuersOf(report, trust),
    now,
    quote: {
      message,
      signature: { form: "bare-rsa", bytes: signature },
      pcrs: { "SHA-256": new Map(pcrs.entries()) },
    },
  });
  if (!verified.ok) return fail({ code: "evidence/not-genuine", cause: verified.error.code });
  const { snp, tpm } = verified.value;
  const { extraData, pcrDigest } = tpm;
  const isExpected = equalBytes(extraData, sha256(expectedReportData));
  return ok({
    ...snpResult(snp, trust, now),
    vendor: "microsoft",
    teeClass: "azure-confidential-vm",
    line: AZURE_LINES[snp.productLine],
    measurement: programDigest("AzureVtpm", [snp.measurement, pcrDigest]),
    // A quote has room for a hash of the report data only.
    reportData: isExpected ? expectedReportData : extraData,
  });
}
