/**
 * Layout of the attestation document of AWS Nitro Enclaves: a COSE_Sign1 message whose payload is a map.
 *
 * **Bounds**: as AWS states them: 32 registers, 1024 bytes for each of the three values of the enclave, and our own of
 * the chain. **Trust**: all fields are claims until `verify.ts` has checked the signature. The payload's maps may be
 * streamed, because the security module of today writes them so.
 *
 * @see AWS Nitro attestation §3
 */
import { fail, ok, type Result } from "@pha/scale";
import { type CborMap, type CborValue, decodeCbor, isCborArray, isCborMap } from "../cose/cbor.ts";
import { parseSign1, type Sign1, type Sign1Error } from "../cose/sign1.ts";

export const NITRO_PCR_COUNT = 32;
export const NITRO_PCR_BYTES = 48;
/** Longest `public_key`, `user_data` and `nonce`. */
export const MAX_NITRO_VALUE_BYTES = 1024;
const MAX_CERTIFICATE_BYTES = 1024;
const MAX_CABUNDLE = 6;
const MAX_MODULE_ID_CHARS = 128;

export interface NitroDocument {
  readonly message: Sign1;
  readonly moduleId: string;
  /** Clock of the security module, Unix milliseconds. */
  readonly timestampMs: bigint;
  /** Index → 48 bytes. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  /** Leaf, DER. */
  readonly certificate: Uint8Array;
  /** DER, the root first, without the leaf. */
  readonly cabundle: readonly Uint8Array[];
  readonly publicKey: Uint8Array | undefined;
  readonly userData: Uint8Array | undefined;
  readonly nonce: Uint8Array | undefined;
}

export type NitroParseError =
  | Sign1Error
  | { readonly code: "nitro/malformed"; readonly field: string };

const FIELDS = new Set([
  "module_id",
  "timestamp",
  "digest",
  "pcrs",
  "certificate",
  "cabundle",
  "public_key",
  "user_data",
  "nonce",
]);

export function parseNitroDocument(bytes: Uint8Array): Result<NitroDocument, NitroParseError> {
  const parsed = parseSign1(bytes);
  if (!parsed.ok) return parsed;
  const message = parsed.value;
  if (message.algorithm !== "ES384" || message.header.size !== 1) return malformed("protected");
  if (message.unprotected.size !== 0) return malformed("unprotected");
  const decoded = decodeCbor(message.payload, { streamed: "allow" });
  if (!decoded.ok) return decoded;
  const payload = decoded.value;
  if (!isCborMap(payload)) return malformed("payload");
  for (const key of payload.keys())
    if (typeof key !== "string" || !FIELDS.has(key)) return malformed("payload");
  const moduleId = payload.get("module_id");
  if (typeof moduleId !== "string" || moduleId === "" || moduleId.length > MAX_MODULE_ID_CHARS)
    return malformed("module_id");
  const timestampMs = payload.get("timestamp");
  if (typeof timestampMs !== "bigint" || timestampMs <= 0n) return malformed("timestamp");
  if (payload.get("digest") !== "SHA384") return malformed("digest");
  const pcrs = pcrsOf(payload.get("pcrs"));
  if (pcrs === undefined) return malformed("pcrs");
  const certificate = payload.get("certificate");
  if (!isCertificate(certificate)) return malformed("certificate");
  const cabundle = payload.get("cabundle");
  if (!isCborArray(cabundle) || cabundle.length === 0 || cabundle.length > MAX_CABUNDLE)
    return malformed("cabundle");
  if (!cabundle.every(isCertificate)) return malformed("cabundle");
  for (const field of ["public_key", "user_data", "nonce"])
    if (!isOptionalValue(payload.get(field))) return malformed(field);
  return ok({
    message,
    moduleId,
    timestampMs,
    pcrs,
    certificate,
    cabundle,
    publicKey: optionalBytes(payload, "public_key"),
    userData: optionalBytes(payload, "user_data"),
    nonce: optionalBytes(payload, "nonce"),
  });
}

function malformed(field: string): Result<never, NitroParseError> {
  return fail({ code: "nitro/malformed", field });
}

function pcrsOf(value: CborValue | undefined): ReadonlyMap<number, Uint8Array> | undefined {
  if (!isCborMap(value) || value.size === 0 || value.size > NITRO_PCR_COUNT) return undefined;
  const pcrs = new Map<number, Uint8Array>();
  for (const [index, digest] of value) {
    if (typeof index !== "bigint" || index < 0n || index >= NITRO_PCR_COUNT) return undefined;
    if (!(digest instanceof Uint8Array) || digest.length !== NITRO_PCR_BYTES) return undefined;
    pcrs.set(Number(index), digest);
  }
  return pcrs;
}

function isCertificate(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length > 0 && value.length <= MAX_CERTIFICATE_BYTES;
}

function isOptionalValue(value: CborValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  return value instanceof Uint8Array && value.length <= MAX_NITRO_VALUE_BYTES;
}

function optionalBytes(payload: CborMap, field: string): Uint8Array | undefined {
  const value = payload.get(field);
  return value instanceof Uint8Array ? value : undefined;
}
