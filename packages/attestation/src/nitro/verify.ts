/**
 * Verification of AWS Nitro documents: AWS's root → certificates of the document → leaf → signature.
 *
 * **Trust**: the document is hostile, its copy of the root too: it only has to be the pinned one. Leaves live for about
 * three hours, so a document is verifiable for as long; `timestampMs` is the security module's clock, signed. AWS
 * publishes no revocation that a document could outlive. **Not here**: what the registers must be, and the document's
 * age.
 *
 * @see AWS Nitro attestation §3
 */
import { ecdsaVerify } from "@pha/crypto";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import {
  type Certificate,
  type CertificateUnparsable,
  parseCertificate,
} from "../x509/certificate.ts";
import { anchorOf, type PathError, verifyPath } from "../x509/chain.ts";
import { type NitroDocument, type NitroParseError, parseNitroDocument } from "./parse.ts";

export interface VerifyNitroInput {
  /** COSE_Sign1 message. */
  readonly document: Uint8Array;
  /** What is trusted without proof: `NITRO_ROOT`, or that of a test. */
  readonly root: Certificate;
  /** Unix milliseconds. */
  readonly now: bigint;
}

export interface NitroFacts extends Omit<NitroDocument, "message" | "certificate" | "cabundle"> {
  /** Register 0 is zero: the enclave was started for debugging, and its console can be read. */
  readonly isDebug: boolean;
  /** The document is verifiable from and until then, Unix milliseconds. */
  readonly leafNotBefore: bigint;
  readonly leafNotAfter: bigint;
  /** From leaf to root. */
  readonly certificates: number;
}

export type NitroError =
  | NitroParseError
  | CertificateUnparsable
  | PathError
  /** The bundle does not begin with AWS's root. */
  | { readonly code: "nitro/untrusted-root" }
  | { readonly code: "nitro/bad-leaf" }
  | { readonly code: "nitro/bad-signature" }
  /** The document was made at a time at which its leaf was not valid. */
  | { readonly code: "nitro/untimely"; readonly timestampMs: bigint };

export function verifyNitroDocument(input: VerifyNitroInput): Result<NitroFacts, NitroError> {
  const parsed = parseNitroDocument(input.document);
  if (!parsed.ok) return parsed;
  const { message, certificate, cabundle, ...claims } = parsed.value;
  const [first, ...intermediates] = cabundle;
  if (first === undefined || !equalBytes(first, input.root.raw))
    return fail({ code: "nitro/untrusted-root" });
  const chain = parseChain([certificate, ...intermediates.toReversed()]);
  if (!chain.ok) return chain;
  const path = verifyPath({ chain: chain.value, anchor: anchorOf(input.root), at: input.now });
  if (!path.ok) return path;
  const leaf = path.value;
  const key = leaf.publicKey;
  if (key.type !== "ec" || key.curve !== "P-384" || leaf.basicConstraints?.isCa === true)
    return fail({ code: "nitro/bad-leaf" });
  const { signed, signature } = message;
  const signedBy = { curve: key.curve, digest: "SHA-384", publicKey: key.bytes } as const;
  if (!ecdsaVerify({ ...signedBy, message: signed, signature }))
    return fail({ code: "nitro/bad-signature" });
  const { timestampMs, pcrs } = claims;
  // The certificate's times are whole seconds.
  if (timestampMs < leaf.notBefore || timestampMs > leaf.notAfter + 999n)
    return fail({ code: "nitro/untimely", timestampMs });
  const isDebug = pcrs.get(0)?.every((byte) => byte === 0) ?? true;
  const certificates = chain.value.length + 1;
  const { notBefore: leafNotBefore, notAfter: leafNotAfter } = leaf;
  return ok({ ...claims, isDebug, leafNotBefore, leafNotAfter, certificates });
}

function parseChain(
  ders: readonly Uint8Array[],
): Result<readonly Certificate[], CertificateUnparsable> {
  const chain: Certificate[] = [];
  for (const der of ders) {
    const parsed = parseCertificate(der);
    if (!parsed.ok) return parsed;
    chain.push(parsed.value);
  }
  return ok(chain);
}
