/**
 * Verification of Azure's confidential machines: AMD's report → hash of the paravisor's claims → attestation key of the
 * virtual TPM → quote.
 *
 * The guest cannot put its own data into AMD's report; what it binds is the quote's `extraData`.
 *
 * **Trust**: everything is hostile but AMD's roots, revocation list and time, as in `sev-snp/verify.ts`.
 */
import { sha256, sha384, sha512 } from "@pha/crypto";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import {
  type SnpError,
  type SnpFacts,
  type VerifySnpInput,
  verifySnpReport,
} from "../sev-snp/verify.ts";
import {
  type ParavisorHardware,
  type ParavisorParseError,
  type ParavisorReport,
  type ParavisorVm,
  parseParavisorReport,
} from "./parse-paravisor.ts";
import type { TpmHash } from "./parse-quote.ts";
import {
  type TpmError,
  type TpmFacts,
  type TpmQuoteEvidence,
  verifyTpmQuote,
} from "./verify-quote.ts";

export interface VerifyAzureSnpInput extends Omit<VerifySnpInput, "report"> {
  readonly paravisorReport: Uint8Array;
  readonly quote: TpmQuoteEvidence;
}

export interface AzureSnpFacts {
  readonly snp: SnpFacts;
  readonly vm: ParavisorVm;
  readonly tpm: TpmFacts;
}

export type ParavisorError =
  | ParavisorParseError
  | { readonly code: "paravisor/other-hardware"; readonly hardware: ParavisorHardware }
  /** The hardware's report data is not the hash of the claims. */
  | { readonly code: "paravisor/not-bound" };

export type AzureSnpError = ParavisorError | SnpError | TpmError;

const HASHES: Readonly<Record<TpmHash, (data: Uint8Array) => Uint8Array>> = {
  "SHA-256": sha256,
  "SHA-384": sha384,
  "SHA-512": sha512,
};

export function verifyAzureSnp(input: VerifyAzureSnpInput): Result<AzureSnpFacts, AzureSnpError> {
  const parsed = parseParavisorReport(input.paravisorReport);
  if (!parsed.ok) return parsed;
  const paravisor = parsed.value;
  if (paravisor.hardware !== "snp")
    return fail({ code: "paravisor/other-hardware", hardware: paravisor.hardware });
  const snp = verifySnpReport({ ...input, report: paravisor.hardwareReport });
  if (!snp.ok) return snp;
  if (!isBound(paravisor, snp.value.reportData)) return fail({ code: "paravisor/not-bound" });
  const tpm = verifyTpmQuote(input.quote, { type: "RSA", key: paravisor.attestationKey });
  if (!tpm.ok) return tpm;
  return ok({ snp: snp.value, vm: paravisor.vm, tpm: tpm.value });
}

/** Whether the hardware's report data is the hash of the claims and nothing else. @param reportData 64 bytes */
export function isBound({ claims, claimsHash }: ParavisorReport, reportData: Uint8Array): boolean {
  const expected = new Uint8Array(reportData.length);
  expected.set(HASHES[claimsHash](claims));
  return equalBytes(reportData, expected);
}
