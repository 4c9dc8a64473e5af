/** H₁ of vetKD: identities to points of G₁, bound to the root key. */
import { concatBytes } from "@pha/scale";
import { encodeG1, type G1Point, hashToG1 } from "./bls.ts";

const TAG = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_AUG_";

/** `H₁(R_g ‖ identity)` as a point. */
export function identityPoint(rootPublicKey: Uint8Array, identity: Uint8Array): G1Point {
  return hashToG1(concatBytes(rootPublicKey, identity), TAG);
}

/**
 * `H₁(R_g ‖ identity)`, compressed (48 bytes).
 *
 * The root key in front ("augmented") keeps one identity under two roots apart.
 *
 * @param rootPublicKey compressed G₂, 96 bytes
 */
export function vetkdHashToG1(rootPublicKey: Uint8Array, identity: Uint8Array): Uint8Array {
  return encodeG1(identityPoint(rootPublicKey, identity));
}
