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
  const rootCaCrl = parseCrl(collateral.rootCaCrl, "root-ca-crl");
  if (!rootCaCrl.ok) return rootCaCrl;
  const pckCrl = parseCrl(collateral.pckCrl, "pck-crl");
  if (!pckCrl.ok) return pckCrl;
  const trust: Trust = { root, rootCaCrl: rootCaCrl.value, at };

  const ca = verifyIssuer(collateral.pckCrlIssuerChain, "pck-crl-issuer", PCK_AUTHORITIES, trust);
  if (!ca.ok) return ca;
  const current = verifyCrl(pckCrl.value, ca.value, at, "pck-crl");
  if (!current.ok) return current;

  const tcbSigner = verifyIssuer(
    collateral.tcbInfoIssuerChain,
    "tcb-info-issuer",
    TCB_SIGNERS,
    trust,
  );
  if (!tcbSigner.ok) return tcbSigner;
  if (!isSignedText(tcbSigner.value, collateral.tcbInfo, collateral.tcbInfoSignature))
    return fail({ code: "attestation/tcb-info-signature" });
  const tcbInfo = readJson(utf8ToText(collateral.tcbInfo) ?? "", readTcbInfo);
  if (!tcbInfo.ok) return unparsable("tcb-info", tcbInfo.error.reason);

  const qeSigner = verifyIssuer(
    collateral.qeIdentityIssuerChain,
    "qe-identity-issuer",
    TCB_SIGNERS,
    trust,
  );
  if (!qeSigner.ok) return qeSigner;
  if (!isSignedText(qeSigner.value, collateral.qeIdentity, collateral.qeIdentitySignature))
    return fail({ code: "attestation/qe-identity-signature" });
  const qeIdentity = readJson(utf8ToText(collateral.qeIdentity) ?? "", readQeIdentity);
  if (!qeIdentity.ok) return unparsable("qe-identity", qeIdentity.error.reason);

  const untimely = [
    { part: "tcb-info", ...tcbInfo.value },
    { part: "qe-identity", ...qeIdentity.value },
  ].map(({ part, issuedAt, nextUpdateAt }) => checkUpdateTimes(issuedAt, nextUpdateAt, at, part));
  const error = untimely.find((one) => one !== undefined);
  if (error !== undefined) return fail(error);
  if (tcbInfo.value.tee !== qeIdentity.value.tee)
    return fail({ code: "attestation/collateral-mixed" });

  const starts = [
    ...[root, ca.value, tcbSigner.value, qeSigner.value].map(({ notBefore }) => notBefore),
    ...[rootCaCrl.value, pckCrl.value].map(({ thisUpdate }) => thisUpdate),
    tcbInfo.value.issuedAt,
    qeIdentity.value.issuedAt,
  ];
  const ends = [
    ...[root, ca.value, tcbSigner.value, qeSigner.value].map(({ notAfter }) => notAfter),
    ...[rootCaCrl.value, pckCrl.value].map(({ nextUpdate }) => nextUpdate),
    tcbInfo.value.nextUpdateAt,
    qeIdentity.value.nextUpdateAt,
  ];
  return ok({
    pckCa: ca.value,
    rootCaCrl: rootCaCrl.value,
    pckCrl: pckCrl.value,
    tcbInfo: tcbInfo.value,
    qeIdentity: qeIdentity.value,
    pckCertificateChain: collateral.pckCertificateChain,
    validFrom: starts.reduce((a, b) => (a > b ? a : b)),
    validUntil: ends.reduce((a, b) => (a < b ? a : b)),
  });
}

interface Trust {
  readonly root: Certificate;
  readonly rootCaCrl: Crl;
  readonly at: bigint;
}

/** The first certificate of a chain that ends at the root, which has not revoked it. */
function verifyIssuer(
  text: Uint8Array,
  part: string,
  roles: ReadonlySet<string>,
  trust: Trust,
): Result<Certificate, CollateralError> {
  const chain = parsePemChain(text);
  if (!chain.ok) return fail({ ...chain.error, part });
  return verifyUnderRoot(withoutRoot(chain.value, trust.root), part, roles, trust);
}

/** A chain of one certificate under the root. */
export function verifyUnderRoot(
  chain: readonly Certificate[],
  part: string,
  roles: ReadonlySet<string>,
  { root, rootCaCrl, at }: Trust,
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
