/** Whether a certificate holds: who signed it, for which network, until when. */
import { ed25519Verify, ethereumSigner, sr25519Verify } from "@pha/crypto";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { type Certificate, certificatePayloads } from "./certificate.ts";
import { certificateTypedData } from "./certificate-typed-data.ts";
import { evmAddressOf } from "./evm-account.ts";
import { typedDataHash } from "./typed-data.ts";

export type CertificateError =
  | { readonly code: "certificate/other-network" }
  | { readonly code: "certificate/expired"; readonly expiry: number; readonly blockNumber: number }
  | { readonly code: "certificate/unknown-version"; readonly version: number }
  | { readonly code: "certificate/bad-signature" }
  | { readonly code: "certificate/bad-purpose" };

/** Checks network, expiry and the account's signature; `blockNumber` is the verifier's finalized head. */
export function verifyCertificate(
  certificate: Certificate,
  genesisHash: Uint8Array,
  blockNumber: number,
): Result<undefined, CertificateError> {
  if (certificate.version !== 1)
    return fail({ code: "certificate/unknown-version", version: certificate.version });
  if (!equalBytes(certificate.genesisHash, genesisHash))
    return fail({ code: "certificate/other-network" });
  if (blockNumber > certificate.expiry)
    return fail({ code: "certificate/expired", expiry: certificate.expiry, blockNumber });
  if (/[\r\n]/.test(certificate.purpose)) return fail({ code: "certificate/bad-purpose" });
  return isSigned(certificate) ? ok(undefined) : fail({ code: "certificate/bad-signature" });
}

/** Whether the account signed it, in the form that the signature's kind says. */
function isSigned(certificate: Certificate): boolean {
  const { account, signature } = certificate;
  if (signature.type === "Eip712") {
    const address = evmAddressOf(account);
    if (address === undefined) return false;
    const hash = typedDataHash(certificateTypedData(certificate, address));
    const signer = ethereumSigner(hash, signature.value);
    return signer !== undefined && equalBytes(signer, address);
  }
  const { raw, wrapped } = certificatePayloads(certificate);
  const verify = signature.type === "Ed25519" ? ed25519Verify : sr25519Verify;
  return verify(account, raw, signature.value) || verify(account, wrapped, signature.value);
}
