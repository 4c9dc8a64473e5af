/**
 * The state on which the signatures of blocks are checked that wait for their import.
 *
 * It is that of a block before them, and beside it the hashes of those between: a transaction that does not live for
 * ever signs the hash of a block, which may be one of them.
 *
 * **Bounds**: hashes of `MOST_WAITING` blocks. **Trust**: headers are hostile; what a wrong one leads to is a verdict on
 * bytes that the import does not ask about.
 */
import type { Header } from "@pha/consensus";
import { twox64 } from "@pha/crypto";
import { concatBytes, encode, u32 } from "@pha/scale";
import { createOverlay, type Overlay, storagePrefix, type Trie } from "@pha/state";

/** More than are read ahead, and as many as keep the state fresh. */
const MOST_WAITING = 64;
const NUMBER_KEY = storagePrefix("System", "Number");
const BLOCK_HASH = storagePrefix("System", "BlockHash");

interface Base {
  readonly hash: Uint8Array;
  readonly number: number;
}

export class WaitingState {
  /** By height; of a fork the last that was asked about. */
  readonly #hashes = new Map<number, Uint8Array>();
  #under: { readonly base: Base; readonly state: Trie; readonly overlay: Overlay } | undefined;

  /**
   * As it is in front of a block.
   *
   * @param base block whose state `stateOf` gives
   * @param isHere whether a state of before was not pruned meanwhile
   */
  before(
    { number, parentHash }: Header,
    base: Base,
    stateOf: () => Trie,
    isHere: (state: Trie) => boolean,
  ): Overlay {
    this.#note(number - 1, parentHash);
    const known = this.#under;
    const age = known ? number - known.base.number : 0;
    const overlay =
      known && age > 0 && age <= MOST_WAITING && isHere(known.state)
        ? known.overlay
        : this.#start(base, stateOf());
    overlay.put(blockHashKey(number - 1), parentHash);
    overlay.put(NUMBER_KEY, encode(u32, number - 1));
    return overlay;
  }

  #start(base: Base, state: Trie): Overlay {
    const overlay = createOverlay(state);
    overlay.put(blockHashKey(base.number), base.hash);
    for (const [number, hash] of this.#hashes)
      if (number > base.number) overlay.put(blockHashKey(number), hash);
    this.#under = { base, state, overlay };
    return overlay;
  }

  #note(number: number, hash: Uint8Array): void {
    this.#hashes.delete(number);
    this.#hashes.set(number, hash);
    if (this.#hashes.size <= MOST_WAITING) return;
    for (const oldest of this.#hashes.keys()) {
      this.#hashes.delete(oldest);
      return;
    }
  }
}

function blockHashKey(number: number): Uint8Array {
  const key = encode(u32, number);
  return concatBytes(BLOCK_HASH, twox64(key), key);
}
