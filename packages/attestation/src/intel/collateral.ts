/**
 * Collateral of DCAP: what Intel signed about a family of platforms, and the lists of what it revoked.
 *
 * Whoever brings it is not trusted: all of it hangs on the pinned root. It is verified once and then serves every quote
 * of the family until it expires.
 *
 * **Bounds**: those of chains, lists and `MAX_SIGNED_TEXT_BYTES`. **Not here**: which of two valid sets is newer; compare
 * `evaluationDataNumber` and `issuedAt`.
 *
 * @see Intel PCS
 */
import { ecdsaVerify } from "@pha/crypto";
import { fail, ok, type Result, utf8, utf8ToText } from "@pha/scale";
import { readJson } from "../json/json.ts";
import type { Certificate, CertificateUnparsable } from "../x509/certificate.ts";
import { anchorOf, type PathError, verifyPath, withoutRoot } from "../x509/chain.ts";
import {
  type CollateralTimeError,
  type Crl,
  type CrlError,
  checkNotRevoked,
  checkUpdateTimes,
  parseCrl,
  type Revoked,
  verifyCrl,
} from "../x509/crl.ts";
import { parsePemChain } from "../x509/pem.ts";
import { intelSgxRootCa } from "./roots.ts";
import { type QeIdentity, readQeIdentity, readTcbInfo, type TcbInfo } from "./tcb-info.ts";

export const MAX_SIGNED_TEXT_BYTES = 64 << 10;

/** As it is fetched; the nine fields of DCAP libraries. */
export interface DcapCollateral {
  /** PEM: the authority of PCK certificates, and the root. */
  readonly pckCrlIssuerChain: Uint8Array;
  /** DER. */
  readonly rootCaCrl: Uint8Array;
  readonly pckCrl: Uint8Array;
  /** PEM: the signer of TCB info, and the root. */
  readonly tcbInfoIssuerChain: Uint8Array;
  /** The text as it was signed. */
  readonly tcbInfo: Uint8Array;
  /** `r ‖ s`. */
  readonly tcbInfoSignature: Uint8Array;
  readonly qeIdentityIssuerChain: Uint8Array;
  readonly qeIdentity: Uint8Array;
  readonly qeIdentitySignature: Uint8Array;
  /** PEM: for quotes that only name their PCK certificate. */
  readonly pckCertificateChain?: Uint8Array;
}

export interface VerifiedCollateral {
  /** Authority of PCK certificates. */
  readonly pckCa: Certificate;
  readonly rootCaCrl: Crl;
  readonly pckCrl: Crl;
  readonly tcbInfo: TcbInfo;
  readonly qeIdentity: QeIdentity;
  readonly pckCertificateChain: Uint8Array | undefined;
  /** Unix milliseconds; both belong to the time in which all of it is current. */
  readonly validFrom: bigint;
  readonly validUntil: bigint;
}

export type CollateralError =
  | {
      readonly code: "attestation/collateral-unparsable";
      readonly part: string;
      readonly reason: string;
    }
  | (CertificateUnparsable & InPart)
  | (PathError & InPart)
  | (Revoked & InPart)
  | WrongRole
  | CrlError
  | CollateralTimeError
  | { readonly code: "attestation/tcb-info-signature" }
  | { readonly code: "attestation/qe-identity-signature" }
  | { readonly code: "attestation/collateral-mixed" };

/** A certificate that is genuine and not the one for this place. */
export interface WrongRole extends InPart {
  readonly code: "attestation/certificate-wrong-role";
  readonly commonName: string | undefined;
}

export interface InPart {
  readonly part: string;
}

export const PCK_AUTHORITIES: ReadonlySet<string> = new Set([
  "Intel SGX PCK Platform CA",
  "Intel SGX PCK Processor CA",
]);
const TCB_SIGNERS: ReadonlySet<string> = new Set(["Intel SGX TCB Signing"]);

