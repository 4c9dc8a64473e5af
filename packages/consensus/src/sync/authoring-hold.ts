/**
 * Whether an authority waits with its blocks because it is behind: what it would build on an old head nobody needs.
 *
 * What peers name is no evidence, blocks are: a block has a slot, and only its author could seal it. So a hold lasts
 * `HOLD_MS` from the first word of a peer on, and again from each block that was caught up with, one whose slot is more than
 * `OLD_SLOTS` ago; without such a block it ends, whatever heights are named. Who keeps naming what cannot be fetched
 * holds an authority once, at its start, and never one that keeps up.
 *
 * **Bounds**: two instants. **Trust**: heights are hostile, imported blocks are verified, the clock is the caller's.
 */

/** Blocks behind the highest that a peer named, from which on a node counts as behind. */
export const BEHIND_FROM = 5;
/** Blocks of slots longer ago were made while the node was not there. */
export const OLD_SLOTS = 5n;
/** Longer than a peer has to answer a request: one that is dead does not end a hold. */
export const HOLD_MS = 20_000;
/** A node with addresses of peers waits so long for the first one. */
export const FIRST_PEER_MS = 5_000;

export interface Heights {
  readonly best: number;
  /** Greatest that a peer named and was not found without. */
  readonly highest: number;
}

export class AuthoringHold {
  /** Until then a first peer may still come. */
  #firstPeerUntilMs: number;
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  #hasHeard = false;

  /** @param options whether the node knows addresses of peers: one that is alone waits for nobody */
  constructor(options: { readonly expectsPeers: boolean; readonly nowMs: number }) {
    this.#firstPeerUntilMs = options.nowMs + (options.expectsPeers ? FIRST_PEER_MS : 0);
  }

  /** A peer said which block it has. */
  heard(nowMs: number): void {
    this.#firstPeerUntilMs = Number.NEGATIVE_INFINITY;
    if (this.#hasHeard) return;
    this.#hasHeard = true;
    this.#heldUntilMs = nowMs + HOLD_MS;
  }

  /** A block of a peer was imported, at a time of which this is the slot. */
  imported(block: { readonly slot: bigint; readonly nowSlot: bigint }, nowMs: number): void {
    if (block.slot + OLD_SLOTS < block.nowSlot) this.#heldUntilMs = nowMs + HOLD_MS;
  }

  isHeld({ best, highest }: Heights, nowMs: number): boolean {
    if (nowMs < this.#firstPeerUntilMs) return true;
    return highest - best >= BEHIND_FROM && nowMs < this.#heldUntilMs;
  }
}
