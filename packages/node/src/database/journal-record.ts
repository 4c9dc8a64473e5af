/**
 * Encoding of journal records: 32-byte head, then the payload.
 *
 * Head: magic (4), payload length (u32), sequence (u64), BLAKE2b-128 of sequence and payload (16). A head names its
 * own sequence, so a record copied from elsewhere does not pass.
 *
 * **Trust**: the file is ours, but the machine may have died at any byte of the last write.
 */
import { blake2b128 } from "@pha/crypto";
import { concatBytes, encode, equalBytes, u32, u64 } from "@pha/scale";

export const HEAD_BYTES = 32;
const MAGIC = 0x4a61_6850;

export interface JournalRecord {
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** What stands at an offset of a segment. */
export type RecordAt =
  | { readonly type: "record"; readonly record: JournalRecord; readonly next: number }
  /** The write that was under way when the machine died: its end is missing. */
  | { readonly type: "torn" }
  | { readonly type: "corrupt"; readonly reason: "bad-magic" | "bad-checksum" | "bad-sequence" };

export function encodeRecord({ sequence, payload }: JournalRecord): Uint8Array {
  return concatBytes(
    encode(u32, MAGIC),
    encode(u32, payload.length),
    encode(u64, BigInt(sequence)),
    checksumOf(sequence, payload),
    payload,
  );
}

export function readRecord(file: Uint8Array, offset: number, sequence: number): RecordAt {
  const left = file.length - offset;
  if (left < HEAD_BYTES) return { type: "torn" };
  const view = new DataView(file.buffer, file.byteOffset + offset, HEAD_BYTES);
  if (view.getUint32(0, true) !== MAGIC)
    return isZero(file, offset) ? { type: "torn" } : { type: "corrupt", reason: "bad-magic" };
  const end = offset + HEAD_BYTES + view.getUint32(4, true);
  if (end > file.length) return { type: "torn" };
  if (view.getBigUint64(8, true) !== BigInt(sequence))
    return { type: "corrupt", reason: "bad-sequence" };
  const payload = file.subarray(offset + HEAD_BYTES, end);
  const checksum = file.subarray(offset + 16, offset + HEAD_BYTES);
  if (!equalBytes(checksum, checksumOf(sequence, payload)))
    return end === file.length ? { type: "torn" } : { type: "corrupt", reason: "bad-checksum" };
  return { type: "record", record: { sequence, payload }, next: end };
}

function checksumOf(sequence: number, payload: Uint8Array): Uint8Array {
  return blake2b128(concatBytes(encode(u64, BigInt(sequence)), payload));
}

/** A file system that lost power may have grown the file without its content. */
function isZero(file: Uint8Array, offset: number): boolean {
  for (let i = offset; i < file.length; i++) if (file[i] !== 0) return false;
  return true;
}
