import { readDer } from "../x509/der.ts";
import { readPublicKey } from "../x509/public-key.ts";
import type { TpmKey } from "./verify-quote.ts";

/** Key of a SubjectPublicKeyInfo (DER); `undefined` of other bytes and other kinds of key. */
export function parseTpmKey(publicKeyInfo: Uint8Array): TpmKey | undefined {
  const read = readDer(publicKeyInfo, readPublicKey);
  if (!read.ok) return undefined;
  const key = read.value;
  if (key.type === "rsa") return { type: "RSA", key };
  return key.type === "ec" ? { type: "EC", curve: key.curve, publicKey: key.bytes } : undefined;
}
