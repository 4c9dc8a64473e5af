/** Tries made in one go: genesis states and the roots of lists. */
import { assert, equalBytes, Writer } from "@pha/scale";
import { build } from "./apply-changes.ts";
import { type Batch, type Changes, createBatch, inOrder, insertNode } from "./batch.ts";
import { encodeLeaf, type NibbleRun, sealedNode } from "./encode-node.ts";
import { HASHED_VALUE, type TrieNode } from "./node.ts";
import { EMPTY_ROOT, type NodeStore, type TrieChanges, type TrieVersion } from "./trie.ts";

/** A key whose value is not at hand, such as `:code` in a published genesis. */
export interface KnownLeaf {
  readonly key: Uint8Array;
  /** Stands for the leaf: the hash of its encoding, or the hash of its value (layout V1). */
  readonly known:
    | { readonly type: "merkle-value"; readonly hash: Uint8Array }
    | { readonly type: "value-hash"; readonly hash: Uint8Array };
}

export interface BuildOptions {
  /** Leaves to be added to the entries. */
  readonly knownLeaves?: readonly KnownLeaf[];
  /** Hash of nodes and values; default blake2b-256. */
  readonly hash?: (bytes: Uint8Array) => Uint8Array;
}

/** Keys and values in any order; of two entries of one key the later counts. */
export type Entries = readonly (readonly [key: Uint8Array, value: Uint8Array])[];

/** Root of the trie of these entries. */
export function trieRoot(
  entries: Entries,
  version: TrieVersion,
  options: BuildOptions = {},
): Uint8Array {
  return buildTrie(entries, version, options).root;
}

/** Root and nodes of the trie of these entries. */
export function buildTrie(
  entries: Entries,
  version: TrieVersion,
  { knownLeaves = [], hash }: BuildOptions = {},
): Pick<TrieChanges, "root" | "inserted"> {
  const changes: Changes = [
    ...entries,
    ...knownLeaves.map(({ key }) => [key, new Uint8Array(0)] as const),
  ];
  const batch = createBatch(
    inOrder(changes),
    version,
    noNodes,
    { limit: 0, count: 0, clock: 0 },
    {
      ...(hash === undefined ? {} : { hash }),
      ...(knownLeaves.length === 0 ? {} : { knownLeaf: leafOf(knownLeaves) }),
    },
  );
  const root = build(batch, 0, 0, batch.changes.length);
  return {
    root: root === undefined ? (hash?.(Uint8Array.of(0)) ?? EMPTY_ROOT) : insertNode(batch, root),
    inserted: batch.inserted,
  };
}

/** Root of a list, such as the extrinsics of a block: keys are compact indexes, the layout is V0. */
export function orderedTrieRoot(values: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer(8);
  return trieRoot(
    values.map((value, index) => {
      writer.reset();
      writer.compact(index);
      return [writer.finish(), value] as const;
    }),
    0,
  );
}

const noNodes: NodeStore = { getNode: () => undefined };

function leafOf(leaves: readonly KnownLeaf[]): NonNullable<Batch["knownLeaf"]> {
  return (key: Uint8Array, partial: NibbleRun): TrieNode | undefined => {
    const leaf = leaves.find((candidate) => equalBytes(candidate.key, key));
    if (leaf === undefined) return undefined;
    const { hash, type } = leaf.known;
    assert(hash.length === 32, "a known leaf is given by 32 bytes");
    if (type === "merkle-value") return sealedNode(hash);
    return encodeLeaf(partial, { kind: HASHED_VALUE, bytes: hash, from: 0, to: 32 });
  };
}
