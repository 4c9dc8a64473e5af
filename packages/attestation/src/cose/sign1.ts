/**
 * COSE_Sign1 over ECDSA: ES256 with P-256 and ES384 with P-384.
 *
 * The algorithm is named in the protected header and fixes curve and hash; a second one in the unprotected header is
 * refused, as is any header that its reader must understand (`crit`). The payload is inside the message.
 *
 * **Bounds**: those of `decodeCbor`. **Trust**: all of the message is hostile until `verifySign1`.
 *
 * @see RFC 9052 §4.2
 * @see RFC 9053 §2.1
 */
import { concatBytes, fail, ok, type Result, utf8 } from "@pha/scale";
import {
  type CborError,
  type CborMap,
  type CborValue,
  cborHead,
  decodeCbor,
  isCborArray,
  isCborMap,
  isCborTag,
} from "./cbor.ts";

const SIGN1_TAG = 18n;
const LABEL_ALGORITHM = 1n;
const LABEL_CRITICAL = 2n;

export type CoseAlgorithm = "ES256" | "ES384";

const ALGORITHMS: ReadonlyMap<bigint, CoseAlgorithm> = new Map([
  [-7n, "ES256"],
  [-35n, "ES384"],
]);
const SIGNATURE_BYTES: Readonly<Record<CoseAlgorithm, number>> = { ES256: 64, ES384: 96 };

export interface Sign1 {
  readonly algorithm: CoseAlgorithm;
  /** Protected header, decoded. */
  readonly header: CborMap;
  readonly unprotected: CborMap;
  readonly payload: Uint8Array;
  /** Bytes that are signed. */
  readonly signed: Uint8Array;
  /** `r ‖ s`, big-endian, 64 or 96 bytes. */
  readonly signature: Uint8Array;
}

export type Sign1Error =
  | CborError
  | { readonly code: "cose/malformed"; readonly part: Sign1Part }
  | { readonly code: "cose/unsupported-algorithm"; readonly algorithm: bigint | undefined };

export type Sign1Part = "structure" | "protected" | "unprotected" | "signature";

/** Reads a message, with or without its tag. */
export function parseSign1(bytes: Uint8Array): Result<Sign1, Sign1Error> {
  const decoded = decodeCbor(bytes);
  return decoded.ok ? sign1Of(decoded.value) : decoded;
}

/** Reads a message that stands inside a larger item. */
export function sign1Of(value: CborValue): Result<Sign1, Sign1Error> {
  const message = isCborTag(value) && value.tag === SIGN1_TAG ? value.content : value;
  if (!isCborArray(message) || message.length !== 4) return malformed("structure");
  const [protectedBytes, unprotected, payload, signature] = message;
  if (!(protectedBytes instanceof Uint8Array) || !(payload instanceof Uint8Array))
    return malformed("structure");
  if (
    !isCborMap(unprotected) ||
    unprotected.has(LABEL_ALGORITHM) ||
    unprotected.has(LABEL_CRITICAL)
  )
    return malformed("unprotected");
  const decoded = decodeCbor(protectedBytes);
  if (!decoded.ok) return decoded;
  const header = decoded.value;
  if (!isCborMap(header) || header.has(LABEL_CRITICAL)) return malformed("protected");
  for (const label of header.keys()) if (unprotected.has(label)) return malformed("unprotected");
  const named = header.get(LABEL_ALGORITHM);
  const algorithm = typeof named === "bigint" ? ALGORITHMS.get(named) : undefined;
  if (algorithm === undefined)
    return fail({
      code: "cose/unsupported-algorithm",
      algorithm: typeof named === "bigint" ? named : undefined,
    });
  if (!(signature instanceof Uint8Array) || signature.length !== SIGNATURE_BYTES[algorithm])
    return malformed("signature");
  const signed = signedBytes(protectedBytes, payload);
  return ok({ algorithm, header, unprotected, payload, signed, signature });
}

function malformed(part: Sign1Part): Result<never, Sign1Error> {
  return fail({ code: "cose/malformed", part });
}

/** `Sig_structure` without external data. */
function signedBytes(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  const context = utf8("Signature1");
  return concatBytes(
    cborHead(4, 4),
    cborHead(3, context.length),
    context,
    cborHead(2, protectedBytes.length),
    protectedBytes,
    cborHead(2, 0),
    cborHead(2, payload.length),
    payload,
  );
}
