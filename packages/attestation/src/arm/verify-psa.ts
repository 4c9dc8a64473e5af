/**
 * Verification of PSA tokens.
 *
 * **Trust**: the key comes from the verifier's own store of endorsements; a token carries none. Tokens have no time:
 * freshness is the caller's nonce.
 */
import { fail, ok, type Result } from "@pha/scale";
import { type EcdsaKey, verifySign1 } from "./ecdsa-key.ts";
import { type PsaClaims, type PsaParseError, parsePsaToken } from "./parse-psa.ts";

export interface VerifyPsaInput {
  readonly token: Uint8Array;
  /** Initial attestation key of the device, as its maker endorses it. */
  readonly attestationKey: EcdsaKey;
}

export type PsaError = PsaParseError | { readonly code: "psa/bad-signature" };

export function verifyPsaToken(input: VerifyPsaInput): Result<PsaClaims, PsaError> {
  const parsed = parsePsaToken(input.token);
  if (!parsed.ok) return parsed;
  const { message, claims } = parsed.value;
  if (!verifySign1(message, input.attestationKey)) return fail({ code: "psa/bad-signature" });
  return ok(claims);
}