/** The nine fields as JSON: lists and signatures in hex, the signed texts as texts. */
export function parseDcapCollateral(json: string): Result<DcapCollateral, CollateralError> {
  const read = readJson(json, (fields): DcapCollateral => {
    const text = (name: string): Uint8Array => utf8(fields.text(name));
    return {
      pckCrlIssuerChain: text("pck_crl_issuer_chain"),
      rootCaCrl: fields.hex("root_ca_crl"),
      pckCrl: fields.hex("pck_crl"),
      tcbInfoIssuerChain: text("tcb_info_issuer_chain"),
      tcbInfo: text("tcb_info"),
      tcbInfoSignature: fields.hex("tcb_info_signature"),
      qeIdentityIssuerChain: text("qe_identity_issuer_chain"),
      qeIdentity: text("qe_identity"),
      qeIdentitySignature: fields.hex("qe_identity_signature"),
      ...(fields.has("pck_certificate_chain")
        ? { pckCertificateChain: text("pck_certificate_chain") }
        : {}),
    };
  });
  return read.ok ? read : unparsable("collateral", read.error.reason);
}

function unparsable(part: string, reason: string) {
  return fail({ code: "attestation/collateral-unparsable", part, reason } as const);
}

/** Everything that does not depend on a quote. @param at Unix milliseconds */
export function verifyCollateral(
  collateral: DcapCollateral,
  at: bigint,
  root: Certificate = intelSgxRootCa(),
): Result<VerifiedCollateral, CollateralError> {
  const chains: (readonly Certificate[])[] = [];
  for (const [text, part] of [
    [collateral.pckCrlIssuerChain, "pck-crl-issuer"],
    [collateral.tcbInfoIssuerChain, "tcb-info-issuer"],
    [collateral.qeIdentityIssuerChain, "qe-identity-issuer"],
  ] as const) {
    const chain = parsePemChain(text);
    if (!chain.ok) return fail({ ...chain.error, part });
    chains.push(withoutRoot(chain.value, root));
  }
  const [pckCa = [], tcbSigner = [], qeSigner = []] = chains;
  return verifyCollateralParts({ ...collateral, pckCa, tcbSigner, qeSigner }, at, root);
}

/** Collateral whose certificates are read; chains are without the root. */
export interface CollateralParts
  extends Omit<
    DcapCollateral,
    "pckCrlIssuerChain" | "tcbInfoIssuerChain" | "qeIdentityIssuerChain"
  > {
  readonly pckCa: readonly Certificate[];
  readonly tcbSigner: readonly Certificate[];
  readonly qeSigner: readonly Certificate[];
}

/** @param at Unix milliseconds */
export function verifyCollateralParts(
  parts: CollateralParts,
  at: bigint,
  root: Certificate = intelSgxRootCa(),
): Result<VerifiedCollateral, CollateralError> {
  const rootCaCrl = parseCrl(parts.rootCaCrl, "root-ca-crl");
  if (!rootCaCrl.ok) return rootCaCrl;
  const trust: RootTrust = { root, rootCaCrl: rootCaCrl.value, at };
  const pck = verifyPckCrl(parts.pckCa, parts.pckCrl, trust);
  if (!pck.ok) return pck;
  const tcb = verifyTcbInfo(parts.tcbSigner, parts.tcbInfo, parts.tcbInfoSignature, trust);
  if (!tcb.ok) return tcb;
  const qe = verifyQeIdentity(parts.qeSigner, parts.qeIdentity, parts.qeIdentitySignature, trust);
  if (!qe.ok) return qe;
  const untimely = [
    { part: "tcb-info", ...tcb.value.signed },
    { part: "qe-identity", ...qe.value.signed },
  ].map(({ part, issuedAt, nextUpdateAt }) => checkUpdateTimes(issuedAt, nextUpdateAt, at, part));
  const error = untimely.find((one) => one !== undefined);
  if (error !== undefined) return fail(error);
  if (tcb.value.signed.tee !== qe.value.signed.tee)
    return fail({ code: "attestation/collateral-mixed" });

  const certificates = [root, pck.value.ca, tcb.value.signer, qe.value.signer];
  const starts = [
    ...certificates.map(({ notBefore }) => notBefore),
    ...[rootCaCrl.value, pck.value.crl].map(({ thisUpdate }) => thisUpdate),
    tcb.value.signed.issuedAt,
    qe.value.signed.issuedAt,
  ];
  const ends = [
    ...certificates.map(({ notAfter }) => notAfter),
    ...[rootCaCrl.value, pck.value.crl].map(({ nextUpdate }) => nextUpdate),
    tcb.value.signed.nextUpdateAt,
    qe.value.signed.nextUpdateAt,
  ];
  return ok({
    pckCa: pck.value.ca,
    rootCaCrl: rootCaCrl.value,
    pckCrl: pck.value.crl,
    tcbInfo: tcb.value.signed,
    qeIdentity: qe.value.signed,
    pckCertificateChain: parts.pckCertificateChain,
    validFrom: starts.reduce((a, b) => (a > b ? a : b)),
    validUntil: ends.reduce((a, b) => (a < b ? a : b)),
  });
}

