/** Envelopes of every kind of real evidence, of platforms that exist in a test only, over given report data. */
import { sha256 } from "@pha/crypto";
import { encode } from "@pha/scale";
import { AndroidEnvelope } from "../android/evidence.ts";
import { type EvidenceKind, evidenceEnvelope } from "../evidence-kind.ts";
import { SnpEnvelope } from "../sev-snp/evidence.ts";
import { AzureEnvelope } from "../tpm/evidence.ts";
import { AzureTdxEnvelope } from "../tpm/tdx-evidence.ts";
import { makeAndroid } from "./android.ts";
import { makeCca } from "./arm.ts";
import { makeQuote, type SgxReportInput, sgxReport, type TdReportInput, tdReport } from "./dcap.ts";
import { makeNitro } from "./nitro.ts";
import { makeSnp, type SnpSample } from "./snp.ts";
import { makeAzure, makeAzureTdx, type RsaPair, rsaPair } from "./tpm.ts";

export type RealKind = Exclude<EvidenceKind, "IntelSgxIas" | "Simulated">;

/** Takes 64 bytes of report data. @param nowMs of documents that have a time */
export const ENVELOPES: Readonly<
  Record<RealKind, (reportData: Uint8Array, nowMs: bigint) => Uint8Array>
> = {
  IntelSgxDcap: (reportData) => sgxEnvelope({ reportData }),
  IntelTdxDcap: (reportData) => {
    const body = tdReport();
    body.set(reportData, 520);
    return envelope("IntelTdxDcap", makeQuote({ version: 4, body }));
  },
  AmdSevSnp: (reportData) => snpEnvelope({ reportData }),
  AwsNitro: (reportData, timestampMs) =>
    envelope("AwsNitro", makeNitro({ fields: { user_data: reportData }, timestampMs }).document),
  ArmCca: (reportData) => envelope("ArmCca", makeCca({ realm: new Map([[10n, reportData]]) })),
  AndroidKey: (reportData) =>
    envelope("AndroidKey", encode(AndroidEnvelope, makeAndroid({ challenge: reportData }).chain)),
  AzureVtpm: azureEnvelope,
  AzureTdx: (reportData) => azureTdxEnvelope(reportData),
};

export function sgxEnvelope(report: SgxReportInput): Uint8Array {
  return envelope("IntelSgxDcap", makeQuote({ body: sgxReport(report) }));
}

export function snpEnvelope(sample: SnpSample): Uint8Array {
  const { report, vek } = makeSnp(sample);
  return envelope("AmdSevSnp", encode(SnpEnvelope, { report, vek, issuers: undefined }));
}

let pair: RsaPair | undefined;

function azureEnvelope(reportData: Uint8Array): Uint8Array {
  pair ??= rsaPair();
  const sample = { quote: { extraData: sha256(reportData) } };
  const { paravisorReport, vek, quote } = makeAzure(pair, sample);
  return envelope(
    "AzureVtpm",
    encode(AzureEnvelope, {
      paravisorReport,
      vek,
      issuers: undefined,
      message: quote.message,
      signature: quote.signature.bytes,
      pcrs: [...(quote.pcrs["SHA-256"]?.values() ?? [])],
    }),
  );
}

export function azureTdxEnvelope(reportData: Uint8Array, td: TdReportInput = {}): Uint8Array {
  pair ??= rsaPair();
  const sample = { td, quote: { extraData: sha256(reportData) } };
  const { paravisorReport, quote, tpmQuote } = makeAzureTdx(pair, sample);
  return envelope(
    "AzureTdx",
    encode(AzureTdxEnvelope, {
      paravisorReport,
      quote,
      message: tpmQuote.message,
      signature: tpmQuote.signature.bytes,
      pcrs: [...(tpmQuote.pcrs["SHA-256"]?.values() ?? [])],
    }),
  );
}

export const envelope = evidenceEnvelope;
