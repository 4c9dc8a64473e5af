/**
 * Random bytes of the core: a generator seeded once by the shell's entropy, so that a recorded run replays.
 *
 * After every output the key is replaced by a hash of itself: an output seen later does not tell earlier ones.
 */
import { blake2bKeyed } from "@pha/crypto";
import { assert } from "@pha/scale";

const NEXT_KEY = Uint8Array.of(0);
const OUTPUT = Uint8Array.of(1);

export interface Entropy {
  /** 32 fresh bytes. */
  next(): Uint8Array;
}

export function createEntropy(seed: Uint8Array): Entropy {
  assert(seed.length === 32, "entropy is seeded with 32 bytes");
  let key = blake2bKeyed(seed, NEXT_KEY, 32);
  return {
    next() {
      const output = blake2bKeyed(key, OUTPUT, 32);
      key = blake2bKeyed(key, NEXT_KEY, 32);
      return output;
    },
  };
}
