/** What everybody sees of something sealed. */
import { blake2b256 } from "@pha/crypto";
import { toHex } from "@pha/scale";
import type { SealedFacts } from "../sealed.ts";

/** Bytes of a ciphertext that are shown; its hash names all of them. */
const SHOWN_BYTES = 96;

export function sealedFacts(sealed: Uint8Array): SealedFacts {
  return {
    bytes: sealed.length,
    hash: toHex(blake2b256(sealed)),
    begins: toHex(sealed.subarray(0, SHOWN_BYTES)),
    isWhole: sealed.length <= SHOWN_BYTES,
  };
}
