/**
 * Keccak-f[1600] in JavaScript.
 *
 * The library's permutation works on host-order words, which are little-endian wherever Node and browsers run.
 */
import { keccakP } from "@noble/hashes/sha3.js";

export function permute(words: Uint32Array): void {
  keccakP(words);
}
