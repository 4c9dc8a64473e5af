/**
 * Certificates: an account lets a session key ask queries in its name (protocol §7).
 *
 * The account signs readable text once; the session key (ed25519, never leaves the client) signs every request. So a
 * leaked certificate alone is useless.
 */
import { ed25519Verify, sr25519Verify } from "@pha/crypto";
import {
  boundedStr,
  type CodecType,
  concatBytes,
  equalBytes,
  fail,
  ok,
  option,
  type Result,
  struct,
  toHex,
  u8,
  u32,
  utf8,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { AccountId, Ed25519Key, Hash, Selector, Signature } from "./ids.ts";

const MAX_AUDIENCE = 64;
const MAX_METHODS = 64;

/** What a certificate allows: queries of one contract, all of them or those listed. */
export const Scope = struct({ contract: Hash, methods: option(vec(Selector, MAX_METHODS)) });
export type Scope = CodecType<typeof Scope>;

export const CertificateSignature = variants({
  Ed25519: variant(0, Signature),
  Sr25519: variant(1, Signature),
});

export const Certificate = struct({
  version: u8,
  genesisHash: Hash,
  account: AccountId,
  sessionKey: Ed25519Key,
  /** Last block at which a query is accepted. */
  expiry: u32,
  scopes: vec(Scope, MAX_AUDIENCE),
  /** Words of the application, shown to the person who signs; no line breaks. */
  purpose: boundedStr(128),
  signature: CertificateSignature,
});
export type Certificate = CodecType<typeof Certificate>;

/** Text that the account signs. */
export function certificateText(certificate: Omit<Certificate, "signature">): string {
  const { genesisHash, account, sessionKey, expiry, scopes, purpose, version } = certificate;
  const scopeLines = scopes.map(
    ({ contract, methods }) =>
      `contract ${toHex(contract)}: ${methods === undefined ? "all queries" : methods.map(toHex).join(" ")}`,
  );
  return [
    `pha/v1/certificate ${version}`,
    "Allow a session key to read confidential data in the name of this account.",
    `purpose: ${purpose}`,
    `network: ${toHex(genesisHash)}`,
    `account: ${toHex(account)}`,
    `session key: ${toHex(sessionKey)}`,
    `expires after block: ${expiry}`,
    ...scopeLines,
  ].join("\n");
}

const OPEN = utf8("<Bytes>");
const CLOSE = utf8("</Bytes>");

/** Bytes as wallets sign them: raw, or wrapped as injected wallets do. */
export function certificatePayloads(certificate: Omit<Certificate, "signature">): {
  readonly raw: Uint8Array;
  readonly wrapped: Uint8Array;
} {
  const raw = utf8(certificateText(certificate));
  return { raw, wrapped: concatBytes(OPEN, raw, CLOSE) };
}

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
  const { raw, wrapped } = certificatePayloads(certificate);
  const { account, signature } = certificate;
  const verify = signature.type === "Ed25519" ? ed25519Verify : sr25519Verify;
  return verify(account, raw, signature.value) || verify(account, wrapped, signature.value)
    ? ok(undefined)
    : fail({ code: "certificate/bad-signature" });
}

/** True when the certificate covers this query. */
export function isInScope(
  certificate: Certificate,
  contract: Uint8Array,
  selector: Uint8Array,
): boolean {
  return certificate.scopes.some(
    (scope) =>
      equalBytes(scope.contract, contract) &&
      (scope.methods === undefined ||
        scope.methods.some((allowed) => equalBytes(allowed, selector))),
  );
}
