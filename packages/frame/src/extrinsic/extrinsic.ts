/**
 * Extrinsics, version 4: a call, and who signed it with what extra.
 *
 * **Bounds**: at most `MAX_EXTRINSIC_BYTES`; calls nest as the call codec allows. **Trust**: bytes come from anybody;
 * decoding is strict, so the bytes read are the only encoding of what was read and may be hashed as they came.
 */
import { blake2b256 } from "@pha/crypto";
import {
  type Codec,
  concatBytes,
  type DecodeError,
  DecodeFailure,
  encode,
  fail,
  ok,
  Reader,
  type Result,
  Writer,
} from "@pha/scale";
import type { Call } from "../dispatch/call.ts";
import type { AnyExtension } from "./extension.ts";
import { MultiAddress } from "./multi-address.ts";
import { MultiSignature } from "./multi-signature.ts";

export const EXTRINSIC_VERSION = 4;
export const MAX_EXTRINSIC_BYTES = 1 << 20;
const SIGNED_BIT = 0x80;

export interface SignedPart {
  readonly address: MultiAddress;
  readonly signature: MultiSignature;
  /** One value per extension, in their order. */
  readonly extra: readonly unknown[];
  readonly extraBytes: Uint8Array;
  /** Noted by the check of the signature. */
  covered?: CoveredBySignature;
}

/** What the signature was checked on last, so that pool and block do so once. */
export interface CoveredBySignature {
  /** What the extensions implied then: another chain, fork or version implies something else. */
  readonly additional: Uint8Array;
  readonly payload: Uint8Array;
  isGood: boolean;
}

export interface Extrinsic {
  readonly signed: SignedPart | undefined;
  readonly call: Call;
  readonly callBytes: Uint8Array;
  /** Encoded length, the length prefix included. */
  readonly length: number;
}

export type ExtrinsicError =
  | DecodeError
  | { readonly code: "extrinsic/too-long"; readonly length: number }
  | { readonly code: "extrinsic/wrong-version"; readonly version: number };

export interface ExtrinsicFormat {
  readonly call: Codec<Call>;
  readonly extensions: readonly AnyExtension[];
  /** What was read from bytes that are still around: pool, inherents and execution ask for the same ones. */
  readonly known?: WeakMap<Uint8Array, Extrinsic>;
}

/** Reads an extrinsic from all of `bytes`, its compact length first; they must not change afterwards. */
export function decodeExtrinsic(
  format: ExtrinsicFormat,
  bytes: Uint8Array,
): Result<Extrinsic, ExtrinsicError> {
  const known = format.known?.get(bytes);
  if (known) return ok(known);
  if (bytes.length > MAX_EXTRINSIC_BYTES)
    return fail({ code: "extrinsic/too-long", length: bytes.length });
  const reader = new Reader(bytes);
  try {
    if (reader.compact() !== reader.remaining) return malformed("trailing-bytes", reader);
    const version = reader.u8();
    if ((version & ~SIGNED_BIT) !== EXTRINSIC_VERSION)
      return fail({ code: "extrinsic/wrong-version", version });
    const signed = version & SIGNED_BIT ? readSigned(format, reader) : undefined;
    const start = reader.offset;
    const call = format.call.read(reader);
    if (reader.remaining > 0) return malformed("trailing-bytes", reader);
    const read = { signed, call, callBytes: bytes.subarray(start), length: bytes.length };
    format.known?.set(bytes, read);
    return ok(read);
  } catch (error) {
    if (error instanceof DecodeFailure) return malformed(error.reason, reader);
    throw error;
  }
}

function malformed(reason: DecodeError["reason"], reader: Reader): Result<never, DecodeError> {
  return fail({ code: "scale/malformed", reason, offset: reader.offset });
}

function readSigned(format: ExtrinsicFormat, reader: Reader): SignedPart {
  const address = MultiAddress.read(reader);
  const signature = MultiSignature.read(reader);
  const start = reader.offset;
  const extra = format.extensions.map((extension) => extension.extra.read(reader));
  return { address, signature, extra, extraBytes: reader.bytes.subarray(start, reader.offset) };
}

export interface SignatureParts {
  readonly address: MultiAddress;
  readonly signature: MultiSignature;
  readonly extraBytes: Uint8Array;
}

/** Wire form of a call, signed or not. */
export function encodeExtrinsic(callBytes: Uint8Array, signed?: SignatureParts): Uint8Array {
  const writer = new Writer(callBytes.length + 160);
  if (signed) {
    writer.u8(EXTRINSIC_VERSION | SIGNED_BIT);
    MultiAddress.write(writer, signed.address);
    MultiSignature.write(writer, signed.signature);
    writer.raw(signed.extraBytes);
  } else writer.u8(EXTRINSIC_VERSION);
  writer.raw(callBytes);
  const body = writer.finish();
  const prefix = new Writer(8);
  prefix.compact(body.length);
  return concatBytes(prefix.finish(), body);
}

/** What a signer signs: call, extra, additional; hashed when longer than 256 bytes. */
export function signedPayload(
  callBytes: Uint8Array,
  extraBytes: Uint8Array,
  additionalBytes: Uint8Array,
): Uint8Array {
  const payload = concatBytes(callBytes, extraBytes, additionalBytes);
  return payload.length > 256 ? blake2b256(payload) : payload;
}

export function encodeExtra(
  extensions: readonly AnyExtension[],
  values: readonly unknown[],
): Uint8Array {
  return concatBytes(...extensions.map((extension, i) => encode(extension.extra, values[i])));
}
