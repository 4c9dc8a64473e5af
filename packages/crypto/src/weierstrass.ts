/**
 * ECDSA of hardware vendors over P-256 and P-384, for keys and signatures as raw coordinates and integers.
 *
 * What a public key and a signature are is decided here, before a half sees them, so that the halves have nothing left to
 * differ on: the key is a point of the curve in affine coordinates, `r` and `s` are between 1 and the order. High `s` is
 * accepted, as the standard and every vendor do. Encodings (DER) are read by the callers.
 *
 * @see FIPS 186-5 §6.4
 */
import { backend } from "#backend";
import { bigEndian } from "./big-endian.ts";

export type EcdsaCurve = "P-256" | "P-384";
/** Hash that a vendor's signature is over. */
export type DigestName = "SHA-256" | "SHA-384" | "SHA-512";

interface CurveFacts {
  /** Of a coordinate and of a scalar. */
  readonly bytes: number;
  readonly p: bigint;
  readonly b: bigint;
  readonly order: bigint;
}

const CURVES: Readonly<Record<EcdsaCurve, CurveFacts>> = {
  "P-256": {
    bytes: 32,
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  "P-384": {
    bytes: 48,
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
};

const DIGEST_BITS: Readonly<Record<DigestName, number>> = {
  "SHA-256": 256,
  "SHA-384": 384,
  "SHA-512": 512,
};

export interface EcdsaSignedMessage {
  readonly curve: EcdsaCurve;
  readonly digest: DigestName;
  /** `x ‖ y`: 64 or 96 bytes. */
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  /** `r ‖ s`: 64 or 96 bytes. */
  readonly signature: Uint8Array;
}

/** `false` for anything of another length, off the curve or out of range, too. */
export function ecdsaVerify(signed: EcdsaSignedMessage): boolean {
  const { curve, digest, publicKey, message, signature } = signed;
  const { bytes, order } = CURVES[curve];
  if (signature.length !== 2 * bytes || !isEcdsaPublicKey(curve, publicKey)) return false;
  if (!isScalar(signature.subarray(0, bytes), order)) return false;
  if (!isScalar(signature.subarray(bytes), order)) return false;
  const verify = curve === "P-256" ? backend.p256Verify : backend.p384Verify;
  return verify(publicKey, message, signature, DIGEST_BITS[digest]);
}

/** Whether `x ‖ y` is a point of the curve with both coordinates reduced; neither curve has small subgroups. */
export function isEcdsaPublicKey(curve: EcdsaCurve, publicKey: Uint8Array): boolean {
  const { bytes, p, b } = CURVES[curve];
  if (publicKey.length !== 2 * bytes) return false;
  const x = bigEndian(publicKey.subarray(0, bytes));
  const y = bigEndian(publicKey.subarray(bytes));
  return x < p && y < p && (y * y - (x * x - 3n) * x - b) % p === 0n;
}

function isScalar(bytes: Uint8Array, order: bigint): boolean {
  const value = bigEndian(bytes);
  return value > 0n && value < order;
}
