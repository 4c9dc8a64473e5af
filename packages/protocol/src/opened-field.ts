/**
 * Entries of a contract's state that a query opened to its caller, each by itself (protocol §9).
 *
 * ```
 * value, salt, path ──► leaf ── Merkle proof ──► trie root ── block, previous root ──► cluster root, final on chain
 * contract, key ── signature of the boot that answered ──► path
 * ```
 * The proof shows that the final state holds the value under this path. Paths are keyed, so that the path belongs to this
 * key of this contract is the word of the replica that answered, under its signature. What stands in a proof beside the
 * own path are hashes of nodes: nobody finds paths, salts or values of other entries in it.
 *
 * **Bounds**: `MAX_OPENED_FIELDS` and `MAX_OPENED_BYTES` in one answer, `MAX_FIELD_PROOF_NODES` of `MAX_NODE_BYTES`.
 */
import { blake2b256, ed25519Verify } from "@pha/crypto";
import {
  boundedBytes,
  type CodecType,
  concatBytes,
  encode,
  fixedBytes,
  struct,
  vec,
} from "@pha/scale";
import { MAX_KEY_BYTES, MAX_VALUE_BYTES } from "./cluster-state.ts";
import { DOMAIN } from "./domain.ts";
import { BlockRef, Hash, Signature } from "./ids.ts";

/** Most entries that one answer opens. */
export const MAX_OPENED_FIELDS = 16;
/** Most bytes of their keys and values together. */
export const MAX_OPENED_BYTES = 96 << 10;
/** A path has 64 nibbles. */
const MAX_FIELD_PROOF_NODES = 65;
/** A branch with 16 children and the longest part of a path. */
const MAX_NODE_BYTES = 640;

export const OpenedField = struct({
  key: boundedBytes(MAX_KEY_BYTES),
  value: boundedBytes(MAX_VALUE_BYTES),
  path: Hash,
  salt: fixedBytes(16),
  /** Nodes of the cluster's trie from its root to the leaf. */
  proof: vec(boundedBytes(MAX_NODE_BYTES), MAX_FIELD_PROOF_NODES),
  /** By the boot that answered, over `fieldPayload`. */
  signature: Signature,
});
export type OpenedField = CodecType<typeof OpenedField>;

/** What leads from a trie root to the cluster's root (`clusterRoot`), beside its block. */
export const TrieStanding = struct({ previousRoot: Hash, trieRoot: Hash });
export type TrieStanding = CodecType<typeof TrieStanding>;

export const OpenedFields = struct({
  state: TrieStanding,
  fields: vec(OpenedField, MAX_OPENED_FIELDS),
});
export type OpenedFields = CodecType<typeof OpenedFields>;

/** What a replica says of an entry. */
export const FieldStatement = struct({
  genesisHash: Hash,
  cluster: Hash,
  contract: Hash,
  /** Final root that the entry is under, and the block of its commands. */
  block: BlockRef,
  root: Hash,
  key: boundedBytes(MAX_KEY_BYTES),
  value: boundedBytes(MAX_VALUE_BYTES),
  path: Hash,
  salt: fixedBytes(16),
});
export type FieldStatement = CodecType<typeof FieldStatement>;

export function fieldPayload(statement: FieldStatement): Uint8Array {
  return concatBytes(DOMAIN.openedField, blake2b256(encode(FieldStatement, statement)));
}

export function verifyFieldSignature(
  boot: Uint8Array,
  statement: FieldStatement,
  signature: Uint8Array,
): boolean {
  return ed25519Verify(boot, fieldPayload(statement), signature);
}
