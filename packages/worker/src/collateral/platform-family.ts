/**
 * Which family of Intel's platforms a piece of evidence is of, found without verifying it.
 *
 * A quote carries its platform's certificate as PEM; in it the family stands behind its object identifier
 * (1.2.840.113741.1.13.1.4). Nothing else is read: who lies makes his host ask for another family.
 */
import { equalBytes } from "@pha/scale";

const PEM_START = "-----BEGIN CERTIFICATE-----";
const PEM_END = "-----END CERTIFICATE-----";
/** The identifier, and the head of an octet string of six bytes. */
const FAMILY = Uint8Array.of(
  ...[0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01, 0x04],
  ...[0x04, 0x06],
);
const FAMILY_BYTES = 6;

/** FMSPC; `undefined` of evidence of other vendors. */
export function platformFamily(evidence: Uint8Array): Uint8Array | undefined {
  const text = Buffer.from(evidence).toString("latin1");
  const start = text.indexOf(PEM_START);
  const end = text.indexOf(PEM_END, start);
  if (start === -1 || end === -1) return undefined;
  const der = new Uint8Array(Buffer.from(text.slice(start + PEM_START.length, end), "base64"));
  for (let at = 0; at + FAMILY.length + FAMILY_BYTES <= der.length; at++)
    if (equalBytes(der.subarray(at, at + FAMILY.length), FAMILY))
      return der.slice(at + FAMILY.length, at + FAMILY.length + FAMILY_BYTES);
  return undefined;
}
