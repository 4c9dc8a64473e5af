/**
 * One name of what runs, and one of where, whatever the vendor calls them.
 *
 * Vendors measure programs in registers of their own number and size; allow-lists and deny-lists hold 32 bytes. The
 * digests are of the kind and of every value with its length, so no two sets of registers can look alike.
 */
import { blake2b256 } from "@pha/crypto";
import { concatBytes, utf8 } from "@pha/scale";
import { EVIDENCE_KINDS, type EvidenceKind } from "./evidence-kind.ts";

/** Measurement of an `AttestationResult`, 32 bytes. @param registers in the vendor's order */
export function programDigest(kind: EvidenceKind, registers: readonly Uint8Array[]): Uint8Array {
  return digestOf("pha/v1/measurement", kind, registers);
}

/** Signer of an `AttestationResult`, 32 bytes. */
export function signerDigest(kind: EvidenceKind, keys: readonly Uint8Array[]): Uint8Array {
  return digestOf("pha/v1/signer", kind, keys);
}

/** Platform id of an `AttestationResult`, 32 bytes. */
export function platformDigest(kind: EvidenceKind, ids: readonly Uint8Array[]): Uint8Array {
  return digestOf("pha/v1/platform", kind, ids);
}

function digestOf(domain: string, kind: EvidenceKind, values: readonly Uint8Array[]): Uint8Array {
  const sized = values.map((value) => concatBytes(u32le(value.length), value));
  return blake2b256(concatBytes(utf8(domain), Uint8Array.of(EVIDENCE_KINDS[kind]), ...sized));
}

function u32le(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
