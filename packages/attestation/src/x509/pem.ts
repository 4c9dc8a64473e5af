/** Certificates as text: PEM, strictly, and base64 without slack. */
import { fail, ok, type Result, utf8ToText } from "@pha/scale";
import { type Certificate, type CertificateUnparsable, parseCertificate } from "./certificate.ts";
import { MAX_CHAIN } from "./chain.ts";

/** Longest text of a chain. */
export const MAX_PEM_BYTES = 32 << 10;

const BLOCK =
  /^-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----(?:\r?\n)*/;

/**
 * Certificates of a text that is nothing but blocks, one behind the other, at most `MAX_CHAIN` and the root.
 *
 * One zero byte may end it, as it does in quotes.
 */
export function parsePemChain(
  text: Uint8Array,
): Result<readonly Certificate[], CertificateUnparsable> {
  const code = "attestation/certificate-unparsable";
  const unparsable = (reason: string, offset: number) => fail({ code, reason, offset });
  if (text.length > MAX_PEM_BYTES) return unparsable("too long", MAX_PEM_BYTES);
  const end = text.at(-1) === 0 ? text.length - 1 : text.length;
  const whole = utf8ToText(text.subarray(0, end));
  if (whole === undefined) return unparsable("no text", 0);
  const certificates: Certificate[] = [];
  for (let at = 0; at < whole.length; ) {
    if (certificates.length > MAX_CHAIN) return unparsable("too many certificates", at);
    const block = BLOCK.exec(whole.slice(at));
    const der = block === null ? undefined : parseBase64((block[1] ?? "").replaceAll(/\r?\n/g, ""));
    if (block === null || der === undefined) return unparsable("no certificate block", at);
    const certificate = parseCertificate(der);
    if (!certificate.ok) return certificate;
    certificates.push(certificate.value);
    at += block[0].length;
  }
  return certificates.length === 0 ? unparsable("no certificate", 0) : ok(certificates);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter.charCodeAt(0), value]));

/** Bytes of padded base64; `undefined` for other letters, wrong padding, and bits that no byte takes. */
export function parseBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  let bits = 0;
  let value = 0;
  let at = 0;
  for (let i = 0; i < text.length - padding; i++) {
    const digit = VALUES.get(text.charCodeAt(i));
    if (digit === undefined) return undefined;
    value = ((value << 6) | digit) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = value >> bits;
  }
  return (value & ((1 << bits) - 1)) === 0 ? out : undefined;
}
