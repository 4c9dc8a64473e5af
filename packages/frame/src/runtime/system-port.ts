/** What the executive needs of the pallet that keeps the block's own records. */
import type { DispatchError } from "../dispatch/dispatch-error.ts";
import type { DispatchClass, DispatchInfo, Weight } from "../dispatch/weight.ts";
import type { HasEnv } from "../pallet/env.ts";
import type { BlockHeader, DigestLog } from "./header.ts";

/** What a block came to. */
export interface BlockSummary {
  readonly digest: readonly DigestLog[];
  /** Encoded records. */
  readonly events: readonly Uint8Array[];
  readonly usedWeight: Readonly<Record<DispatchClass, Weight>>;
  /** Bytes of all extrinsics. */
  readonly usedLength: number;
  readonly extrinsicCount: number;
}

export interface SystemPort {
  /** Number of the last block made on this state. */
  numberOf(ctx: HasEnv): number;
  start(ctx: HasEnv, header: BlockHeader): void;
  succeeded(ctx: HasEnv, info: DispatchInfo): void;
  failed(ctx: HasEnv, error: DispatchError, info: DispatchInfo): void;
  finish(ctx: HasEnv, summary: BlockSummary): void;
}
