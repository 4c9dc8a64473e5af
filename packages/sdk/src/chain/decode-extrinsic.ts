/** Extrinsics v4 read by the chain's own metadata. */
import {
  type Codec,
  compact,
  decode,
  decodeFrom,
  fail,
  fixedBytes,
  ok,
  Reader,
  type Result,
  u32,
} from "@pha/scale";
import type { RuntimeMetadata } from "../metadata/runtime-metadata.ts";

/** Who signed, and with what; absent of inherents and other bare extrinsics. */
export interface ExtrinsicSignature {
  /** 32 bytes. */
  readonly signer: Uint8Array;
  /** Name of a signed extension → what the signer put there. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** What an extrinsic says, by the names of metadata. */
export interface DecodedExtrinsic {
  readonly signature: ExtrinsicSignature | undefined;
  readonly pallet: string;
  readonly call: string;
  readonly args: unknown;
}

export type ExtrinsicError = { readonly code: "extrinsic/malformed" };

const MALFORMED = fail({ code: "extrinsic/malformed" } as const);
const SIGNED = 0x84;
const BARE = 0x04;
const BY_ACCOUNT_ID = 0;
/** Signature bytes by the index of its kind: ed25519, sr25519, ecdsa. */
const SIGNATURES: readonly Codec<Uint8Array>[] = [fixedBytes(64), fixedBytes(64), fixedBytes(65)];

/** @param bytes as blocks hold them, length in front */
export function decodeExtrinsic(
  metadata: RuntimeMetadata,
  bytes: Uint8Array,
): Result<DecodedExtrinsic, ExtrinsicError> {
  const reader = new Reader(bytes);
  const length = decodeFrom(compact(u32), reader);
  if (!length.ok || length.value !== reader.remaining || length.value === 0) return MALFORMED;
  const version = reader.u8();
  let signature: ExtrinsicSignature | undefined;
  if (version === SIGNED) {
    signature = signatureOf(metadata, reader);
    if (signature === undefined) return MALFORMED;
  } else if (version !== BARE) return MALFORMED;
  if (reader.remaining === 0) return MALFORMED;
  const index = reader.u8();
  const pallet = metadata.pallets.find((one) => one.index === index);
  if (pallet?.calls === undefined) return MALFORMED;
  const call = decode(metadata.types.of(pallet.calls), bytes.subarray(reader.offset));
  if (!call.ok) return MALFORMED;
  // A pallet's calls are a variant: its codec gives name and arguments.
  const { type, value } = call.value as { readonly type: string; readonly value: unknown };
  return ok({ signature, pallet: pallet.name, call: type, args: value });
}

function signatureOf(metadata: RuntimeMetadata, reader: Reader): ExtrinsicSignature | undefined {
  if (reader.remaining < 34 || reader.u8() !== BY_ACCOUNT_ID) return undefined;
  const signer = decodeFrom(fixedBytes(32), reader);
  const kind = reader.remaining > 0 ? SIGNATURES[reader.u8()] : undefined;
  if (!signer.ok || kind === undefined || !decodeFrom(kind, reader).ok) return undefined;
  const extensions: Record<string, unknown> = {};
  for (const { identifier, extra } of metadata.signedExtensions) {
    const decoded = decodeFrom(extra, reader);
    if (!decoded.ok) return undefined;
    extensions[identifier] = decoded.value;
  }
  return { signer: signer.value, extensions };
}
