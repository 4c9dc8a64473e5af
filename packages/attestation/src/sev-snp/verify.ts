/**
 * Verification of AMD SEV-SNP reports: AMD's root → authority of the product line → key of the chip or provider → report.
 *
 * Then what AMD wrote into the key's certificate is held against the report: a key is derived from the chip and the TCB
 * version, so a report with other ones is not by that chip in that state, however good its signature.
 *
 * **Trust**: report, key and certificates between it and the root are hostile; roots are pinned (`roots.ts`); revocation
 * lists and time come from the verifier's chain. A report has no time: freshness is its report data. **Not here**: what
 * policy and TCB must be.
 *
 * @see AMD SEV-SNP ABI "MSG_REPORT_REQ"
 */
import { ecdsaVerify } from "@pha/crypto";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import type { Unchecked } from "../policy/policy.ts";
import {
  type Certificate,
  type CertificateUnparsable,
  parseCertificate,
} from "../x509/certificate.ts";
import { anchorOf, checkValidity, type PathError, verifyPath } from "../x509/chain.ts";
import { type CrlError, checkNotRevoked, parseCrl, type Revoked, verifyCrl } from "../x509/crl.ts";
import {
  parseSnpReport,
  type SnpCpuid,
  type SnpParseError,
  type SnpReport,
  type SnpSigningKey,
} from "./parse.ts";
import type { AmdAuthorities } from "./roots.ts";
import { isSameTcb, isTcbAtMost, parseTcb, type SnpProductLine, type SnpTcb } from "./tcb.ts";
import { parseVek, type Vek, type VekError } from "./vek.ts";

export interface VerifySnpInput {
  /** 1184 bytes. */
  readonly report: Uint8Array;
  /** VCEK or VLEK, DER. */
  readonly vek: Uint8Array;
  /** The issuer of `vek` and the root, DER, where the sender gives them; else the pinned ones are taken. */
  readonly issuers?: readonly [Uint8Array, Uint8Array] | undefined;
  /** What is trusted without proof: `AMD_AUTHORITIES`, or a part of them, or those of a test. */
  readonly authorities: Readonly<Partial<Record<SnpProductLine, AmdAuthorities>>>;
  /** Unix milliseconds. */
  readonly now: bigint;
  readonly revocation: SnpRevocation;
}

/** The lists of the product lines' roots, DER, or why none is looked at. */
export type SnpRevocation =
  | { readonly crls: Readonly<Partial<Record<SnpProductLine, Uint8Array>>> }
  | Unchecked;

export interface SnpFacts extends Omit<SnpReport, "tcb" | "signed" | "signature"> {
  readonly productLine: SnpProductLine;
  /** As AMD names it in the key's certificate. */
  readonly productName: string;
  readonly tcb: {
    /** Of the firmware that runs. */
    readonly current: SnpTcb;
    /** That the platform's owner lets reports say; the key is derived from it. */
    readonly reported: SnpTcb;
    /** Below which the firmware cannot be rolled back. */
    readonly committed: SnpTcb;
    /** When the guest was launched or moved here. */
    readonly launch: SnpTcb;
  };
  /** The firmware that runs may still be rolled back. */
  readonly isProvisional: boolean;
  /** Of a provider's key: whose it is. */
  readonly cspId: string | undefined;
  /** The key's certificate is valid until then, Unix milliseconds. */
  readonly vekNotAfter: bigint;
  readonly isRevocationChecked: boolean;
}

export type SnpError =
  | SnpParseError
  | VekError
  | CertificateUnparsable
  | PathError
  | CrlError
  | Revoked
  | { readonly code: "snp/untrusted-line"; readonly line: SnpProductLine }
  /** Revocation is to be looked at, and there is no list of the line's root. */
  | { readonly code: "snp/no-crl"; readonly line: SnpProductLine }
  /** The root is not the pinned one of the key's product line. */
  | { readonly code: "snp/untrusted-root"; readonly line: SnpProductLine }
  | { readonly code: "snp/bad-signature" }
  /** The report names another kind of key than its certificate. */
  | { readonly code: "snp/other-key"; readonly named: SnpSigningKey }
  /** The processor is not of the product line that the certificate names. */
  | { readonly code: "snp/other-product"; readonly line: SnpProductLine }
  | { readonly code: "snp/other-chip" }
  | { readonly code: "snp/other-tcb" }
  /** A version of the report is newer than the firmware that runs, or has reserved bits. */
  | { readonly code: "snp/inconsistent-tcb"; readonly part: keyof SnpReport["tcb"] };

