/**
 * Reports of Intel's attestation service (IAS) about EPID quotes, at a time in the past.
 *
 * The service is retired and its signing certificate has ended, so this is for reading registrations of the original
 * network. No envelope holds such a report: it can never register a worker.
 *
 * **Bounds**: `MAX_REPORT_BYTES`. **Trust**: hostile bytes; the root is pinned. Freshness is the original pallet's rule.
 *
 * @see Intel IAS API
 */
import { concatBytes, fail, ok, parseHex, type Result, utf8, utf8ToText } from "@pha/scale";
import { type JsonObject, readJson } from "../json/json.ts";
import {
  type Certificate,
  type CertificateUnparsable,
  parseCertificate,
} from "../x509/certificate.ts";
import { anchorOf, type PathError, verifyPath, withoutRoot } from "../x509/chain.ts";
import { parseBase64, parsePemChain } from "../x509/pem.ts";
import { verifySigned } from "../x509/public-key.ts";
import { parseZonelessTime } from "../x509/time.ts";
import { intelIasRootCa } from "./roots.ts";
import { readSgxReport, SGX_REPORT_BYTES, type SgxReport } from "./sgx-report.ts";
import { intelConfidence, type TcbStatus } from "./tcb-status.ts";

export const MAX_REPORT_BYTES = 16 << 10;
/** A report is for less than two hours. */
const MAX_AGE_MS = 7_200_000n;

export interface IasReport {
  /** The answer's body, as it was signed. */
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
  /** Signer first; the root may follow. */
  readonly certificates: readonly Uint8Array[];
}

export interface IasFacts {
  readonly version: number;
  /** Unix milliseconds, whole seconds. */
  readonly issuedAt: bigint;
  /** A word of IAS, such as `SW_HARDENING_NEEDED`. */
  readonly quoteStatus: string;
  readonly advisoryIds: readonly string[];
  readonly report: SgxReport;
  /** Phala's level, 1 best to 5 worst; `undefined` for a status that the original refuses. */
  readonly confidence: number | undefined;
  /** What the original allow-list held: MRENCLAVE, product id, security version (little-endian), MRSIGNER. */
  readonly pruntimeHash: Uint8Array;
}

export type IasError =
  | { readonly code: "attestation/report-unparsable"; readonly reason: string }
  | CertificateUnparsable
  | PathError
  | { readonly code: "attestation/certificate-wrong-role"; readonly commonName: string | undefined }
  | { readonly code: "attestation/report-signature" }
  | {
      readonly code: "attestation/report-not-fresh";
      readonly issuedAt: bigint;
      readonly at: bigint;
    };

const SIGNER_ROLE = "Intel SGX Attestation Report Signing";

/** A stored answer as JSON: body as text, signature and certificate in base64 or hex, or a chain as (URL-encoded) PEM. */
export function parseIasReport(json: string): Result<IasReport, IasError> {
  const read = readJson(json, (fields): IasReport => {
    const certificate = fields.text("rawSigningCert");
    return {
      body: utf8(fields.text("raReport")),
      signature: binaryOf(fields, "signature"),
      certificates: /BEGIN(%20| |\+)CERTIFICATE/.test(certificate)
        ? pemOf(fields, certificate)
        : [binaryOf(fields, "rawSigningCert")],
    };
  });
  return read.ok
    ? read
    : fail({ code: "attestation/report-unparsable", reason: read.error.reason });
}

/** Base64, or hex, which no base64 of these lengths looks like. */
function binaryOf(fields: JsonObject, name: string): Uint8Array {
  const text = fields.text(name);
  const hex = /^[0-9a-f]+$/i.test(text) ? parseHex(text) : undefined;
  if (hex?.ok === true) return hex.value;
  return parseBase64(text) ?? fields.fail(`${name} is neither base64 nor hex`);
}

