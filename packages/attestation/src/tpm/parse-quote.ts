/**
 * Layout of a TPM 2.0 quote: `TPMS_ATTEST` of type quote and `TPMT_SIGNATURE`, integers big-endian.
 *
 * **Bounds**: `MAX_ATTEST_BYTES`, four banks of 32 registers. **Trust**: claims until `verify-quote.ts` has checked the
 * signature.
 *
 * @see TPM 2.0 "TPMS_ATTEST", "TPMS_QUOTE_INFO", "TPMT_SIGNATURE"
 */
import { fail, ok, type Result } from "@pha/scale";
import { ByteCursor } from "./byte-cursor.ts";

const MAX_ATTEST_BYTES = 1024;
const MAX_SIGNATURE_BYTES = 1024;
const MAX_BANKS = 4;
const MAX_BITMAP_BYTES = 4;
const MAGIC = 0xff544347;
const TYPE_QUOTE = 0x8018;
const SCHEME_RSASSA = 0x0014;
const SCHEME_ECDSA = 0x0018;

export type TpmHash = "SHA-256" | "SHA-384" | "SHA-512";

const HASHES: ReadonlyMap<number, TpmHash> = new Map([
  [0x000b, "SHA-256"],
  [0x000c, "SHA-384"],
  [0x000d, "SHA-512"],
]);

export interface PcrSelection {
  readonly bank: TpmHash;
  /** Ascending. */
  readonly indexes: readonly number[];
}

export interface TpmQuote {
  /** Name of the signing key and of its parents, as the TPM writes it. */
  readonly qualifiedSigner: Uint8Array;
  /** What the caller bound, up to 64 bytes. */
  readonly extraData: Uint8Array;
  /** Milliseconds that the TPM has been powered. */
  readonly clockMs: bigint;
  /** Starts of the TPM. */
  readonly resetCount: number;
  /** Resumes since the last start. */
  readonly restartCount: number;
  /** No higher clock was ever reported. */
  readonly safe: boolean;
  /** The maker's own number. */
  readonly firmwareVersion: bigint;
  /** In the order that the digest is made in. */
  readonly selections: readonly PcrSelection[];
  readonly pcrDigest: Uint8Array;
}

export type TpmSignature =
  | { readonly scheme: "RSASSA"; readonly hash: TpmHash; readonly signature: Uint8Array }
  | {
      readonly scheme: "ECDSA";
      readonly hash: TpmHash;
      readonly r: Uint8Array;
      readonly s: Uint8Array;
    };

export type TpmParseError =
  | {
      readonly code: "tpm/malformed";
      readonly part: "quote" | "signature";
      readonly offset: number;
    }
  /** The TPM did not make it, or it is no quote. */
  | { readonly code: "tpm/not-a-quote" }
  | { readonly code: "tpm/unsupported-algorithm"; readonly algorithm: number };

/** @param bytes `TPMS_ATTEST` */
export function parseTpmQuote(bytes: Uint8Array): Result<TpmQuote, TpmParseError> {
  const cursor = new ByteCursor(bytes);
  const malformed = () =>
    fail({ code: "tpm/malformed", part: "quote", offset: cursor.at } as const);
  if (bytes.length > MAX_ATTEST_BYTES) return malformed();
  const magic = cursor.u32();
  const type = cursor.u16();
  if (magic === undefined || type === undefined) return malformed();
  if (magic !== MAGIC || type !== TYPE_QUOTE) return fail({ code: "tpm/not-a-quote" });
  const qualifiedSigner = cursor.sized();
  const extraData = cursor.sized();
  const clockMs = cursor.u64();
  const resetCount = cursor.u32();
  const restartCount = cursor.u32();
  const safe = cursor.u8();
  const firmwareVersion = cursor.u64();
  const banks = cursor.u32();
  if (qualifiedSigner === undefined || extraData === undefined || clockMs === undefined)
    return malformed();
  if (resetCount === undefined || restartCount === undefined) return malformed();
  if (firmwareVersion === undefined || (safe !== 0 && safe !== 1)) return malformed();
  if (extraData.length > 64 || banks === undefined || banks > MAX_BANKS) return malformed();
  const selections: PcrSelection[] = [];
  for (let i = 0; i < banks; i++) {
    const algorithm = cursor.u16();
    const bitmap = cursor.take(cursor.u8());
    if (algorithm === undefined || bitmap === undefined) return malformed();
    if (bitmap.length > MAX_BITMAP_BYTES) return malformed();
    const bank = HASHES.get(algorithm);
    if (bank === undefined) return fail({ code: "tpm/unsupported-algorithm", algorithm });
    if (selections.some((other) => other.bank === bank)) return malformed();
    selections.push({ bank, indexes: indexesOf(bitmap) });
  }
  const pcrDigest = cursor.sized();
  if (pcrDigest === undefined || !cursor.isAtEnd) return malformed();
  return ok({
    qualifiedSigner,
    extraData,
    clockMs,
    resetCount,
    restartCount,
    safe: safe === 1,
    firmwareVersion,
    selections,
    pcrDigest,
  });
}

/** @param bytes `TPMT_SIGNATURE` */
export function parseTpmSignature(bytes: Uint8Array): Result<TpmSignature, TpmParseError> {
  const cursor = new ByteCursor(bytes);
  const malformed = () =>
    fail({ code: "tpm/malformed", part: "signature", offset: cursor.at } as const);
  if (bytes.length > MAX_SIGNATURE_BYTES) return malformed();
  const scheme = cursor.u16();
  const algorithm = cursor.u16();
  if (scheme === undefined || algorithm === undefined) return malformed();
  if (scheme !== SCHEME_RSASSA && scheme !== SCHEME_ECDSA)
    return fail({ code: "tpm/unsupported-algorithm", algorithm: scheme });
  const hash = HASHES.get(algorithm);
  if (hash === undefined) return fail({ code: "tpm/unsupported-algorithm", algorithm });
  const first = cursor.sized();
  if (first === undefined) return malformed();
  if (scheme === SCHEME_RSASSA)
    return cursor.isAtEnd ? ok({ scheme: "RSASSA", hash, signature: first }) : malformed();
  const second = cursor.sized();
  if (second === undefined || !cursor.isAtEnd) return malformed();
  return ok({ scheme: "ECDSA", hash, r: first, s: second });
}

function indexesOf(bitmap: Uint8Array): readonly number[] {
  const indexes: number[] = [];
  bitmap.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) indexes.push(8 * at + bit);
  });
  return indexes;
}
