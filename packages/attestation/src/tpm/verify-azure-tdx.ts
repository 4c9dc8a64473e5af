/**
 * Verification of Azure's confidential machines on TDX: Intel's quote → hash of the paravisor's claims → attestation key of
 * the virtual TPM → quote of the TPM.
 *
 * As on SEV-SNP the guest binds its own data in the TPM's quote alone. What the paravisor has in its report is the module's
 * local report, which only that machine can verify: it must be of the quote's trust domain, and the quote is what counts.
 *
 * **Trust**: everything is hostile but Intel's root, the collateral that was verified under it, and time.
 */
import { fail, ok, type Result } from "@pha/scale";
import type { VerifiedCollateral } from "../intel/collateral.ts";
import type { TdReport } from "../intel/td-report.ts";
import { type DcapError, type DcapFacts, verifyDcapQuote } from "../intel/verify-dcap.ts";
import type { Certificate } from "../x509/certificate.ts";
import { isLocalReportOf } from "./local-td-report.ts";
import { type ParavisorVm, parseParavisorReport } from "./parse-paravisor.ts";
import { isBound, type ParavisorError } from "./verify-azure.ts";
import {
  type TpmError,
  type TpmFacts,
  type TpmQuoteEvidence,
  verifyTpmQuote,
} from "./verify-quote.ts";

export interface VerifyAzureTdxInput {
  readonly paravisorReport: Uint8Array;
  /** Intel's, of the machine. */
  readonly quote: Uint8Array;
  readonly collateral: VerifiedCollateral;
  /** The one that the collateral was verified with; by default Intel's. */
  readonly root?: Certificate;
  /** Unix milliseconds. */
  readonly now: bigint;
  readonly tpmQuote: TpmQuoteEvidence;
}

export interface AzureTdxFacts {
  readonly tdx: DcapFacts;
  /** Of the trust domain, as the quote has it. */
  readonly report: TdReport;
  readonly vm: ParavisorVm;
  readonly tpm: TpmFacts;
}

export type AzureTdxError =
  | ParavisorError
  | DcapError
  | TpmError
  /** The quote is of an enclave. */
  | { readonly code: "paravisor/no-td" }
  /** Quote and paravisor's report are not of one trust domain. */
  | { readonly code: "paravisor/other-domain" };

export function verifyAzureTdx(input: VerifyAzureTdxInput): Result<AzureTdxFacts, AzureTdxError> {
  const paravisor = parseParavisorReport(input.paravisorReport);
  if (!paravisor.ok) return paravisor;
  const { hardware, hardwareReport, attestationKey, vm } = paravisor.value;
  if (hardware !== "tdx") return fail({ code: "paravisor/other-hardware", hardware });
  const tdx = verifyDcapQuote(input.quote, input.collateral, input.now, input.root);
  if (!tdx.ok) return tdx;
  const { body } = tdx.value;
  if (body.type === "sgx") return fail({ code: "paravisor/no-td" });
  if (!isBound(paravisor.value, body.report.reportData))
    return fail({ code: "paravisor/not-bound" });
  if (!isLocalReportOf(hardwareReport, body.report))
    return fail({ code: "paravisor/other-domain" });
  const tpm = verifyTpmQuote(input.tpmQuote, { type: "RSA", key: attestationKey });
  return tpm.ok ? ok({ tdx: tdx.value, report: body.report, vm, tpm: tpm.value }) : tpm;
}