function pemOf(fields: JsonObject, text: string): readonly Uint8Array[] {
  const plain = text.includes("%") ? percentDecoded(text) : text;
  const chain = plain === undefined ? undefined : parsePemChain(utf8(plain));
  if (chain?.ok !== true) return fields.fail("rawSigningCert is no chain");
  return chain.value.map(({ raw }) => raw);
}

/** `undefined` when an escape is broken. */
function percentDecoded(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** @param at Unix milliseconds: when the report was, or would have been, relied on */
export function verifyIas(
  { body, signature, certificates }: IasReport,
  at: bigint,
  root: Certificate = intelIasRootCa(),
): Result<IasFacts, IasError> {
  const unparsable = (reason: string) =>
    fail({ code: "attestation/report-unparsable", reason } as const);
  if (body.length > MAX_REPORT_BYTES) return unparsable("too long");
  const chain: Certificate[] = [];
  for (const bytes of certificates) {
    const certificate = parseCertificate(bytes);
    if (!certificate.ok) return certificate;
    chain.push(certificate.value);
  }
  const signer = verifyPath({ chain: withoutRoot(chain, root), anchor: anchorOf(root), at });
  if (!signer.ok) return signer;
  const { commonName, publicKey } = signer.value;
  if (commonName !== SIGNER_ROLE)
    return fail({ code: "attestation/certificate-wrong-role", commonName });
  const algorithm = { type: "rsa", padding: "pkcs1", digest: "SHA-256" } as const;
  if (!verifySigned(publicKey, algorithm, body, signature))
    return fail({ code: "attestation/report-signature" });
  const read = readJson(utf8ToText(body) ?? "", readAnswer);
  if (!read.ok) return unparsable(read.error.reason);
  const facts = read.value;
  if (at < facts.issuedAt || at - facts.issuedAt >= MAX_AGE_MS)
    return fail({ code: "attestation/report-not-fresh", issuedAt: facts.issuedAt, at });
  return ok(facts);
}

/** EPID quote without its signature: 48 bytes, then the report. */
const QUOTE_HEADER_BYTES = 48;

function readAnswer(answer: JsonObject): IasFacts {
  const version = answer.unsigned("version", 4);
  if (version < 3) answer.fail("the version is unknown");
  const exact =
    parseZonelessTime(answer.text("timestamp")) ?? answer.fail("the timestamp is malformed");
  const quote = parseBase64(answer.text("isvEnclaveQuoteBody"));
  if (quote?.length !== QUOTE_HEADER_BYTES + SGX_REPORT_BYTES)
    answer.fail("the quote is malformed");
  const report = readSgxReport(quote.subarray(QUOTE_HEADER_BYTES));
  const quoteStatus = answer.text("isvEnclaveQuoteStatus");
  const advisoryIds = answer.has("advisoryIDs") ? answer.texts("advisoryIDs", 256) : [];
  return {
    version,
    issuedAt: exact - (exact % 1000n),
    quoteStatus,
    advisoryIds,
    report,
    confidence: iasConfidence(quoteStatus, advisoryIds),
    pruntimeHash: concatBytes(
      report.mrEnclave,
      Uint8Array.of(report.isvProdId & 255, report.isvProdId >> 8),
      Uint8Array.of(report.isvSvn & 255, report.isvSvn >> 8),
      report.mrSigner,
    ),
  };
}

function iasConfidence(status: string, advisoryIds: readonly string[]): number | undefined {
  const known = STATUS_IN_DCAP.get(status);
  return known === undefined ? undefined : intelConfidence(known, advisoryIds);
}

/** Words of IAS that the original network took, in those of DCAP. */
const STATUS_IN_DCAP = new Map<string, TcbStatus>([
  ["OK", "UpToDate"],
  ["SW_HARDENING_NEEDED", "SWHardeningNeeded"],
  ["CONFIGURATION_NEEDED", "ConfigurationNeeded"],
  ["CONFIGURATION_AND_SW_HARDENING_NEEDED", "ConfigurationAndSWHardeningNeeded"],
  ["GROUP_OUT_OF_DATE", "OutOfDate"],
]);
