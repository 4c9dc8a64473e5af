/** Certificates and revocation lists of authorities that exist in a test only. */
import { createECDH, createHash, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { concatBytes, plainBytes, utf8 } from "@pha/scale";
import {
  bits,
  element,
  explicit,
  name,
  nothing,
  octets,
  oid,
  sequence,
  time,
  truth,
  unsigned,
} from "../x509/der-writer.ts";

/** 2023-11-14T22:13:20Z, inside the validity of everything that is made here unless a test says otherwise. */
export const NOW = 1_700_000_000_000n;
export const DAY = 86_400_000n;

export interface Signer {
  /** DER of SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Uint8Array;
  /** `x ‖ y` of a key on a curve. */
  readonly publicKey: Uint8Array;
  /** DER of the algorithm. */
  readonly algorithm: Uint8Array;
  /** As certificates hold it. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** `r ‖ s`. */
  readonly signRaw: (message: Uint8Array) => Uint8Array;
}

const CURVES = {
  "P-256": { openssl: "prime256v1", oid: "1.2.840.10045.3.1.7" },
  "P-384": { openssl: "secp384r1", oid: "1.3.132.0.34" },
} as const;
const ECDSA_WITH = {
  sha256: "1.2.840.10045.4.3.2",
  sha384: "1.2.840.10045.4.3.3",
  sha512: "1.2.840.10045.4.3.4",
} as const;

/** The same key for the same text. */
export function ecSigner(
  seed: string,
  curve: keyof typeof CURVES = "P-256",
  digest: keyof typeof ECDSA_WITH = "sha256",
): Signer {
  const ecdh = createECDH(CURVES[curve].openssl);
  ecdh.setPrivateKey(
    createHash(curve === "P-256" ? "sha256" : "sha384")
      .update(seed)
      .digest(),
  );
  const point = plainBytes(ecdh.getPublicKey());
  const size = (point.length - 1) / 2;
  const url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  const key = createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: curve,
      d: url(ecdh.getPrivateKey()),
      x: url(point.subarray(1, 1 + size)),
      y: url(point.subarray(1 + size)),
    },
  });
  return {
    publicKeyInfo: sequence(
      sequence(oid("1.2.840.10045.2.1"), oid(CURVES[curve].oid)),
      bits(point),
    ),
    publicKey: point.subarray(1),
    algorithm: sequence(oid(ECDSA_WITH[digest])),
    sign: (message) => plainBytes(sign(digest, message, key)),
    signRaw: (message) => plainBytes(sign(digest, message, { key, dsaEncoding: "ieee-p1363" })),
  };
}

/** PKCS#1 v1.5 with SHA-256. */
export function rsaSigner(key: KeyObject, publicKeyInfo: Uint8Array): Signer {
  const signIt = (message: Uint8Array): Uint8Array => plainBytes(sign("sha256", message, key));
  return {
    publicKeyInfo,
    publicKey: publicKeyInfo,
    algorithm: sequence(oid("1.2.840.113549.1.1.11"), nothing()),
    sign: signIt,
    signRaw: signIt,
  };
}

export interface ExtensionInput {
  readonly oid: string;
  readonly isCritical?: boolean;
  readonly value: Uint8Array;
}

export interface CertificateInput {
  readonly subject: string;
  readonly subjectKey: Signer;
  readonly issuer: string;
  readonly issuerKey: Signer;
  readonly serial?: number;
  readonly notBefore?: bigint;
  readonly notAfter?: bigint;
  /** Default: no authority. `false`: the extension is absent. */
  readonly authority?: { readonly maxPathLength?: number } | false;
  /** Bits from the first; default by `authority`. `false`: the extension is absent. */
  readonly keyUsage?: number | false;
  readonly extensions?: readonly ExtensionInput[];
}

/** DER. */
export function makeCertificate(input: CertificateInput): Uint8Array {
  const { subject, subjectKey, issuer, issuerKey, authority, keyUsage } = input;
  const length = authority ? authority.maxPathLength : undefined;
  const constraints = sequence(
    ...(authority ? [truth(true)] : []),
    ...(length === undefined ? [] : [unsigned(length)]),
  );
  const usage = keyUsage ?? (authority ? 0x06 : 0xc0);
  const unused = usage === false || usage === 0 ? 0 : 31 - Math.clz32(usage & -usage);
  const extensions: readonly ExtensionInput[] = [
    ...(authority === false ? [] : [{ oid: "2.5.29.19", isCritical: true, value: constraints }]),
    ...(usage === false
      ? []
      : [{ oid: "2.5.29.15", isCritical: true, value: element(3, Uint8Array.of(unused, usage)) }]),
    ...(input.extensions ?? []),
  ];
  const body = sequence(
    explicit(0, unsigned(2)),
    unsigned(input.serial ?? 1),
    issuerKey.algorithm,
    name(issuer),
    sequence(time(input.notBefore ?? NOW - 365n * DAY), time(input.notAfter ?? NOW + 365n * DAY)),
    name(subject),
    subjectKey.publicKeyInfo,
    ...(extensions.length === 0 ? [] : [explicit(3, sequence(...extensions.map(extensionOf)))]),
  );
  return signed(body, issuerKey);
}

export interface CrlInput {
  readonly issuer: string;
  readonly issuerKey: Signer;
  readonly thisUpdate?: bigint;
  readonly nextUpdate?: bigint;
  readonly revoked?: readonly number[];
  readonly extensions?: readonly ExtensionInput[];
}

/** DER. */
export function makeCrl(input: CrlInput): Uint8Array {
  const { issuer, issuerKey, revoked = [] } = input;
  const entries = revoked.map((serial) => sequence(unsigned(serial), time(NOW - 10n * DAY)));
  const extensions = [{ oid: "2.5.29.20", value: unsigned(1) }, ...(input.extensions ?? [])];
  const body = sequence(
    unsigned(1),
    issuerKey.algorithm,
    name(issuer),
    time(input.thisUpdate ?? NOW - 10n * DAY),
    time(input.nextUpdate ?? NOW + 10n * DAY),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    explicit(0, sequence(...extensions.map(extensionOf))),
  );
  return signed(body, issuerKey);
}

function extensionOf({ oid: type, isCritical, value }: ExtensionInput): Uint8Array {
  return sequence(oid(type), ...(isCritical === true ? [truth(true)] : []), octets(value));
}

export function signed(body: Uint8Array, key: Signer): Uint8Array {
  return sequence(body, key.algorithm, bits(key.sign(body)));
}

/** Certificates as text, one behind the other. */
export function pem(...certificates: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    ...certificates.map((der) => {
      const lines =
        Buffer.from(der)
          .toString("base64")
          .match(/.{1,64}/g) ?? [];
      return utf8(`-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`);
    }),
  );
}
