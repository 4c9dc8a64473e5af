/**
 * Certificates: an account lets a session key ask queries in its name (protocol §7).
 *
 * The account signs readable text once, or typed data of the same fields where it is an Ethereum address; the session key
 * (ed25519, never leaves the client) signs every request. So a leaked certificate alone is useless.
 */
import { ed25519Verify, ethereumSigner, sr25519Verify } from "@pha/crypto";
import {
  boundedStr,
  type CodecType,
  concatBytes,
  equalBytes,
  fail,
  fixedBytes,
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
import { evmAddressOf } from "./evm-account.ts";
import { AccountId, Ed25519Key, Hash, Selector, Signature } from "./ids.ts";
import { type TypedData, typedDataHash } from "./typed-data.ts";

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

const NAME = "pha/v1/certificate";
const STATEMENT = "Allow a session key to read confidential data in the name of this account.";

function queriesOf({ methods }: Scope): string {
  return methods === undefined ? "all queries" : methods.map(toHex).join(" ");
}

/** Text that the account signs. */
export function certificateText(certificate: UnsignedCertificate): string {
  const { genesisHash, account, sessionKey, expiry, scopes, purpose, version } = certificate;
  const scopeLines = scopes.map(
    (scope) => `contract ${toHex(scope.contract)}: ${queriesOf(scope)}`,
  );
  return [
    `${NAME} ${version}`,
    STATEMENT,
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

/**
 * The same as {@link certificateText}, for wallets of Ethereum: every field of the certificate is in it, so that what the
 * wallet shows is what is allowed. Network and version are in the domain too, by which the standard keeps applications apart.
 *
 * @param address of which the certificate's account is made
 */
export function certificateTypedData(
  certificate: UnsignedCertificate,
  address: Uint8Array,
): TypedData {
  const { genesisHash, sessionKey, expiry, scopes, purpose, version } = certificate;
  return {
    types: {
      EIP712Domain: [
        { name: "name", type: "string" },
        { name: "version", type: "string" },
        { name: "salt", type: "bytes32" },
      ],
      Certificate: [
        { name: "statement", type: "string" },
        { name: "purpose", type: "string" },
        { name: "network", type: "bytes32" },
        { name: "account", type: "address" },
        { name: "sessionKey", type: "bytes32" },
        { name: "expiresAfterBlock", type: "uint32" },
        { name: "contracts", type: "Scope[]" },
      ],
      Scope: [
        { name: "contract", type: "bytes32" },
        { name: "queries", type: "string" },
      ],
    },
    primaryType: "Certificate",
    domain: {
      name: NAME,
      version: String(version),
      salt: toHex(genesisHash),
    },
    message: {
      statement: STATEMENT,
      purpose,
      network: toHex(genesisHash),
      account: toHex(address),
      sessionKey: toHex(sessionKey),
      expiresAfterBlock: expiry,
      contracts: scopes.map((scope) => ({
        contract: toHex(scope.contract),
        queries: queriesOf(scope),
      })),
    },
  };
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
