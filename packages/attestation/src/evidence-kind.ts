/**
 * Kinds of evidence: the first byte of every envelope.
 *
 * Numbers are never reused. A kind that a chain does not accept is not decoded there at all.
 */
import { concatBytes } from "@pha/scale";

export const EVIDENCE_KINDS = {
  IntelSgxIas: 0,
  IntelSgxDcap: 1,
  IntelTdxDcap: 2,
  AmdSevSnp: 3,
  AwsNitro: 4,
  ArmCca: 5,
  AndroidKey: 6,
  /** Azure's machines on SEV-SNP. */
  AzureVtpm: 7,
  /** Azure's machines on TDX. */
  AzureTdx: 8,
  Simulated: 255,
} as const;

export type EvidenceKind = keyof typeof EVIDENCE_KINDS;

/** Envelope: kind byte and the vendor's evidence. */
export function evidenceEnvelope(kind: EvidenceKind, body: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(EVIDENCE_KINDS[kind]), body);
}

/** Longest envelope; quotes with their certificates stay below. */
export const MAX_EVIDENCE_BYTES = 16 << 10;

/** @param bytes envelope; `undefined` of a first byte that is no kind's */
export function kindOf(bytes: Uint8Array): EvidenceKind | undefined {
  const kinds = Object.entries(EVIDENCE_KINDS);
  // Keys of the table are the kinds.
  return kinds.find(([, number]) => number === bytes[0])?.[0] as EvidenceKind | undefined;
}
