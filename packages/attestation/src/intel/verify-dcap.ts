/**
 * Verification of DCAP quotes of SGX and TDX: from a quote and verified collateral to facts.
 *
 * The links: the pinned root signs the platform's certificate (PCK), which is not revoked; its key signs the report of the
 * quoting enclave; that report names the attestation key, which signs header and body. The enclave must be the one that
 * Intel describes, and the platform must stand on a level that Intel lists; how good that level is comes out as facts.
 *
 * **Trust**: quote and collateral are hostile, `at` is the verifier's own. **Not here**: debug, attribute bits,
 * measurements, which status is good enough; those are policy. A genuine quote of a debug enclave verifies.
 *
 * @see Intel TDX DCAP
 */
import { ecdsaVerify, sha256 } from "@pha/crypto";
import { concatBytes, equalBytes, fail, ok, type Result, toHex } from "@pha/scale";
import type { Certificate } from "../x509/certificate.ts";
import { anchorOf, verifyPath, withoutRoot } from "../x509/chain.ts";
import { checkNotRevoked, checkUpdateTimes, verifyCrl } from "../x509/crl.ts";
import { parsePemChain } from "../x509/pem.ts";
import {
  type CollateralError,
  type DcapCollateral,
  PCK_AUTHORITIES,
  type VerifiedCollateral,
  verifyCollateral,
  verifyUnderRoot,
} from "./collateral.ts";
import { type PckError, type PckFacts, readPckFacts } from "./pck.ts";
import { parseQuote, type Quote, type QuoteBody, type QuoteError } from "./quote.ts";
import { intelSgxRootCa } from "./roots.ts";
import type { SgxReport } from "./sgx-report.ts";
import type { IsvSvnLevel, PlatformTcbLevel, QeIdentity, TcbInfo, TdxModule } from "./tcb-info.ts";
import { convergeTcbStatus, type TcbStatus } from "./tcb-status.ts";
import type { TdReport } from "./td-report.ts";

/** What a genuine quote says. Bytes are copies. */
export interface DcapFacts {
  readonly quoteVersion: number;
  readonly body: QuoteBody;
  /** Of the platform, its TDX module and its quoting enclave together. */
  readonly tcbStatus: TcbStatus;
  readonly platformTcbStatus: TcbStatus;
  /** `undefined` for SGX, and for a module of version 0, which has no levels. */
  readonly tdxModuleTcbStatus: TcbStatus | undefined;
  readonly qeTcbStatus: TcbStatus;
  /** Of all parts, in the order of their names. */
  readonly advisoryIds: readonly string[];
  /** Unix milliseconds: the oldest of the matched levels. */
  readonly tcbDate: bigint;
  readonly evaluationDataNumber: number;
  readonly pck: PckFacts;
  /** Unix milliseconds; both belong to the time for which the verdict holds. */
  readonly validFrom: bigint;
  readonly validUntil: bigint;
}

export type DcapError =
  | QuoteError
  | CollateralError
  | PckError
  | { readonly code: "attestation/collateral-wrong-tee" }
  | {
      readonly code: "attestation/fmspc-mismatch";
      readonly platform: string;
      readonly collateral: string;
    }
  | {
      readonly code: "attestation/pce-id-mismatch";
      readonly platform: string;
      readonly collateral: string;
    }
  | { readonly code: "attestation/qe-report-signature" }
  | { readonly code: "attestation/qe-report-data" }
  | {
      readonly code: "attestation/qe-identity-mismatch";
      readonly field: "miscselect" | "attributes" | "mrsigner" | "isvprodid";
    }
  | { readonly code: "attestation/quote-signature" }
  | {
      readonly code: "attestation/tdx-module-mismatch";
      readonly field: "identity" | "mrsigner" | "attributes";
    }
  | {
      readonly code: "attestation/tcb-level-unsupported";
      readonly component: "platform" | "tdx-module" | "qe";
    };

/** Both steps at once, for who has no verified collateral at hand. @param at Unix milliseconds */
export function verifyDcap(
  quote: Uint8Array,
  collateral: DcapCollateral,
  at: bigint,
  root: Certificate = intelSgxRootCa(),
): Result<DcapFacts, DcapError> {
  const verified = verifyCollateral(collateral, at, root);
  return verified.ok ? verifyDcapQuote(quote, verified.value, at, root) : verified;
}

