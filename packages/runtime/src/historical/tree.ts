/**
 * Binary Merkle tree over Keccak-256 of the keys of a session: what a proof of ownership leads to.
 *
 * Deviation: Substrate hashes a state trie. A proof is made by the chain and given back to it unread, so only its outer
 * layout is seen by tools.
 */
import { keccak256 } from "@pha/crypto";
import { type AccountId, accountId } from "@pha/frame";
import { concatBytes, encode, fixedBytes, struct, utf8 } from "@pha/scale";
import { KEY_TYPE_IDS, type KeyedValidator, type KeyKind } from "../session/index.ts";

const Leaf = struct({ kind: fixedBytes(4), key: fixedBytes(32), owner: accountId });

export function leafOf(kind: KeyKind, key: Uint8Array, owner: AccountId): Uint8Array {
  return encode(Leaf, { kind: utf8(KEY_TYPE_IDS[kind]), key, owner });
}

/** Two leaves a validator: its BABE key, then its GRANDPA key. */
export function leavesOf(validators: readonly KeyedValidator[]): readonly Uint8Array[] {
  return validators.flatMap(([owner, { babe, grandpa }]) => [
    leafOf("babe", babe, owner),
    leafOf("grandpa", grandpa, owner),
  ]);
}

/** Root, and the siblings on the way to it from the leaf at `index`. */
export function merkleTree(
  leaves: readonly Uint8Array[],
  index: number,
): { readonly root: Uint8Array; readonly siblings: readonly Uint8Array[] } {
  let level = leaves.map((leaf) => keccak256(leaf));
  let at = index;
  const siblings: Uint8Array[] = [];
  while (level.length > 1) {
    const sibling = level[at ^ 1];
    if (sibling) siblings.push(sibling);
    // A last node without a sibling moves up alone.
    level = level.flatMap((left, i) => {
      if (i % 2 === 1) return [];
      const right = level[i + 1];
      return [right ? keccak256(concatBytes(left, right)) : left];
    });
    at >>= 1;
  }
  return { root: level[0] ?? new Uint8Array(32), siblings };
}