/** What an authority of the root is verified with. */
export interface RootTrust {
  readonly root: Certificate;
  readonly rootCaCrl: Crl;
  /** Unix milliseconds. */
  readonly at: bigint;
}

/** The list of revoked platforms, and the authority that issued it. @param chain without the root */
export function verifyPckCrl(
  chain: readonly Certificate[],
  bytes: Uint8Array,
  trust: RootTrust,
): Result<{ readonly ca: Certificate; readonly crl: Crl }, CollateralError> {
  const crl = parseCrl(bytes, "pck-crl");
  if (!crl.ok) return crl;
  const ca = verifyUnderRoot(chain, "pck-crl-issuer", PCK_AUTHORITIES, trust);
  if (!ca.ok) return ca;
  const current = verifyCrl(crl.value, ca.value, trust.at, "pck-crl");
  return current.ok ? ok({ ca: ca.value, crl: crl.value }) : current;
}

interface SignedText<T> {
  readonly signer: Certificate;
  readonly signed: T;
}

/** Its times are not looked at. @param chain without the root @param signature `r ‖ s` */
export function verifyTcbInfo(
  chain: readonly Certificate[],
  text: Uint8Array,
  signature: Uint8Array,
  trust: RootTrust,
): Result<SignedText<TcbInfo>, CollateralError> {
  const signer = verifyUnderRoot(chain, "tcb-info-issuer", TCB_SIGNERS, trust);
  if (!signer.ok) return signer;
  if (!isSignedText(signer.value, text, signature))
    return fail({ code: "attestation/tcb-info-signature" });
  const signed = readJson(utf8ToText(text) ?? "", readTcbInfo);
  if (!signed.ok) return unparsable("tcb-info", signed.error.reason);
  return ok({ signer: signer.value, signed: signed.value });
}

/** Its times are not looked at. @param chain without the root @param signature `r ‖ s` */
export function verifyQeIdentity(
  chain: readonly Certificate[],
  text: Uint8Array,
  signature: Uint8Array,
  trust: RootTrust,
): Result<SignedText<QeIdentity>, CollateralError> {
  const signer = verifyUnderRoot(chain, "qe-identity-issuer", TCB_SIGNERS, trust);
  if (!signer.ok) return signer;
  if (!isSignedText(signer.value, text, signature))
    return fail({ code: "attestation/qe-identity-signature" });
  const signed = readJson(utf8ToText(text) ?? "", readQeIdentity);
  if (!signed.ok) return unparsable("qe-identity", signed.error.reason);
  return ok({ signer: signer.value, signed: signed.value });
}

/** A chain of one certificate under the root. */
export function verifyUnderRoot(
  chain: readonly Certificate[],
  part: string,
  roles: ReadonlySet<string>,
  { root, rootCaCrl, at }: RootTrust,
): Result<Certificate, CollateralError> {
  const path = verifyPath({ chain, anchor: anchorOf(root), at });
  if (!path.ok) return fail({ ...path.error, part });
  const { commonName } = path.value;
  if (chain.length !== 1 || commonName === undefined || !roles.has(commonName))
    return fail({ code: "attestation/certificate-wrong-role", part, commonName });
  const list = verifyCrl(rootCaCrl, root, at, "root-ca-crl");
  if (!list.ok) return list;
  const revoked = checkNotRevoked(rootCaCrl, path.value);
  return revoked === undefined ? path : fail({ ...revoked, part });
}

function isSignedText(
  { publicKey }: Certificate,
  text: Uint8Array,
  signature: Uint8Array,
): boolean {
  return (
    text.length <= MAX_SIGNED_TEXT_BYTES &&
    publicKey.type === "ec" &&
    publicKey.curve === "P-256" &&
    ecdsaVerify({
      curve: "P-256",
      digest: "SHA-256",
      publicKey: publicKey.bytes,
      message: text,
      signature,
    })
  );
}
