/** Where evidence and the sealing key come from: one port per platform. */
import type { EvidenceKind } from "@pha/attestation";

export interface EvidenceProvider {
  /** Shown at start and to users: `simulated`, `gramine`, `configfs-tsm/tdx_guest`, … */
  readonly name: string;
  readonly kind: EvidenceKind;
  /** @param reportData 64 bytes that the platform binds into the evidence @returns an envelope */
  evidence(reportData: Uint8Array): Promise<Uint8Array>;
  /**
   * 32 bytes that only this program on this platform obtains; `undefined` where the platform has no such key. There a
   * pRuntime begins anew at every start: keys and state come from the chain and from others.
   */
  sealingKey(): Promise<Uint8Array | undefined>;
  /** Counters that only move on; absent where the platform has none, and an older sealed store is not noticed here. */
  readonly counters?: RollbackCounters;
}

/** Each is named by a number, which is kept, sealed, with what the counter protects. */
export interface RollbackCounters {
  create(): Promise<number>;
  read(index: number): Promise<bigint>;
  /** @returns the count after it */
  increment(index: number): Promise<bigint>;
}
