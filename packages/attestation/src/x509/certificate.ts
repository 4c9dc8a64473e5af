/**
 * X.509 certificates of version 3, read strictly.
 *
 * **Bounds**: `MAX_CERTIFICATE_BYTES`, `MAX_EXTENSIONS`. **Not here**: whether a certificate may be trusted (`chain.ts`).
 *
 * @see RFC 5280 §4.1
 */
import { MAX_CERTIFICATE_BYTES } from "@pha/protocol";
import { equalBytes, fail, ok, type Result, utf8ToText } from "@pha/scale";
import { contextTag, type DerReader, readDer, TAG } from "./der.ts";
import {
  type PublicKey,
  readPublicKey,
  readSignatureAlgorithm,
  type SignatureAlgorithm,
} from "./public-key.ts";
import { parseGeneralizedTime, parseUtcTime } from "./time.ts";

const MAX_EXTENSIONS = 64;
const MAX_SERIAL_BYTES = 20;

const COMMON_NAME = "2.5.4.3";
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";

/** Bits of `keyUsage`. */
export const KEY_USAGE_BIT = {
  digitalSignature: 1 << 0,
  certificateSign: 1 << 5,
  crlSign: 1 << 6,
} as const;

export interface Extension {
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

export interface Certificate {
  /** All of it. */
  readonly raw: Uint8Array;
  /** What is signed. */
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** Magnitude without leading zeros. */
  readonly serial: Uint8Array;
  /** DER of the name, compared as bytes. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Of the subject, where it has exactly one. */
  readonly commonName: string | undefined;
  /** Unix milliseconds; both belong to the time of validity. */
  readonly notBefore: bigint;
  readonly notAfter: bigint;
  readonly publicKey: PublicKey;
  /** DER of SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Uint8Array;
  /** By object identifier. */
  readonly extensions: ReadonlyMap<string, Extension>;
  /** `undefined` where the extension is absent. */
  readonly basicConstraints: BasicConstraints | undefined;
  /** Bits of `KEY_USAGE_BIT`; `undefined` where the extension is absent. */
  readonly keyUsage: number | undefined;
}

export interface BasicConstraints {
  readonly isCa: boolean;
  readonly maxPathLength: number | undefined;
}

export interface CertificateUnparsable {
  readonly code: "attestation/certificate-unparsable";
  readonly reason: string;
  readonly offset: number;
}

export function parseCertificate(bytes: Uint8Array): Result<Certificate, CertificateUnparsable> {
  const code = "attestation/certificate-unparsable";
  if (bytes.length > MAX_CERTIFICATE_BYTES)
    return fail({ code, reason: "too long", offset: MAX_CERTIFICATE_BYTES });
  const read = readDer(bytes, (reader) => readCertificate(reader, bytes));
  return read.ok ? ok(read.value) : fail({ code, ...read.error });
}

function readCertificate(reader: DerReader, raw: Uint8Array): Certificate {
  return reader.sequence((outer) => {
    const signedBytes = peekRaw(outer);
    const { algorithm, ...body } = outer.sequence(readBody);
    const outerAlgorithm = peekRaw(outer);
    const signatureAlgorithm = readSignatureAlgorithm(outer);
    if (!equalBytes(algorithm, outerAlgorithm)) outer.fail("two signature algorithms are named");
    return { raw, signedBytes, signature: outer.bitString(), signatureAlgorithm, ...body };
  });
}

/** Bytes of the next element, which stays to be read. */
function peekRaw(reader: DerReader): Uint8Array {
  return reader.peek().raw;
}

function readBody(body: DerReader) {
  if (body.nested(contextTag(0), (version) => version.unsigned(255)) !== 2)
    body.fail("not of version 3");
  const serial = body.unsignedBytes();
  if (serial.length > MAX_SERIAL_BYTES) body.fail("a serial number is too long");
  const algorithm = body.element(TAG.sequence).raw;
  const issuer = readName(body).raw;
  const { notBefore, notAfter } = body.sequence((validity) => ({
    notBefore: readTime(validity),
    notAfter: readTime(validity),
  }));
  const { raw: subject, commonName } = readName(body);
  const publicKeyInfo = peekRaw(body);
  const publicKey = readPublicKey(body);
  const extensions = body.nested(contextTag(3), readExtensions);
  return {
    algorithm,
    serial,
    issuer,
    subject,
    commonName,
    notBefore,
    notAfter,
    publicKey,
    publicKeyInfo,
    extensions,
    basicConstraints: basicConstraintsOf(body, extensions),
    keyUsage: keyUsageOf(body, extensions),
  };
}

/** UTCTime or GeneralizedTime. */
export function readTime(reader: DerReader): bigint {
  const isUtc = reader.peekTag() === TAG.utcTime;
  const { content } = reader.element(isUtc ? TAG.utcTime : TAG.generalizedTime);
  const text = utf8ToText(content) ?? "";
  const instant = isUtc ? parseUtcTime(text) : parseGeneralizedTime(text);
  return instant ?? reader.fail("a time is malformed");
}

interface Name {
  readonly raw: Uint8Array;
  readonly commonName: string | undefined;
}

/** A distinguished name; only its common name is read. */
export function readName(reader: DerReader): Name {
  const raw = peekRaw(reader);
  const names: (string | undefined)[] = [];
  reader.sequenceOf((parts) =>
    parts.nested(TAG.set, (set) => {
      do {
        set.sequence((attribute) => {
          const type = attribute.oid();
          const { tag, content } = attribute.any();
          const isText = tag === TAG.utf8String || tag === TAG.printableString;
          if (type === COMMON_NAME) names.push(isText ? utf8ToText(content) : undefined);
        });
      } while (!set.isAtEnd);
    }),
  );
  return { raw, commonName: names.length === 1 ? names[0] : undefined };
}

/** By object identifier; none may occur twice. */
export function readExtensions(reader: DerReader): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  reader.sequenceOf((list) =>
    list.sequence((extension) => {
      const oid = extension.oid();
      const isCritical = extension.optional(TAG.boolean, (flag) => flag.boolean());
      if (isCritical === false) extension.fail("a default is written out");
      if (extensions.has(oid)) extension.fail("an extension occurs twice");
      if (extensions.size === MAX_EXTENSIONS) extension.fail("too many extensions");
      extensions.set(oid, { isCritical: isCritical ?? false, value: extension.octetString() });
    }),
  );
  if (extensions.size === 0) reader.fail("no extension in a list of them");
  return extensions;
}

function basicConstraintsOf(
  outer: DerReader,
  extensions: ReadonlyMap<string, Extension>,
): BasicConstraints | undefined {
  const extension = extensions.get(BASIC_CONSTRAINTS);
  if (extension === undefined) return undefined;
  const read = readDer(extension.value, (reader) =>
    reader.sequence((constraints) => ({
      isCa: constraints.optional(TAG.boolean, (flag) => flag.boolean()) ?? false,
      maxPathLength: constraints.optional(TAG.integer, (length) => length.unsigned(255)),
    })),
  );
  if (!read.ok) outer.fail(read.error.reason);
  if (!read.value.isCa && read.value.maxPathLength !== undefined)
    outer.fail("a path length without authority");
  return read.value;
}

function keyUsageOf(
  outer: DerReader,
  extensions: ReadonlyMap<string, Extension>,
): number | undefined {
  const extension = extensions.get(KEY_USAGE);
  if (extension === undefined) return undefined;
  const read = readDer(extension.value, (reader) => reader.namedBits());
  if (!read.ok) outer.fail(read.error.reason);
  return read.value;
}
