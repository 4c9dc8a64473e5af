/** One-time transport keys: what a key request carries and a key share is encrypted to. */
import { decodeG1, encodeG1, G1_BASE, multiplySecretG1 } from "./bls.ts";
import { THRESHOLD_DOMAINS } from "./domains.ts";
import { deriveScalar, scalarToBytes } from "./scalar.ts";

export interface TransportKeypair {
  /** Scalar, 32 bytes big-endian. Used for one request and then erased. */
  readonly secret: Uint8Array;
  /** Compressed G₁, 48 bytes. */
  readonly publicKey: Uint8Array;
}

/** @param seed32 fresh random bytes */
export function transportKeypair(seed32: Uint8Array): TransportKeypair {
  const secret = deriveScalar(THRESHOLD_DOMAINS.transportKey, seed32, []);
  return {
    secret: scalarToBytes(secret),
    publicKey: encodeG1(multiplySecretG1(G1_BASE, secret)),
  };
}

/** Is this a canonical point of the right group, and not the identity? */
export function isTransportPublicKey(publicKey: Uint8Array): boolean {
  return decodeG1(publicKey) !== undefined;
}
