/** One opened entry against a cluster's root: by the client that asked for it, and in a receipt. */
import {
  type BlockRef,
  clusterRoot,
  type OpenedField,
  stateLeaf,
  type TrieStanding,
  verifyFieldSignature,
} from "@pha/protocol";
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { verifyProof } from "@pha/state";

/** What is known of the entry beside itself. */
export interface FieldContext {
  readonly genesisHash: Uint8Array;
  readonly cluster: Uint8Array;
  readonly contract: Uint8Array;
  /** Final root of the cluster, and the block of its commands. */
  readonly root: Uint8Array;
  readonly block: BlockRef;
  /** Boot of the replica that opened it. */
  readonly boot: Uint8Array;
}

/** An entry that its proof shows to be in a final state. */
export interface VerifiedField {
  /** As the engine knows it: the cell's number, and the SCALE key in a map or set. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly path: Uint8Array;
  readonly salt: Uint8Array;
}

export type FieldError =
  /** Trie root and previous root do not lead to the root that the chain has as final. */
  | { readonly code: "receipt/root-not-final" }
  /** The proof does not belong under the trie root, or shows nothing under the path. */
  | { readonly code: "receipt/bad-proof"; readonly of: "field" }
  /** What is under the path is not the leaf of path, salt and value. */
  | { readonly code: "receipt/other-leaf" }
  /** The replica did not say this of this entry of this contract. */
  | { readonly code: "receipt/bad-signature" };

export function verifyTrieRoot(
  { genesisHash, cluster, block, root }: FieldContext,
  { previousRoot, trieRoot }: TrieStanding,
): Result<undefined, FieldError> {
  const context = { genesisHash, cluster, blockHash: block.hash, previousRoot };
  return equalBytes(clusterRoot(context, trieRoot), root)
    ? ok(undefined)
    : fail({ code: "receipt/root-not-final" });
}

/** @param trieRoot one that `verifyTrieRoot` took */
export function verifyField(
  { boot, ...context }: FieldContext,
  trieRoot: Uint8Array,
  { proof, signature, ...entry }: OpenedField,
): Result<VerifiedField, FieldError> {
  const { path, salt, value } = entry;
  const view = verifyProof({ root: trieRoot, proof, version: 0 });
  const found = view.ok ? view.value.get(path) : undefined;
  if (!found?.ok || found.value === undefined)
    return fail({ code: "receipt/bad-proof", of: "field" });
  if (!equalBytes(found.value, stateLeaf(path, salt, value)))
    return fail({ code: "receipt/other-leaf" });
  return verifyFieldSignature(boot, { ...context, ...entry }, signature)
    ? ok(entry)
    : fail({ code: "receipt/bad-signature" });
}
