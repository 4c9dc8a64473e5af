/** secp256k1 in JavaScript: for the web, and for Node where the native binary does not load. */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { concatBytes } from "@pha/scale";
import type { Backend } from "./backend.types.ts";

export type Secp256k1Half = Pick<
  Backend,
  "secp256k1PublicKey" | "secp256k1Sign" | "secp256k1Recover" | "secp256k1Expand"
>;

export const pureSecp256k1: Secp256k1Half = {
  secp256k1PublicKey: (secret) =>
    secp256k1.utils.isValidSecretKey(secret) ? secp256k1.getPublicKey(secret, true) : undefined,
  secp256k1Sign: (digest, secret) => {
    const signature = secp256k1.sign(digest, secret, {
      prehash: false,
      lowS: true,
      format: "recovered",
    });
    return concatBytes(signature.subarray(1), signature.subarray(0, 1));
  },
  secp256k1Recover: (digest, signature, recovery) => {
    try {
      const recoverable = concatBytes(Uint8Array.of(recovery), signature);
      return secp256k1.recoverPublicKey(recoverable, digest, { prehash: false });
    } catch {
      // r or s out of range, or no point with that x
      return undefined;
    }
  },
  secp256k1Expand: (publicKey) => {
    try {
      return secp256k1.Point.fromBytes(publicKey).toBytes(false);
    } catch {
      // not the encoding of a point
      return undefined;
    }
  },
};
