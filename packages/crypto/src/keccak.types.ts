/**
 * Keccak-f[1600]: `#keccak` resolves to `keccak.node.ts` under Node and to `keccak.web.ts` elsewhere; the compiler sees
 * this file. Both give the same bytes (`keccak.test.ts`).
 */

/** Permutes 200 bytes of state in place: 25 lanes of two little-endian words. */
export declare function permute(words: Uint32Array): void;