/** @param root the one that the collateral was verified with */
export function verifyDcapQuote(
  bytes: Uint8Array,
  collateral: VerifiedCollateral,
  at: bigint,
  root: Certificate = intelSgxRootCa(),
): Result<DcapFacts, DcapError> {
  const untimely = checkUpdateTimes(collateral.validFrom, collateral.validUntil, at, "collateral");
  if (untimely !== undefined) return fail(untimely);
  const parsed = parseQuote(bytes);
  if (!parsed.ok) return parsed;
  const quote = parsed.value;

  const certificate = verifyPck(quote, collateral, at, root);
  if (!certificate.ok) return certificate;
  const facts = readPckFacts(certificate.value);
  if (!facts.ok) return facts;
  const pck = facts.value;

  const error =
    checkFamily(quote, pck, collateral) ??
    checkQuotingEnclave(quote, certificate.value, collateral.qeIdentity) ??
    checkQuoteSignature(quote);
  if (error !== undefined) return fail(error);

  const levels = matchLevels(quote, pck, collateral);
  if (!levels.ok) return levels;
  const { platform, tdxModule, qe } = levels.value;
  const parts = [platform, ...(tdxModule === undefined ? [] : [tdxModule]), qe];
  return ok({
    quoteVersion: quote.version,
    body: quote.body,
    tcbStatus: parts.map(({ status }) => status).reduce(convergeTcbStatus),
    platformTcbStatus: platform.status,
    tdxModuleTcbStatus: tdxModule?.status,
    qeTcbStatus: qe.status,
    advisoryIds: [...new Set(parts.flatMap(({ advisoryIds }) => advisoryIds))].sort(inOrder),
    tcbDate: parts.map(({ tcbDate }) => tcbDate).reduce((a, b) => (a < b ? a : b)),
    evaluationDataNumber: collateral.tcbInfo.evaluationDataNumber,
    pck,
    validFrom: later(collateral.validFrom, certificate.value.notBefore),
    validUntil: earlier(collateral.validUntil, certificate.value.notAfter),
  });
}

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const PCK_CHAIN = 5;
const PCK_ROLE = "Intel SGX PCK Certificate";

/** The platform's certificate, signed by an authority whose revocation list the collateral has. */
function verifyPck(
  quote: Quote,
  collateral: VerifiedCollateral,
  at: bigint,
  root: Certificate,
): Result<Certificate, DcapError> {
  const part = "pck-chain";
  const isGiven = quote.certificationType === PCK_CHAIN;
  const text = isGiven ? quote.certificationData : collateral.pckCertificateChain;
  if (text === undefined)
    return fail({
      code: "attestation/quote-unsupported",
      field: "certification-type",
      value: quote.certificationType,
    });
  const parsed = parsePemChain(text);
  if (!parsed.ok) return fail({ ...parsed.error, part });
  const [leaf, authority, ...rest] = withoutRoot(parsed.value, root);
  if (leaf === undefined || authority === undefined || rest.length > 0)
    return fail({
      code: "attestation/certificate-chain",
      part,
      depth: parsed.value.length,
      reason: leaf === undefined || authority === undefined ? "empty" : "too-long",
    });
  // The authority that came with the collateral has been verified.
  if (!equalBytes(authority.raw, collateral.pckCa.raw)) {
    const { rootCaCrl, pckCrl } = collateral;
    const trust = { root, rootCaCrl, at };
    const other = verifyUnderRoot([authority], part, PCK_AUTHORITIES, trust);
    if (!other.ok) return other;
    const list = verifyCrl(pckCrl, authority, at, "pck-crl");
    if (!list.ok) return list;
  }
  const path = verifyPath({ chain: [leaf], anchor: anchorOf(authority), at });
  if (!path.ok) return fail({ ...path.error, part });
  if (leaf.commonName !== PCK_ROLE)
    return fail({
      code: "attestation/certificate-wrong-role",
      part,
      commonName: leaf.commonName,
    });
  const revoked = checkNotRevoked(collateral.pckCrl, leaf);
  return revoked === undefined ? ok(leaf) : fail({ ...revoked, part });
}

function checkFamily(
  { body }: Quote,
  pck: PckFacts,
  { tcbInfo }: VerifiedCollateral,
): DcapError | undefined {
  if ((body.type === "sgx") !== (tcbInfo.tee === "sgx"))
    return { code: "attestation/collateral-wrong-tee" };
  if (!equalBytes(pck.fmspc, tcbInfo.fmspc))
    return {
      code: "attestation/fmspc-mismatch",
      platform: toHex(pck.fmspc),
      collateral: toHex(tcbInfo.fmspc),
    };
  if (!equalBytes(pck.pceId, tcbInfo.pceId))
    return {
      code: "attestation/pce-id-mismatch",
      platform: toHex(pck.pceId),
      collateral: toHex(tcbInfo.pceId),
    };
  return undefined;
}

/** The PCK key signs the enclave's report, which names the attestation key; the enclave is the one Intel describes. */
function checkQuotingEnclave(
  quote: Quote,
  { publicKey }: Certificate,
  identity: QeIdentity,
): DcapError | undefined {
  const { qeReport, qeReportBytes, qeReportSignature, attestationKey, qeAuthData } = quote;
  if (publicKey.type !== "ec" || !isSignedBy(publicKey.bytes, qeReportBytes, qeReportSignature))
    return { code: "attestation/qe-report-signature" };
  const named = sha256(concatBytes(attestationKey, qeAuthData));
  if (!equalBytes(qeReport.reportData, concatBytes(named, new Uint8Array(32))))
    return { code: "attestation/qe-report-data" };
  const field = unlikeField(qeReport, identity);
  return field === undefined ? undefined : { code: "attestation/qe-identity-mismatch", field };
}

