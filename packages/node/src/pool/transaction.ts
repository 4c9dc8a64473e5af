/** What the pool holds, limits, and what it tells its owner. */

/** Verdict of the runtime on an extrinsic, tags as binary text. */
export interface Validity {
  readonly priority: bigint;
  /** Tags that must come before. */
  readonly requires: readonly string[];
  /** Tags that come to be; at least one. */
  readonly provides: readonly string[];
  /** Blocks it stays valid for, from the one it was validated at. */
  readonly longevity: bigint;
  readonly propagate: boolean;
}

export interface PoolTransaction {
  /** BLAKE2b-256 of the bytes, as binary text. */
  readonly id: string;
  /** Encoded extrinsic, its length prefix included. */
  readonly bytes: Uint8Array;
  /** Whose limit it counts against; `undefined` for unsigned ones, which share one. */
  readonly sender: string | undefined;
  readonly validity: Validity;
  /** Block it was validated at. */
  readonly validatedAt: number;
}

export interface PoolLimits {
  readonly readyCount: number;
  readonly readyBytes: number;
  readonly futureCount: number;
  readonly futureBytes: number;
  readonly perSender: number;
  readonly bans: number;
  readonly banMs: number;
  /** Blocks for which tags of included transactions count as provided. */
  readonly tagBlocks: number;
}

export const DEFAULT_POOL_LIMITS: PoolLimits = {
  readyCount: 16_384,
  readyBytes: 64 << 20,
  futureCount: 2_048,
  futureBytes: 16 << 20,
  perSender: 2_048,
  bans: 8_192,
  banMs: 30 * 60_000,
  tagBlocks: 64,
};

export type PoolError =
  | { readonly code: "pool/already-imported" }
  | { readonly code: "pool/temporarily-banned" }
  /** A tag it provides is in a recent block already. */
  | { readonly code: "pool/stale" }
  | { readonly code: "pool/too-low-priority"; readonly priority: bigint; readonly needed: bigint }
  | { readonly code: "pool/sender-limit"; readonly limit: number }
  | { readonly code: "pool/full" };

export type InvalidReason = "expired" | "invalid" | "stale";

export type PoolEvent =
  | { readonly type: "ready"; readonly id: string }
  | { readonly type: "future"; readonly id: string }
  | {
      readonly type: "inBlock";
      readonly id: string;
      readonly block: string;
      readonly index: number;
    }
  | { readonly type: "retracted"; readonly id: string; readonly block: string }
  | {
      readonly type: "finalized";
      readonly id: string;
      readonly block: string;
      readonly index: number;
    }
  /** Another one took its place, in the pool or in a block. */
  | { readonly type: "usurped"; readonly id: string; readonly by: string }
  /** Gave way to better ones. */
  | { readonly type: "dropped"; readonly id: string }
  | { readonly type: "invalid"; readonly id: string; readonly reason: InvalidReason };
