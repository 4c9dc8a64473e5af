/**
 * Path validation: from a leaf to a root that is pinned.
 *
 * The chain is taken in the order it is given in, leaf first: nothing is searched for. Names are compared as bytes.
 * Every certificate must be valid at `at`; every issuer must be an authority that may sign certificates, with room in its
 * path length; extensions that are critical and unknown are refused.
 *
 * **Bounds**: `MAX_CHAIN` certificates. **Not here**: revocation (`crl.ts`), and what a leaf must be (the vendors).
 *
 * @see RFC 5280 §6.1
 */
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { type Certificate, KEY_USAGE_BIT } from "./certificate.ts";
import { type PublicKey, verifySigned } from "./public-key.ts";

export const MAX_CHAIN = 8;

/** What is trusted without proof. */
export interface TrustAnchor {
  readonly subject: Uint8Array;
  readonly publicKey: PublicKey;
  /** Certificates of authorities that may lie between it and a leaf. */
  readonly maxPathLength: number | undefined;
  /** Unix milliseconds; both belong to the time of validity. */
  readonly notBefore: bigint;
  readonly notAfter: bigint;
}

export interface PathInput {
  /** Leaf first; without the anchor. */
  readonly chain: readonly Certificate[];
  readonly anchor: TrustAnchor;
  /** Unix milliseconds. */
  readonly at: bigint;
  /** Critical extensions that the vendor's verifier handles itself. */
  readonly handled?: ReadonlySet<string>;
}

/** `depth` counts from the leaf, which is 0; the anchor is behind the last of the chain. */
export type PathError =
  | {
      readonly code: "attestation/certificate-chain";
      readonly depth: number;
      readonly reason:
        | "empty"
        | "too-long"
        | "issuer-name"
        | "not-an-authority"
        | "may-not-sign"
        | "path-too-long"
        | "critical-extension";
    }
  | { readonly code: "attestation/certificate-signature"; readonly depth: number }
  | {
      readonly code: "attestation/certificate-validity";
      readonly depth: number;
      readonly notBefore: bigint;
      readonly notAfter: bigint;
      readonly at: bigint;
    };

const KNOWN_EXTENSIONS = new Set(["2.5.29.15", "2.5.29.19"]);

/** The anchor that a self-signed certificate in our own source stands for. */
export function anchorOf(certificate: Certificate): TrustAnchor {
  const { subject, publicKey, notBefore, notAfter, basicConstraints } = certificate;
  return {
    subject,
    publicKey,
    notBefore,
    notAfter,
    maxPathLength: basicConstraints?.maxPathLength,
  };
}

/** Drops the pinned root, where the sender has put it at the end; any other end stays and must have a pinned issuer. */
export function withoutRoot(
  chain: readonly Certificate[],
  root: Certificate,
): readonly Certificate[] {
  const last = chain.at(-1);
  return last !== undefined && equalBytes(last.raw, root.raw) ? chain.slice(0, -1) : chain;
}

/** @returns the leaf */
export function verifyPath(input: PathInput): Result<Certificate, PathError> {
  const { chain, anchor, at, handled } = input;
  const [leaf] = chain;
  const code = "attestation/certificate-chain";
  if (leaf === undefined) return fail({ code, depth: 0, reason: "empty" });
  if (chain.length > MAX_CHAIN) return fail({ code, depth: MAX_CHAIN, reason: "too-long" });
  for (const [depth, certificate] of chain.entries()) {
    const issuer = chain[depth + 1] ?? anchor;
    const error =
      checkValidity(certificate, depth, at) ??
      checkExtensions(certificate, depth, handled) ??
      checkIssuer(issuer, depth) ??
      checkIssued(certificate, issuer, depth);
    if (error !== undefined) return fail(error);
  }
  const untimely = checkValidity(anchor, chain.length, at);
  return untimely === undefined ? ok(leaf) : fail(untimely);
}

/** `undefined` from `notBefore` to `notAfter`, both included. */
export function checkValidity(
  { notBefore, notAfter }: { readonly notBefore: bigint; readonly notAfter: bigint },
  depth: number,
  at: bigint,
): PathError | undefined {
  return at < notBefore || at > notAfter
    ? { code: "attestation/certificate-validity", depth, notBefore, notAfter, at }
    : undefined;
}

function checkExtensions(
  { extensions }: Certificate,
  depth: number,
  handled: ReadonlySet<string> | undefined,
): PathError | undefined {
  for (const [oid, { isCritical }] of extensions)
    if (isCritical && !KNOWN_EXTENSIONS.has(oid) && handled?.has(oid) !== true)
      return { code: "attestation/certificate-chain", depth, reason: "critical-extension" };
  return undefined;
}

/** @param depth of the issued certificate: as many authorities lie between the issuer and the leaf */
function checkIssuer(issuer: Certificate | TrustAnchor, depth: number): PathError | undefined {
  const code = "attestation/certificate-chain";
  if ("maxPathLength" in issuer) {
    const { maxPathLength } = issuer;
    return maxPathLength !== undefined && depth > maxPathLength
      ? { code, depth: depth + 1, reason: "path-too-long" }
      : undefined;
  }
  const { basicConstraints, keyUsage } = issuer;
  if (basicConstraints?.isCa !== true)
    return { code, depth: depth + 1, reason: "not-an-authority" };
  if (keyUsage !== undefined && (keyUsage & KEY_USAGE_BIT.certificateSign) === 0)
    return { code, depth: depth + 1, reason: "may-not-sign" };
  const { maxPathLength } = basicConstraints;
  if (maxPathLength !== undefined && depth > maxPathLength)
    return { code, depth: depth + 1, reason: "path-too-long" };
  return undefined;
}

function checkIssued(
  certificate: Certificate,
  issuer: Certificate | TrustAnchor,
  depth: number,
): PathError | undefined {
  if (!equalBytes(certificate.issuer, issuer.subject))
    return { code: "attestation/certificate-chain", depth, reason: "issuer-name" };
  const { signatureAlgorithm, signedBytes, signature } = certificate;
  return verifySigned(issuer.publicKey, signatureAlgorithm, signedBytes, signature)
    ? undefined
    : { code: "attestation/certificate-signature", depth };
}