function unlikeField(report: SgxReport, identity: QeIdentity) {
  if (!equalUnder(identity.miscSelectMask, report.miscSelect, identity.miscSelect))
    return "miscselect";
  if (!equalUnder(identity.attributesMask, report.attributes, identity.attributes))
    return "attributes";
  if (!equalBytes(report.mrSigner, identity.mrSigner)) return "mrsigner";
  return report.isvProdId === identity.isvProdId ? undefined : "isvprodid";
}

function checkQuoteSignature({
  attestationKey,
  signedBytes,
  signature,
}: Quote): DcapError | undefined {
  return isSignedBy(attestationKey, signedBytes, signature)
    ? undefined
    : { code: "attestation/quote-signature" };
}

/** P-256 and SHA-256, the only algorithm of quotes. */
function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return ecdsaVerify({ curve: "P-256", digest: "SHA-256", publicKey, message, signature });
}

/** Bits outside the mask do not matter; the expected ones are masked too, as Intel's library does. */
function equalUnder(mask: Uint8Array, actual: Uint8Array, expected: Uint8Array): boolean {
  return mask.every((bits, i) => (((actual[i] ?? 0) ^ (expected[i] ?? 0)) & bits) === 0);
}

interface Levels {
  readonly platform: PlatformTcbLevel;
  readonly tdxModule: IsvSvnLevel | undefined;
  readonly qe: IsvSvnLevel;
}

function matchLevels(
  { body, qeReport }: Quote,
  pck: PckFacts,
  { tcbInfo, qeIdentity }: VerifiedCollateral,
): Result<Levels, DcapError> {
  const code = "attestation/tcb-level-unsupported";
  const qe = qeIdentity.levels.find(({ isvSvn }) => isvSvn <= qeReport.isvSvn);
  if (qe === undefined) return fail({ code, component: "qe" });
  const tdxModule = body.type === "sgx" ? ok(undefined) : matchModule(body.report, tcbInfo);
  if (!tdxModule.ok) return tdxModule;
  const td = body.type === "sgx" ? undefined : body.report;
  const platform = tcbInfo.levels.find((level) => isAtLeast(pck, td, level));
  if (platform === undefined) return fail({ code, component: "platform" });
  return ok({ platform, tdxModule: tdxModule.value, qe });
}

/**
 * The first two components of TDX are the module's own versions: a module that has a version of its own (second byte)
 * is judged by its identity, so they do not count here.
 */
function isAtLeast(pck: PckFacts, td: TdReport | undefined, level: PlatformTcbLevel): boolean {
  if (!level.sgxSvns.every((least, i) => (pck.componentSvns[i] ?? 0) >= least)) return false;
  if (pck.pceSvn < level.pceSvn) return false;
  if (td === undefined) return true;
  const from = moduleVersionOf(td) > 0 ? 2 : 0;
  return (level.tdxSvns ?? []).every((least, i) => i < from || (td.teeTcbSvn[i] ?? 0) >= least);
}

const moduleVersionOf = ({ teeTcbSvn }: TdReport): number => teeTcbSvn[1] ?? 0;

/** Whether the TDX module is one of Intel's; its level, where it has a version. */
function matchModule(td: TdReport, tcbInfo: TcbInfo): Result<IsvSvnLevel | undefined, DcapError> {
  const code = "attestation/tdx-module-mismatch";
  const version = moduleVersionOf(td);
  if (version === 0) {
    const field = unlikeModule(td, tcbInfo.tdxModule);
    return field === undefined ? ok(undefined) : fail({ code, field });
  }
  const id = `TDX_${version.toString(16).toUpperCase().padStart(2, "0")}`;
  const identity = tcbInfo.tdxModuleIdentities.find((one) => one.id === id);
  const field = unlikeModule(td, identity);
  if (identity === undefined || field !== undefined)
    return fail({ code, field: field ?? "identity" });
  const level = identity.levels.find(({ isvSvn }) => isvSvn <= (td.teeTcbSvn[0] ?? 0));
  return level === undefined
    ? fail({ code: "attestation/tcb-level-unsupported", component: "tdx-module" })
    : ok(level);
}

function unlikeModule(td: TdReport, module: TdxModule | undefined) {
  if (module === undefined) return "identity";
  if (!equalBytes(td.mrSignerSeam, module.mrSigner)) return "mrsigner";
  return equalUnder(module.attributesMask, td.seamAttributes, module.attributes)
    ? undefined
    : "attributes";
}
