/**
 * Whether the other end of a TLS connection has its key in a TEE.
 *
 * Two pieces of evidence, because each leaves something open. The certificate's shows that the key was made by the program
 * that is attested; it may be old, and says nothing of this connection. The channel's is over what both ends of this
 * connection export, so neither an older one nor that of another connection passes.
 *
 * **Trust**: certificate and evidence are hostile; time, roots and collateral are the verifier's (`verify`). **Not here**:
 * which measurement is wanted, and TLS itself, which proves that the other end has the key.
 *
 * @see RFC 9266
 * @see Interoperable RA-TLS
 */
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import type { AttestationError, AttestationResult } from "../result.ts";
import { type CertificateUnparsable, parseCertificate } from "../x509/certificate.ts";
import { verifySigned } from "../x509/public-key.ts";
import {
  decodeTaggedEvidence,
  isAboutKey,
  TAGGED_EVIDENCE_OID,
  type TaggedEvidence,
  type TaggedEvidenceError,
} from "./tagged-evidence.ts";

/** Label and length of what both ends export; the context is empty. */
export const CHANNEL_BINDING = { label: "EXPORTER-Channel-Binding", bytes: 32 } as const;

/** Evidence of any kind, by the verifier's own trust: `verifyEvidence` or `verifyWithCollateral` with the rest filled in. */
export type EvidenceVerdict = (
  evidence: Uint8Array,
  expectedReportData: Uint8Array,
) => Result<AttestationResult, AttestationError>;

export type RaTlsError =
  | CertificateUnparsable
  | TaggedEvidenceError
  | AttestationError
  /** Signed by another key than its own, or not at all. */
  | { readonly code: "ra-tls/not-self-signed" }
  | { readonly code: "ra-tls/not-valid-now"; readonly notBefore: bigint; readonly notAfter: bigint }
  | { readonly code: "ra-tls/no-evidence" }
  /** The evidence is about another key. */
  | { readonly code: "ra-tls/other-key" }
  /** The evidence is not over what this connection exports. */
  | { readonly code: "ra-tls/other-channel" };

export interface RaTlsPeer {
  readonly attestation: AttestationResult;
  /** DER of SubjectPublicKeyInfo: the key that the connection's other end has. */
  readonly publicKeyInfo: Uint8Array;
  /** That the program named; `undefined` where it named none. */
  readonly boot: Uint8Array | undefined;
}

export interface VerifyRaTlsInput {
  /** DER of the certificate that the other end showed. */
  readonly certificate: Uint8Array;
  /** Unix milliseconds. */
  readonly now: bigint;
  readonly verify: EvidenceVerdict;
}

/** The certificate alone. */
export function verifyRaTlsCertificate(input: VerifyRaTlsInput): Result<RaTlsPeer, RaTlsError> {
  const read = readRaTlsCertificate(input.certificate, input.now);
  if (!read.ok) return read;
  const { publicKeyInfo, tagged } = read.value;
  const verified = input.verify(tagged.evidence, tagged.reportData);
  return verified.ok
    ? ok({ attestation: verified.value, publicKeyInfo, boot: tagged.boot })
    : verified;
}

/** What is to be verified of a certificate, with all that needs no vendor's signature verified. */
export function readRaTlsCertificate(
  certificate: Uint8Array,
  now: bigint,
): Result<{ readonly publicKeyInfo: Uint8Array; readonly tagged: TaggedEvidence }, RaTlsError> {
  const parsed = parseCertificate(certificate);
  if (!parsed.ok) return parsed;
  const { publicKey, publicKeyInfo, signatureAlgorithm, signedBytes, signature } = parsed.value;
  const { notBefore, notAfter, issuer, subject, extensions } = parsed.value;
  if (
    !equalBytes(issuer, subject) ||
    !verifySigned(publicKey, signatureAlgorithm, signedBytes, signature)
  )
    return fail({ code: "ra-tls/not-self-signed" });
  if (now < notBefore || now > notAfter)
    return fail({ code: "ra-tls/not-valid-now", notBefore, notAfter });
  const extension = extensions.get(TAGGED_EVIDENCE_OID);
  if (extension === undefined) return fail({ code: "ra-tls/no-evidence" });
  const tagged = decodeTaggedEvidence(extension.value);
  if (!tagged.ok) return tagged;
  return isAboutKey(tagged.value, publicKeyInfo)
    ? ok({ publicKeyInfo, tagged: tagged.value })
    : fail({ code: "ra-tls/other-key" });
}

export interface VerifyChannelInput {
  /** Tagged evidence that the other end sent over the connection. */
  readonly evidence: Uint8Array;
  /** DER of SubjectPublicKeyInfo of the certificate that it showed. */
  readonly publicKeyInfo: Uint8Array;
  /** What this end exports, as `CHANNEL_BINDING` has it. */
  readonly exported: Uint8Array;
  readonly verify: EvidenceVerdict;
}

/** Evidence that the other end made for this very connection. */
export function verifyChannelEvidence(
  input: VerifyChannelInput,
): Result<AttestationResult, RaTlsError> {
  const read = readChannelEvidence(input);
  return read.ok ? input.verify(read.value.evidence, read.value.reportData) : read;
}

/** The same without the vendor's signatures. */
export function readChannelEvidence({
  evidence,
  publicKeyInfo,
  exported,
}: Omit<VerifyChannelInput, "verify">): Result<TaggedEvidence, RaTlsError> {
  const tagged = decodeTaggedEvidence(evidence);
  if (!tagged.ok) return tagged;
  if (!isAboutKey(tagged.value, publicKeyInfo)) return fail({ code: "ra-tls/other-key" });
  const { nonce } = tagged.value;
  return nonce !== undefined && nonce.length > 0 && equalBytes(nonce, exported)
    ? tagged
    : fail({ code: "ra-tls/other-channel" });
}
