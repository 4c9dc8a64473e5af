/**
 * Verification of Arm CCA tokens: platform signed by a key that its maker endorses, realm signed by a key that the
 * platform vouches for by its hash.
 *
 * **Trust**: the platform's key comes from the verifier's own store of endorsements. Tokens have no time: freshness is the
 * realm's challenge.
 */
import { sha256, sha384, sha512 } from "@pha/crypto";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import type { CoseAlgorithm } from "../cose/sign1.ts";
import { type EcdsaKey, parseRealmKey, verifySign1 } from "./ecdsa-key.ts";
import {
  type CcaHashAlgorithm,
  type CcaParseError,
  type CcaPlatformClaims,
  type CcaRealmClaims,
  parseCcaToken,
} from "./parse-cca.ts";

export interface VerifyCcaInput {
  readonly token: Uint8Array;
  /** Attestation key of the platform (CPAK), as its maker endorses it. */
  readonly platformKey: EcdsaKey;
}

export interface CcaFacts {
  readonly platform: CcaPlatformClaims;
  readonly realm: CcaRealmClaims;
  readonly platformAlgorithm: CoseAlgorithm;
  readonly realmAlgorithm: CoseAlgorithm;
}

export type CcaError =
  | CcaParseError
  | { readonly code: "cca/bad-platform-signature" }
  | { readonly code: "cca/bad-realm-key" }
  /** The platform's challenge is not the hash of the realm's key. */
  | { readonly code: "cca/not-bound" }
  | { readonly code: "cca/bad-realm-signature" };

const HASHES: Readonly<Record<CcaHashAlgorithm, (data: Uint8Array) => Uint8Array>> = {
  "sha-256": sha256,
  "sha-384": sha384,
  "sha-512": sha512,
};

export function verifyCcaToken(input: VerifyCcaInput): Result<CcaFacts, CcaError> {
  const parsed = parseCcaToken(input.token);
  if (!parsed.ok) return parsed;
  const { platform, realm } = parsed.value;
  if (!verifySign1(platform.message, input.platformKey))
    return fail({ code: "cca/bad-platform-signature" });
  const { publicKey, publicKeyHashAlgorithm } = realm.claims;
  const digest = HASHES[publicKeyHashAlgorithm](publicKey);
  if (!equalBytes(digest, platform.claims.challenge)) return fail({ code: "cca/not-bound" });
  const realmKey = parseRealmKey(publicKey);
  if (realmKey === undefined) return fail({ code: "cca/bad-realm-key" });
  if (!verifySign1(realm.message, realmKey)) return fail({ code: "cca/bad-realm-signature" });
  return ok({
    platform: platform.claims,
    realm: realm.claims,
    platformAlgorithm: platform.message.algorithm,
    realmAlgorithm: realm.message.algorithm,
  });
}
