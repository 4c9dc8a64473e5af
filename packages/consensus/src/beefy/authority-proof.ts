/**
 * Membership in a BEEFY authority set: binary Merkle trees over Keccak-256, in which an odd last node moves up alone.
 *
 * @see polkadot-sdk "binary-merkle-tree"
 */
import { keccak256 } from "@pha/crypto";
import { boundedBytes, type Codec, concatBytes, fixedBytes, struct, u64, vec } from "@pha/scale";

const MAX_DEPTH = 64;
const MAX_LEAF_BYTES = 1024;

export interface BinaryMerkleProof {
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly numberOfLeaves: bigint;
  readonly leafIndex: bigint;
  /** As it is before it is hashed; for authorities, an Ethereum address. */
  readonly leaf: Uint8Array;
}

export const BinaryMerkleProof: Codec<BinaryMerkleProof> = struct({
  root: fixedBytes(32),
  proof: vec(fixedBytes(32), MAX_DEPTH),
  numberOfLeaves: u64,
  leafIndex: u64,
  leaf: boundedBytes(MAX_LEAF_BYTES),
});

/** Root that the path leads to; `undefined` when it has not the length of one. */
export function binaryMerkleRoot({
  proof,
  numberOfLeaves,
  leafIndex,
  leaf,
}: Omit<BinaryMerkleProof, "root">): Uint8Array | undefined {
  if (leafIndex >= numberOfLeaves) return undefined;
  let hash = keccak256(leaf);
  let [index, width] = [leafIndex, numberOfLeaves];
  let used = 0;
  while (width > 1n) {
    const isLeft = index % 2n === 0n;
    // The last node of an odd level has no sibling.
    if (!isLeft || index + 1n < width) {
      const sibling = proof[used++];
      if (sibling === undefined) return undefined;
      hash = keccak256(isLeft ? concatBytes(hash, sibling) : concatBytes(sibling, hash));
    }
    index /= 2n;
    width = (width + 1n) / 2n;
  }
  return used === proof.length ? hash : undefined;
}
