/** An Azure machine on TDX in an envelope: the paravisor's report, Intel's quote, and the quote of the virtual TPM. */
import { sha256 } from "@pha/crypto";
import { MAX_TD_QUOTE_BYTES } from "@pha/protocol";
import { boundedBytes, decode, equalBytes, fail, ok, type Result, struct } from "@pha/scale";
import type { EvidenceContext, EvidenceVerifier } from "../evidence-verifier.ts";
import { dcapResult, type IntelTrust, withFamily } from "../intel/evidence.ts";
import { domainValues } from "../intel/program.ts";
import { parseQuote } from "../intel/quote.ts";
import { programDigest } from "../program-digest.ts";
import type { AttestationError, AttestationResult } from "../result.ts";
import { tpmFields } from "./evidence.ts";
import { MAX_PARAVISOR_REPORT_BYTES } from "./parse-paravisor.ts";
import { verifyAzureTdx } from "./verify-azure-tdx.ts";

export const AzureTdxEnvelope = struct({
  paravisorReport: boundedBytes(MAX_PARAVISOR_REPORT_BYTES),
  /** Intel's, of the trust domain, without padding. */
  quote: boundedBytes(MAX_TD_QUOTE_BYTES),
  ...tpmFields,
});

/** Azure's machines on TDX. */
export const azureTdx = (trust: IntelTrust): EvidenceVerifier => ({
  kind: "AzureTdx",
  verify: (body, context) => verifyTdxEvidence(body, trust, context),
});

function verifyTdxEvidence(
  body: Uint8Array,
  { collateral, root }: IntelTrust,
  { now, expectedReportData }: EvidenceContext,
): Result<AttestationResult, AttestationError> {
  const decoded = decode(AzureTdxEnvelope, body);
  if (!decoded.ok) return fail({ code: "evidence/malformed", offset: decoded.error.offset });
  const { paravisorReport, quote, message, signature, pcrs } = decoded.value;
  const parsed = parseQuote(quote);
  if (!parsed.ok) return fail({ code: "evidence/not-genuine", cause: parsed.error.code });
  // One quote, one envelope, as for a quote alone. The offset is the quote's own.
  if (parsed.value.bytes !== quote.length)
    return fail({ code: "evidence/malformed", offset: parsed.value.bytes });
  const verified = withFamily("tdx", collateral, (one) =>
    verifyAzureTdx({
      paravisorReport,
      quote,
      collateral: one,
      ...(root && { root }),
      now,
      tpmQuote: {
        message,
        signature: { form: "bare-rsa", bytes: signature },
        pcrs: { "SHA-256": new Map(pcrs.entries()) },
      },
    }),
  );
  if (!verified.ok) return verified;
  const { tdx, report, tpm } = verified.value;
  const { extraData, pcrDigest } = tpm;
  const result = dcapResult(tdx, now);
  if (!result.ok) return result;
  return ok({
    ...result.value,
    vendor: "microsoft",
    teeClass: "azure-confidential-vm",
    line: "azure-tdx",
    measurement: programDigest("AzureTdx", [...domainValues(report), pcrDigest]),
    // A quote of the TPM has room for a hash of the report data only.
    reportData: equalBytes(extraData, sha256(expectedReportData)) ? expectedReportData : extraData,
  });
}
