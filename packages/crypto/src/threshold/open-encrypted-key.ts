/**
 * Opening a combined encrypted key with the transport secret.
 *
 * **Trust**: the ciphertext is hostile until the opened key has verified against `R_g`; a worker needs to trust no
 * single gatekeeper.
 */
import { fail, ok, type Result } from "@pha/scale";
import {
  addG1,
  decodeG1,
  decodeG2,
  encodeG1,
  G1_BASE,
  G2_BASE,
  isZero,
  multiplyPublicG1,
  multiplySecretG1,
  negateG1,
  pairingProductIsOne,
  subtractG1,
} from "./bls.ts";
import { THRESHOLD_DOMAINS } from "./domains.ts";
import { decodeEncryptedKey, type EncryptedKeyShare } from "./encrypted-key-share.ts";
import { challengeScalar, secretScalar } from "./scalar.ts";
import { identityPoint } from "./vetkd-hash.ts";

export interface OpenEncryptedKeyInput {
  readonly encrypted: EncryptedKeyShare;
  /** Scalar, 32 bytes. */
  readonly transportSecret: Uint8Array;
  readonly rootPublicKey: Uint8Array;
  readonly identity: Uint8Array;
}

export type OpenKeyError =
  | { readonly code: "vetkd/bad-root-key" }
  | { readonly code: "vetkd/bad-point" }
  | { readonly code: "vetkd/wrong-key" };

/** σ = s_g·H₁(R_g ‖ identity), compressed (48 bytes); key material for HKDF, never a key by itself. */
export function openEncryptedKey(input: OpenEncryptedKeyInput): Result<Uint8Array, OpenKeyError> {
  const root = decodeG2(input.rootPublicKey);
  if (root === undefined) return fail({ code: "vetkd/bad-root-key" });
  const points = decodeEncryptedKey(input.encrypted);
  if (points === undefined) return fail({ code: "vetkd/bad-point" });
  const { c1, c2, c3 } = input.encrypted;
  const mask = multiplySecretG1(points.c1, secretScalar(input.transportSecret));
  const sigma = subtractG1(points.c3, mask);
  if (isZero(sigma)) return fail({ code: "vetkd/wrong-key" });
  const encoded = encodeG1(sigma);
  // e(σ, G₂) = e(H, R) and e(c1, G₂) = e(G₁, c2), folded. σ is hashed so that the coefficient cannot be foreseen.
  const fold = challengeScalar(THRESHOLD_DOMAINS.fold, [
    c1,
    c2,
    c3,
    encoded,
    input.rootPublicKey,
    input.identity,
  ]);
  const genuine = pairingProductIsOne([
    [addG1(multiplyPublicG1(points.c1, fold), sigma), G2_BASE],
    [negateG1(multiplyPublicG1(G1_BASE, fold)), points.c2],
    [negateG1(identityPoint(input.rootPublicKey, input.identity)), root],
  ]);
  return genuine ? ok(encoded) : fail({ code: "vetkd/wrong-key" });
}

export interface VerifyVetKeyInput {
  readonly vetKey: Uint8Array;
  readonly rootPublicKey: Uint8Array;
  readonly identity: Uint8Array;
}

/** Is σ the key of this identity under this root? */
export function verifyVetKey(input: VerifyVetKeyInput): boolean {
  const root = decodeG2(input.rootPublicKey);
  const sigma = decodeG1(input.vetKey);
  if (root === undefined || sigma === undefined) return false;
  return pairingProductIsOne([
    [sigma, G2_BASE],
    [negateG1(identityPoint(input.rootPublicKey, input.identity)), root],
  ]);
}
