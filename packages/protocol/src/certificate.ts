/**
 * Certificates: an account lets a session key ask queries in its name (protocol §7).
 *
 * The account signs readable text once, or typed data of the same fields where it is an Ethereum address; the session key
 * (ed25519, never leaves the client) signs every request. So a leaked certificate alone is useless.
 */
import {
  boundedStr,
  type CodecType,
  concatBytes,
  equalBytes,
  fixedBytes,
  option,
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
  /** `r ‖ s ‖ v` over typed data, by the address that the account is made of. */
  Eip712: variant(2, fixedBytes(65)),
});
export type CertificateSignature = CodecType<typeof CertificateSignature>;

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
/** Before it is signed. */
export type UnsignedCertificate = Omit<Certificate, "signature">;

/** First words of what is signed. */
export const CERTIFICATE_NAME = "pha/v1/certificate";
export const CERTIFICATE_STATEMENT =
  "Allow a session key to read confidential data in the name of this account.";

export function queriesOf({ methods }: Scope): string {
  return methods === undefined ? "all queries" : methods.map(toHex).join(" ");
}

/** Text that the account signs. */
export function certificateText(certificate: UnsignedCertificate): string {
  const { genesisHash, account, sessionKey, expiry, scopes, purpose, version } = certificate;
  const scopeLines = scopes.map(
    (scope) => `contract ${toHex(scope.contract)}: ${queriesOf(scope)}`,
  );
  return [
    `${CERTIFICATE_NAME} ${version}`,
    CERTIFICATE_STATEMENT,
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
export function certificatePayloads(certificate: UnsignedCertificate): {
  readonly raw: Uint8Array;
  readonly wrapped: Uint8Array;
} {
  const raw = utf8(certificateText(certificate));
  return { raw, wrapped: concatBytes(OPEN, raw, CLOSE) };
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
