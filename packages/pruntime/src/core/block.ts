/** A finalized block as the parts of the core see it. */
import type { BlockRef, Message } from "@pha/protocol";

export interface FinalizedBlock {
  readonly ref: BlockRef;
  /** 32 bytes; read proofs at this block are checked against it. */
  readonly stateRoot: Uint8Array;
  readonly parentHash: Uint8Array;
  /** Chain time in Unix milliseconds. */
  readonly timestampMs: bigint;
  readonly messages: readonly Message[];
}
