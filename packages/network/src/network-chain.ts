/** What the network asks of the node, at once: it answers peers from it. */
import type { BlockData, BlockRef, BlockRequest, WarpProof } from "@pha/consensus";
import type { StateRequest, StateResponse } from "./wire/index.ts";

export interface NetworkChain {
  readonly genesisHash: Uint8Array;
  /** Best block, for handshakes. */
  best(): BlockRef;
  /**
   * Blocks asked for, as many as fit; none when the first is not known. With headers or bodies go justifications of
   * blocks that change the voters, and no others: light clients that are offered more take it for misbehaviour.
   */
  blocks(request: BlockRequest, maxBytes: number): readonly BlockData[];
  /** `undefined`: the block or its state is not there. */
  readProof(block: Uint8Array, keys: readonly Uint8Array[]): readonly Uint8Array[] | undefined;
  callProof(block: Uint8Array, method: string, data: Uint8Array): readonly Uint8Array[] | undefined;
  state(request: StateRequest, maxBytes: number): StateResponse | undefined;
  /** `undefined`: the first block is not finalized here. */
  warpProof(begin: Uint8Array, maxBytes: number): WarpProof | undefined;
}
