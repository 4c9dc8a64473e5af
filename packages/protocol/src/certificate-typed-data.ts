/** Certificates as wallets of Ethereum show and sign them; a page loads this when somebody has such a wallet. */
import { toHex } from "@pha/scale";
import {
  CERTIFICATE_NAME,
  CERTIFICATE_STATEMENT,
  queriesOf,
  type UnsignedCertificate,
} from "./certificate.ts";
import type { TypedData } from "./typed-data.ts";

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
      name: CERTIFICATE_NAME,
      version: String(version),
      salt: toHex(genesisHash),
    },
    message: {
      statement: CERTIFICATE_STATEMENT,
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
