/** What the voter needs of a network; a node that is alone has none. */
import type { BlockRef, Consequence, VerdictCode } from "@pha/consensus";

/** A handler's methods are called one at a time, never from within a call of the network's own. */
export interface GrandpaPeerHandler {
  connected(peer: string): void;
  disconnected(peer: string): void;
  /** @param bytes a notification of `grandpa/1`, as it came */
  message(peer: string, bytes: Uint8Array): void;
}

export interface GrandpaNetwork {
  /** Returns the function that ends it. Peers that are there already are told as connected. */
  attach(handler: GrandpaPeerHandler): () => void;
  send(peer: string, bytes: Uint8Array): void;
  /** A peer did what costs it reputation. */
  report(peer: string, code: VerdictCode, consequence: Exclude<Consequence, "none">): void;
  /** Voters voted for a block that this node lacks. */
  wantBlock(block: BlockRef): void;
}
