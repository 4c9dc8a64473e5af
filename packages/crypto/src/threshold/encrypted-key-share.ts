/**
 * One gatekeeper's share of a derived key, encrypted to a transport key and checkable by anyone.
 *
 * `(c1, c2, c3) = (r·G₁, r·G₂, r·tpk + sᵢ·H)`: ElGamal in G₁ with the same nonce also in G₂, so that pairings can
 * check the content without opening it. The same form, combined from t shares, carries the whole key.
 *
 * **Bounds**: three points, 192 bytes.
 * **Trust**: everything but `share` and `entropy32` may be chosen by an attacker.
 */
import { type Codec, fail, fixedBytes, ok, type Result, struct } from "@pha/scale";
import {
  addG1,
  decodeG1,
  decodeG2,
  encodeG1,
  encodeG2,
  G1_BASE,
  G1_BYTES,
  type G1Point,
  G2_BASE,
  G2_BYTES,
  type G2Point,
  multiplyBlindedG1,
  multiplyPublicG1,
  multiplySecretG1,
  multiplySecretG2,
  negateG1,
  pairingProductIsOne,
} from "./bls.ts";
import { THRESHOLD_DOMAINS } from "./domains.ts";
import { challengeScalar, deriveScalar, secretScalar } from "./scalar.ts";
import { identityPoint } from "./vetkd-hash.ts";

export interface EncryptedKeyShare {
  /** `r·G₁`, 48 bytes. */
  readonly c1: Uint8Array;
  /** `r·G₂`, 96 bytes. */
  readonly c2: Uint8Array;
  /** `r·tpk + sᵢ·H`, 48 bytes. */
  readonly c3: Uint8Array;
}

/** c1 ‖ c2 ‖ c3, the layout of the vetKD oracle too; decoding checks sizes, `verifyEncryptedKeyShare` the points. */
export const EncryptedKeyShareCodec: Codec<EncryptedKeyShare> = struct(
  { c1: fixedBytes(G1_BYTES), c2: fixedBytes(G2_BYTES), c3: fixedBytes(G1_BYTES) },
  { path: ["pha_crypto", "threshold", "EncryptedKeyShare"] },
);

export interface EncryptKeyShareInput {
  /** Secret share sᵢ, 32 bytes. */
  readonly share: Uint8Array;
  readonly rootPublicKey: Uint8Array;
  readonly identity: Uint8Array;
  readonly transportPublicKey: Uint8Array;
  /** 32 fresh random bytes; the nonce also depends on share, recipient and identity. */
  readonly entropy32: Uint8Array;
}

export type TransportKeyError = { readonly code: "vetkd/bad-transport-key" };

/** Fails only when the transport key is no canonical point of G₁. */
export function encryptKeyShare(
  input: EncryptKeyShareInput,
): Result<EncryptedKeyShare, TransportKeyError> {
  const transport = decodeG1(input.transportPublicKey);
  if (transport === undefined) return fail({ code: "vetkd/bad-transport-key" });
  const share = secretScalar(input.share);
  const seed = new Uint8Array([...input.entropy32, ...input.share]);
  const bound = [input.rootPublicKey, input.identity, input.transportPublicKey];
  const nonce = deriveScalar(THRESHOLD_DOMAINS.shareNonce, seed, bound);
  const blind = deriveScalar(THRESHOLD_DOMAINS.shareBlind, seed, bound);
  seed.fill(0);
  const signature = multiplyBlindedG1(
    identityPoint(input.rootPublicKey, input.identity),
    share,
    blind,
  );
  return ok({
    c1: encodeG1(multiplySecretG1(G1_BASE, nonce)),
    c2: encodeG2(multiplySecretG2(G2_BASE, nonce)),
    c3: encodeG1(addG1(multiplySecretG1(transport, nonce), signature)),
  });
}

export interface VerifyEncryptedKeyShareInput {
  readonly share: EncryptedKeyShare;
  /** `sᵢ·G₂` of the seat it is said to come from, 96 bytes. */
  readonly sharePublicKey: Uint8Array;
  readonly rootPublicKey: Uint8Array;
  readonly identity: Uint8Array;
  readonly transportPublicKey: Uint8Array;
}

/**
 * Does the ciphertext hold this seat's share of this identity, for this transport key?
 *
 * `e(c1, G₂) = e(G₁, c2)` and `e(c3, G₂) = e(tpk, c2) · e(H, sᵢ·G₂)`, folded with a hashed coefficient into one
 * product of three pairings.
 */
export function verifyEncryptedKeyShare(input: VerifyEncryptedKeyShareInput): boolean {
  const share = decodeEncryptedKey(input.share);
  const transport = decodeG1(input.transportPublicKey);
  const sharePublic = decodeG2(input.sharePublicKey);
  if (share === undefined || transport === undefined || sharePublic === undefined) return false;
  const fold = challengeScalar(THRESHOLD_DOMAINS.fold, [
    input.share.c1,
    input.share.c2,
    input.share.c3,
    input.sharePublicKey,
    input.rootPublicKey,
    input.identity,
    input.transportPublicKey,
  ]);
  return pairingProductIsOne([
    [addG1(multiplyPublicG1(share.c1, fold), share.c3), G2_BASE],
    [negateG1(addG1(multiplyPublicG1(G1_BASE, fold), transport)), share.c2],
    [negateG1(identityPoint(input.rootPublicKey, input.identity)), sharePublic],
  ]);
}

/** The three points of a ciphertext, or `undefined` when one is not canonical or not in its group. */
export function decodeEncryptedKey(
  share: EncryptedKeyShare,
): { readonly c1: G1Point; readonly c2: G2Point; readonly c3: G1Point } | undefined {
  const c1 = decodeG1(share.c1);
  const c3 = decodeG1(share.c3);
  const c2 = decodeG2(share.c2);
  return c1 === undefined || c2 === undefined || c3 === undefined ? undefined : { c1, c2, c3 };
}
