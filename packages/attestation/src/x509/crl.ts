/**
 * Certificate revocation lists of version 2: who signed them, for which time, and which serials they name.
 *
 * A listed serial is revoked whatever date stands beside it.
 *
 * **Bounds**: `MAX_CRL_BYTES`. **Not here**: delta and indirect lists; their critical extensions are refused.
 *
 * @see RFC 5280 §5.1
 */
import { equalBytes, fail, ok, type Result, toHex } from "@pha/scale";
import {
  type Certificate,
  type Extension,
  readExtensions,
  readName,
  readTime,
} from "./certificate.ts";
import { contextTag, type DerReader, readDer, TAG } from "./der.ts";
import {
  type PublicKey,
  readSignatureAlgorithm,
  type SignatureAlgorithm,
  verifySigned,
} from "./public-key.ts";

export const MAX_CRL_BYTES = 1 << 20;

export interface Crl {
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** DER of the name. */
  readonly issuer: Uint8Array;
  /** Unix milliseconds. */
  readonly thisUpdate: bigint;
  readonly nextUpdate: bigint;
  /** Serial numbers as `toHex` of their magnitude. */
  readonly revoked: ReadonlySet<string>;
}

/** Which part of collateral an error is about. */
export type CrlPart = string;

export type CrlError =
  | {
      readonly code: "attestation/crl-unparsable";
      readonly part: CrlPart;
      readonly reason: string;
      readonly offset: number;
    }
  | { readonly code: "attestation/crl-wrong-issuer"; readonly part: CrlPart }
  | { readonly code: "attestation/crl-signature"; readonly part: CrlPart }
  | CollateralTimeError;

export type CollateralTimeError =
  | {
      readonly code: "attestation/collateral-not-yet-valid";
      readonly part: string;
      readonly issuedAt: bigint;
      readonly at: bigint;
    }
  | {
      readonly code: "attestation/collateral-expired";
      readonly part: string;
      readonly nextUpdateAt: bigint;
      readonly at: bigint;
    };

export type Revoked = {
  readonly code: "attestation/certificate-revoked";
  readonly serial: string;
};

export function parseCrl(bytes: Uint8Array, part: CrlPart): Result<Crl, CrlError> {
  const code = "attestation/crl-unparsable";
  if (bytes.length > MAX_CRL_BYTES)
    return fail({ code, part, reason: "too long", offset: MAX_CRL_BYTES });
  const read = readDer(bytes, readCrl);
  return read.ok ? ok(read.value) : fail({ code, part, ...read.error });
}

function readCrl(reader: DerReader): Crl {
  return reader.sequence((outer) => {
    const signedBytes = outer.peek().raw;
    const { algorithm, ...body } = outer.sequence(readBody);
    const outerAlgorithm = outer.peek().raw;
    const signatureAlgorithm = readSignatureAlgorithm(outer);
    if (!equalBytes(algorithm, outerAlgorithm)) outer.fail("two signature algorithms are named");
    return { signedBytes, signature: outer.bitString(), signatureAlgorithm, ...body };
  });
}

function readBody(body: DerReader) {
  if (body.unsigned(255) !== 1) body.fail("not of version 2");
  const algorithm = body.element(TAG.sequence).raw;
  const issuer = readName(body).raw;
  const thisUpdate = readTime(body);
  const nextUpdate = readTime(body);
  const revoked = new Set<string>();
  body.optional(TAG.sequence, (list) =>
    list.sequenceOf((entries) =>
      entries.sequence((entry) => {
        revoked.add(toHex(entry.unsignedBytes()));
        readTime(entry);
        if (!entry.isAtEnd) refuseCritical(entry, readExtensions(entry));
      }),
    ),
  );
  // Present in every list of version 2: the number, and the key of the issuer.
  refuseCritical(body, body.nested(contextTag(0), readExtensions));
  return { algorithm, issuer, thisUpdate, nextUpdate, revoked };
}

function refuseCritical(reader: DerReader, extensions: ReadonlyMap<string, Extension>): void {
  for (const { isCritical } of extensions.values())
    if (isCritical) reader.fail("a critical extension is unknown");
}

/** Whether the list is of this issuer, signed by it, and current. */
export function verifyCrl(
  crl: Crl,
  issuer: { readonly subject: Uint8Array; readonly publicKey: PublicKey },
  at: bigint,
  part: CrlPart,
): Result<Crl, CrlError> {
  if (!equalBytes(crl.issuer, issuer.subject))
    return fail({ code: "attestation/crl-wrong-issuer", part });
  if (!verifySigned(issuer.publicKey, crl.signatureAlgorithm, crl.signedBytes, crl.signature))
    return fail({ code: "attestation/crl-signature", part });
  const untimely = checkUpdateTimes(crl.thisUpdate, crl.nextUpdate, at, part);
  return untimely === undefined ? ok(crl) : fail(untimely);
}

/** `undefined` from `issuedAt` to `nextUpdateAt`, both included. */
export function checkUpdateTimes(
  issuedAt: bigint,
  nextUpdateAt: bigint,
  at: bigint,
  part: string,
): CollateralTimeError | undefined {
  if (at < issuedAt) return { code: "attestation/collateral-not-yet-valid", part, issuedAt, at };
  if (at > nextUpdateAt) return { code: "attestation/collateral-expired", part, nextUpdateAt, at };
  return undefined;
}

/** @param crl verified as the one of the certificate's issuer */
export function checkNotRevoked(crl: Crl, certificate: Certificate): Revoked | undefined {
  const serial = toHex(certificate.serial);
  return crl.revoked.has(serial) ? { code: "attestation/certificate-revoked", serial } : undefined;
}
