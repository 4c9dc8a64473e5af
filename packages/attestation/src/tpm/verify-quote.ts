/**
 * Verification of TPM 2.0 quotes: signature of the attestation key, and registers that hash to the signed digest.
 *
 * **Trust**: a quote is worth what its attestation key is worth; who vouches for the key is the caller's matter
 * (`verify-azure.ts`, or an endorsement store). Registers outside the quote's selection are not vouched for and not part of
 * the facts. Quotes have no time: freshness is `extraData`.
 */
import {
  type EcdsaCurve,
  ecdsaVerify,
  type RsaPublicKey,
  rsaVerify,
  sha256,
  sha384,
  sha512,
} from "@pha/crypto";
import { concatBytes, equalBytes, fail, ok, type Result } from "@pha/scale";
import {
  parseTpmQuote,
  parseTpmSignature,
  type TpmHash,
  type TpmParseError,
  type TpmQuote,
  type TpmSignature,
} from "./parse-quote.ts";

export type TpmKey =
  | { readonly type: "RSA"; readonly key: RsaPublicKey }
  | {
      readonly type: "EC";
      readonly curve: EcdsaCurve;
      /** `x ‖ y`. */
      readonly publicKey: Uint8Array;
    };

/** Values of registers by bank and index. */
export type PcrBanks = Readonly<Partial<Record<TpmHash, ReadonlyMap<number, Uint8Array>>>>;

export interface TpmQuoteEvidence {
  /** `TPMS_ATTEST`. */
  readonly message: Uint8Array;
  /** `TPMT_SIGNATURE`; or the bare number, which is then RSASSA with SHA-256. */
  readonly signature: { readonly form: "structure" | "bare-rsa"; readonly bytes: Uint8Array };
  readonly pcrs: PcrBanks;
}

export interface TpmFacts extends TpmQuote {
  /** Registers that the quote covers. */
  readonly pcrs: PcrBanks;
}

export type TpmError =
  | TpmParseError
  | { readonly code: "tpm/bad-signature" }
  /** A register of the selection is missing, or of another length than its bank. */
  | { readonly code: "tpm/missing-register"; readonly bank: TpmHash; readonly index: number }
  | { readonly code: "tpm/other-registers" };

const HASH_OF: Readonly<Record<TpmHash, (data: Uint8Array) => Uint8Array>> = {
  "SHA-256": sha256,
  "SHA-384": sha384,
  "SHA-512": sha512,
};
const HASH_BYTES: Readonly<Record<TpmHash, number>> = {
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
};

export function verifyTpmQuote(
  evidence: TpmQuoteEvidence,
  attestationKey: TpmKey,
): Result<TpmFacts, TpmError> {
  const parsed = parseTpmQuote(evidence.message);
  if (!parsed.ok) return parsed;
  const quote = parsed.value;
  const { form, bytes } = evidence.signature;
  const signature: Result<TpmSignature, TpmParseError> =
    form === "structure"
      ? parseTpmSignature(bytes)
      : ok({ scheme: "RSASSA", hash: "SHA-256", signature: bytes });
  if (!signature.ok) return signature;
  if (!isSignedBy(attestationKey, evidence.message, signature.value))
    return fail({ code: "tpm/bad-signature" });
  const covered = coveredRegisters(quote, evidence.pcrs);
  if (!covered.ok) return covered;
  const { banks, concatenated } = covered.value;
  const digest = HASH_OF[signature.value.hash](concatenated);
  if (!equalBytes(digest, quote.pcrDigest)) return fail({ code: "tpm/other-registers" });
  return ok({ ...quote, pcrs: banks });
}

function isSignedBy(key: TpmKey, message: Uint8Array, signature: TpmSignature): boolean {
  const digest = signature.hash;
  if (key.type === "RSA")
    return (
      signature.scheme === "RSASSA" &&
      rsaVerify({
        publicKey: key.key,
        padding: "pkcs1",
        digest,
        message,
        signature: signature.signature,
      })
    );
  if (signature.scheme !== "ECDSA") return false;
  const { curve, publicKey } = key;
  const bytes = publicKey.length / 2;
  const { r, s } = signature;
  if (r.length > bytes || s.length > bytes) return false;
  const fixed = new Uint8Array(2 * bytes);
  fixed.set(r, bytes - r.length);
  fixed.set(s, 2 * bytes - s.length);
  return ecdsaVerify({ curve, digest, publicKey, message, signature: fixed });
}

function coveredRegisters(
  quote: TpmQuote,
  given: PcrBanks,
): Result<{ readonly banks: PcrBanks; readonly concatenated: Uint8Array }, TpmError> {
  const banks: Partial<Record<TpmHash, ReadonlyMap<number, Uint8Array>>> = {};
  const values: Uint8Array[] = [];
  for (const { bank, indexes } of quote.selections) {
    const covered = new Map<number, Uint8Array>();
    for (const index of indexes) {
      const value = given[bank]?.get(index);
      if (value?.length !== HASH_BYTES[bank])
        return fail({ code: "tpm/missing-register", bank, index });
      covered.set(index, value);
      values.push(value);
    }
    banks[bank] = covered;
  }
  return ok({ banks, concatenated: concatBytes(...values) });
}