export function verifySnpReport(input: VerifySnpInput): Result<SnpFacts, SnpError> {
  const parsed = parseSnpReport(input.report);
  if (!parsed.ok) return parsed;
  const report = parsed.value;
  const certificate = parseCertificate(input.vek);
  if (!certificate.ok) return certificate;
  const vek = parseVek(certificate.value);
  if (!vek.ok) return vek;
  const issued = verifyIssuers(certificate.value, vek.value, input);
  if (!issued.ok) return issued;
  const { publicKey } = vek.value;
  const { signed: message, signature } = report;
  if (!ecdsaVerify({ curve: "P-384", digest: "SHA-384", publicKey, message, signature }))
    return fail({ code: "snp/bad-signature" });
  const tcb = checkTcb(report, vek.value);
  if (!tcb.ok) return tcb;
  const mismatch = checkVek(report, vek.value);
  if (mismatch !== undefined) return fail(mismatch);
  const { tcb: _, signed: _signed, signature: _signature, ...claims } = report;
  return ok({
    ...claims,
    productLine: vek.value.line,
    productName: vek.value.productName,
    tcb: tcb.value,
    isProvisional: isProvisional(report),
    cspId: vek.value.cspId,
    vekNotAfter: certificate.value.notAfter,
    isRevocationChecked: "crls" in input.revocation,
  });
}

function verifyIssuers(
  certificate: Certificate,
  { line, kind }: Vek,
  { authorities, issuers, now, revocation }: VerifySnpInput,
): Result<Certificate, SnpError> {
  const trusted = authorities[line];
  if (trusted === undefined) return fail({ code: "snp/untrusted-line", line });
  const { root, issuers: known } = trusted;
  const found = issuerOf(known[kind], issuers);
  if (!found.ok) return found;
  const issuer = found.value;
  if (issuers !== undefined && !equalBytes(issuers[1], root.raw))
    return fail({ code: "snp/untrusted-root", line });
  // A pinned authority needs no signature to be looked at again, but it ends too.
  const path =
    issuer === known[kind]
      ? verifyPath({ chain: [certificate], anchor: anchorOf(issuer), at: now })
      : verifyPath({ chain: [certificate, issuer], anchor: anchorOf(root), at: now });
  if (!path.ok) return path;
  const untimely = checkValidity(root, 2, now);
  if (untimely !== undefined) return fail(untimely);
  if (!("crls" in revocation)) return path;
  const list = revocation.crls[line];
  if (list === undefined) return fail({ code: "snp/no-crl", line });
  const crl = parseCrl(list, "amd");
  if (!crl.ok) return crl;
  const current = verifyCrl(crl.value, root, now, "amd");
  if (!current.ok) return current;
  const revoked = checkNotRevoked(current.value, issuer);
  return revoked === undefined ? path : fail(revoked);
}

/** The authority that issues such keys: the pinned one, or one that is given and has its name. */
function issuerOf(
  known: Certificate,
  given: VerifySnpInput["issuers"],
): Result<Certificate, CertificateUnparsable | PathError> {
  if (given === undefined || equalBytes(given[0], known.raw)) return ok(known);
  const issuer = parseCertificate(given[0]);
  if (!issuer.ok || equalBytes(issuer.value.subject, known.subject)) return issuer;
  return fail({ code: "attestation/certificate-chain", depth: 1, reason: "issuer-name" });
}

function checkTcb(report: SnpReport, vek: Vek): Result<SnpFacts["tcb"], SnpError> {
  const read = (part: keyof SnpReport["tcb"]) => parseTcb(report.tcb[part], vek.line);
  const [current, reported] = [read("current"), read("reported")];
  const [committed, launch] = [read("committed"), read("launch")];
  const inconsistent = (part: keyof SnpReport["tcb"]) =>
    fail({ code: "snp/inconsistent-tcb", part } as const);
  if (current === undefined) return inconsistent("current");
  if (reported === undefined || !isTcbAtMost(reported, current)) return inconsistent("reported");
  if (committed === undefined || !isTcbAtMost(committed, current)) return inconsistent("committed");
  if (launch === undefined || !isTcbAtMost(launch, current)) return inconsistent("launch");
  if (!isSameTcb(reported, vek.tcb)) return fail({ code: "snp/other-tcb" });
  return ok({ current, reported, committed, launch });
}

function checkVek(report: SnpReport, { kind, line, hardwareId }: Vek): SnpError | undefined {
  if (report.signingKey !== kind) return { code: "snp/other-key", named: report.signingKey };
  if (report.cpuid !== undefined && productLineOf(report.cpuid) !== line)
    return { code: "snp/other-product", line };
  if (hardwareId === undefined) return undefined;
  // On Turin the id has 8 bytes, and the rest of the field is zero.
  const expected = new Uint8Array(report.chipId.length);
  expected.set(hardwareId);
  return equalBytes(report.chipId, expected) ? undefined : { code: "snp/other-chip" };
}

/** Product line of a processor; `undefined` of one that has none of them. */
export function productLineOf({ family, model }: SnpCpuid): SnpProductLine | undefined {
  const range = model >> 4;
  if (family === 0x19 && range === 0) return "Milan";
  if (family === 0x19 && (range === 1 || range === 0xa)) return "Genoa";
  return family === 0x1a && range <= 1 ? "Turin" : undefined;
}

function isProvisional({ tcb, currentFirmware, committedFirmware }: SnpReport): boolean {
  return (
    !equalBytes(tcb.current, tcb.committed) ||
    currentFirmware.major !== committedFirmware.major ||
    currentFirmware.minor !== committedFirmware.minor ||
    currentFirmware.build !== committedFirmware.build
  );
}
