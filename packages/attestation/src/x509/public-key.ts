/** Public keys and signature algorithms of certificates: the few that vendors use, read strictly. */
import {
  type DigestName,
  type EcdsaCurve,
  ecdsaVerify,
  isEcdsaPublicKey,
  isRsaPublicKey,
  type RsaPublicKey,
  rsaVerify,
} from "@pha/crypto";
import { concatBytes } from "@pha/scale";
import { contextTag, type DerReader, readDer, TAG } from "./der.ts";

export type PublicKey =
  /** `bytes` is `x ‖ y`. */
  | { readonly type: "ec"; readonly curve: EcdsaCurve; readonly bytes: Uint8Array }
  | ({ readonly type: "rsa" } & RsaPublicKey)
  /** Of an algorithm that nothing here verifies with; a leaf may carry one. */
  | { readonly type: "other"; readonly oid: string };

export type SignatureAlgorithm =
  | { readonly type: "ecdsa"; readonly digest: DigestName }
  | { readonly type: "rsa"; readonly padding: "pkcs1" | "pss"; readonly digest: DigestName }
  | { readonly type: "other"; readonly oid: string };

const EC_PUBLIC_KEY = "1.2.840.10045.2.1";
const RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
const RSASSA_PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";
const CURVES = new Map<string, EcdsaCurve>([
  ["1.2.840.10045.3.1.7", "P-256"],
  ["1.3.132.0.34", "P-384"],
]);
const DIGESTS = new Map<string, DigestName>([
  ["2.16.840.1.101.3.4.2.1", "SHA-256"],
  ["2.16.840.1.101.3.4.2.2", "SHA-384"],
  ["2.16.840.1.101.3.4.2.3", "SHA-512"],
]);
const ECDSA_WITH = new Map<string, DigestName>([
  ["1.2.840.10045.4.3.2", "SHA-256"],
  ["1.2.840.10045.4.3.3", "SHA-384"],
  ["1.2.840.10045.4.3.4", "SHA-512"],
]);
const RSA_WITH = new Map<string, DigestName>([
  ["1.2.840.113549.1.1.11", "SHA-256"],
  ["1.2.840.113549.1.1.12", "SHA-384"],
  ["1.2.840.113549.1.1.13", "SHA-512"],
]);
const DIGEST_BYTES: Readonly<Record<DigestName, number>> = {
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
};
/** Bytes of a coordinate. */
const COORDINATE_BYTES: Readonly<Record<EcdsaCurve, number>> = { "P-256": 32, "P-384": 48 };

/** SubjectPublicKeyInfo. */
export function readPublicKey(reader: DerReader): PublicKey {
  return reader.sequence((info) => {
    const { oid, curve } = info.sequence((algorithm) => {
      const oid = algorithm.oid();
      if (oid === EC_PUBLIC_KEY) return { oid, curve: CURVES.get(algorithm.oid()) };
      if (oid === RSA_ENCRYPTION) algorithm.null();
      else while (!algorithm.isAtEnd) algorithm.any();
      return { oid, curve: undefined };
    });
    const bits = info.bitString();
    if (oid === RSA_ENCRYPTION) return rsaKeyOf(info, bits);
    if (curve === undefined) return { type: "other", oid };
    const bytes = bits.subarray(1);
    if (bits[0] !== 4 || !isEcdsaPublicKey(curve, bytes))
      info.fail("a public key is no point of its curve");
    return { type: "ec", curve, bytes };
  });
}

function rsaKeyOf(outer: DerReader, bits: Uint8Array): PublicKey {
  const key = readDer(bits, (reader) =>
    reader.sequence((numbers) => ({
      modulus: numbers.unsignedBytes(),
      exponent: numbers.unsigned(0xffff_ffff),
    })),
  );
  if (!key.ok) outer.fail(key.error.reason);
  // A leaf may have a key that nothing here verifies with.
  return isRsaPublicKey(key.value)
    ? { type: "rsa", ...key.value }
    : { type: "other", oid: RSA_ENCRYPTION };
}

/** AlgorithmIdentifier of a signature. */
export function readSignatureAlgorithm(reader: DerReader): SignatureAlgorithm {
  return reader.sequence((algorithm): SignatureAlgorithm => {
    const oid = algorithm.oid();
    const ecdsa = ECDSA_WITH.get(oid);
    if (ecdsa !== undefined) return { type: "ecdsa", digest: ecdsa };
    const rsa = RSA_WITH.get(oid);
    if (rsa !== undefined) {
      algorithm.null();
      return { type: "rsa", padding: "pkcs1", digest: rsa };
    }
    if (oid === RSASSA_PSS) return { type: "rsa", padding: "pss", digest: readPss(algorithm) };
    while (!algorithm.isAtEnd) algorithm.any();
    return { type: "other", oid };
  });
}

/**
 * Parameters of RSASSA-PSS: hash, the same hash for the mask, a salt as long as it.
 *
 * The trailer may be written out although it is the default: AMD's certificates do so.
 */
function readPss(algorithm: DerReader): DigestName {
  return algorithm.sequence((params) => {
    const digest = params.nested(contextTag(0), readDigest);
    const masked = params.nested(contextTag(1), (mask) =>
      mask.sequence((mgf) => (mgf.oid() === MGF1 ? readDigest(mgf) : undefined)),
    );
    const salt = params.nested(contextTag(2), (length) => length.unsigned(64));
    params.optional(contextTag(3), (rest) => {
      if (rest.nested(contextTag(3), (trailer) => trailer.unsigned(255)) !== 1)
        rest.fail("a PSS trailer is not the known one");
    });
    if (masked !== digest || salt !== DIGEST_BYTES[digest])
      params.fail("PSS parameters are not those that vendors use");
    return digest;
  });
}

function readDigest(reader: DerReader): DigestName {
  return reader.sequence((algorithm) => {
    const digest = DIGESTS.get(algorithm.oid());
    if (!algorithm.isAtEnd) algorithm.null();
    return digest ?? algorithm.fail("a digest is unknown");
  });
}

/** Whether `signature`, encoded as certificates do, is one of `message` under `key`. */
export function verifySigned(
  key: PublicKey,
  algorithm: SignatureAlgorithm,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (key.type === "ec" && algorithm.type === "ecdsa") {
    const raw = rawEcdsaSignature(key.curve, signature);
    return (
      raw !== undefined &&
      ecdsaVerify({
        curve: key.curve,
        digest: algorithm.digest,
        publicKey: key.bytes,
        message,
        signature: raw,
      })
    );
  }
  if (key.type === "rsa" && algorithm.type === "rsa")
    return rsaVerify({
      publicKey: key,
      padding: algorithm.padding,
      digest: algorithm.digest,
      message,
      signature,
    });
  return false;
}

/** `r ‖ s` of `SEQUENCE { r, s }`; `undefined` for any other bytes. */
export function rawEcdsaSignature(curve: EcdsaCurve, der: Uint8Array): Uint8Array | undefined {
  const size = COORDINATE_BYTES[curve];
  const read = readDer(der, (reader) =>
    reader.nested(TAG.sequence, (pair) => [pair.unsignedBytes(), pair.unsignedBytes()] as const),
  );
  if (!read.ok) return undefined;
  const [r, s] = read.value;
  if (r.length > size || s.length > size) return undefined;
  return concatBytes(new Uint8Array(size - r.length), r, new Uint8Array(size - s.length), s);
}
