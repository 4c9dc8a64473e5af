/**
 * Signatures known to be good, so that import does not verify again what the pool has verified.
 *
 * The key is a hash over everything the signature depends on (payload with the hashes it implies on this very chain
 * and fork, signer, signature), so that a transaction signed for one fork is never taken as verified on another.
 *
 * **Bounds**: two generations of at most `GENERATION` entries each.
 */
import { blake2b256 } from "@pha/crypto";
import { concatBytes } from "@pha/scale";
import { binaryString } from "@pha/state";
import type { AccountId } from "../primitives.ts";
import { type MultiSignature, verifySignature } from "./multi-signature.ts";

export interface SignatureVerifier {
  (signature: MultiSignature, payload: Uint8Array, signer: AccountId): boolean;
  /** A verdict that was reached elsewhere, given once; `undefined` when there is none. */
  readonly known?: (
    signature: MultiSignature,
    payload: Uint8Array,
    signer: AccountId,
  ) => boolean | undefined;
}

const GENERATION = 1 << 15;

export function cachedVerifier(verify: SignatureVerifier = verifySignature): SignatureVerifier {
  let young = new Set<string>();
  let old = new Set<string>();
  return (signature, payload, signer) => {
    const verdict = verify.known?.(signature, payload, signer);
    if (verdict !== undefined) return verdict;
    const id = binaryString(blake2b256(concatBytes(payload, signer, signature.value)));
    if (young.has(id) || old.has(id)) return true;
    if (!verify(signature, payload, signer)) return false;
    if (young.size >= GENERATION) {
      old = young;
      young = new Set();
    }
    young.add(id);
    return true;
  };
}
