/**
 * Verification of PSA tokens.
 *
 * **Trust**: the key comes from the verifier's own store of endorsements; a token carries none. Tokens have no time:
 * freshness is the caller's nonce.
 */
import { fail, ok, type Result } from "@pha/scale";
import type { CoseAlgorithm } from "../cose/sign1.ts";
import { type EcdsaKey, verifySign1 } from "./ecdsa-key.ts";
import { type PsaClaims, type PsaParseError, parsePsaToken } from "./parse-psa.ts";

export interface VerifyPsaInput {
  readonly token: Uint8Array;
  /** Initial attestation key of the device, as its maker endorses it. */
  readonly attestationKey: EcdsaKey;
}

export interface PsaFacts extends PsaClaims {
  readonly algorithm: CoseAlgorithm;
}

export type PsaError = PsaParseError | { readonly code: "psa/bad-signature" };

export function verifyPsaToken(input: VerifyPsaInput): Result<PsaFacts, PsaError> {
  const parsed = parsePsaToken(input.token);
  if (!parsed.ok) return parsed;
  const { message, claims } = parsed.value;
  if (!verifySign1(message, input.attestationKey)) return fail({ code: "psa/bad-signature" });
  return ok({ ...claims, algorithm: message.algorithm });
}
