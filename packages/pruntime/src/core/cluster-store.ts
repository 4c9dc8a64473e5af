/**
 * Plain state of one cluster inside the TEE: entries, their keyed paths and the trie over the leaves (protocol §5).
 *
 * A step is applied as a whole and yields the new root; the former trie is not kept, since a replica only goes forward
 * (a dissenting replica restores from the chain).
 *
 * **Bounds**: the plain entries are bounded by the engine's mirror (`MAX_STATE_BYTES`).
 */
import {
  CLUSTER_ITSELF,
  clusterRoot,
  type RootContext,
  type StateKeys,
  type StateWrite,
  stateLeaf,
  statePath,
  stateSalt,
} from "@pha/protocol";
import { assert, compareBytes, concatBytes, toHex, utf8 } from "@pha/scale";
import { applyChanges, EMPTY_ROOT, openTrie } from "@pha/state";

/** Most plain bytes of one cluster. */
export const MAX_STATE_BYTES = 64 << 20;

/** Reserved entries of the cluster itself. */
export const RESERVED = {
  pathKey: utf8("path-key"),
  signingSeed: utf8("signing-seed"),
  position: utf8("position"),
} as const;

interface Entry {
  readonly write: StateWrite;
  readonly value: Uint8Array;
}

export interface ClusterStore {
  readonly pathKey: Uint8Array;
  get(contract: Uint8Array, key: Uint8Array): Uint8Array | undefined;
  /** Entry of the cluster itself. */
  reserved(key: Uint8Array): Uint8Array | undefined;
  entries(): readonly StateWrite[];
  /** Sorted by path, one per path: the order of a delta. */
  sorted(writes: readonly StateWrite[]): readonly StateWrite[];
  /** Applies sorted writes and gives the new root. */
  apply(writes: readonly StateWrite[], context: RootContext): Uint8Array;
  readonly bytes: number;
}

export function createClusterStore(pathKey: Uint8Array, keys: StateKeys): ClusterStore {
  const nodes = new Map<string, Uint8Array>();
  const entries = new Map<string, Entry>();
  let bytes = 0;
  const nodeStore = { getNode: (hash: Uint8Array) => nodes.get(toHex(hash)) };
  let trie = openTrie({ root: EMPTY_ROOT, version: 0, nodes: nodeStore });

  const idOf = (contract: Uint8Array, key: Uint8Array) => toHex(concatBytes(contract, key));

  return {
    pathKey,
    get bytes() {
      return bytes;
    },
    get: (contract, key) => entries.get(idOf(contract, key))?.value,
    reserved: (key) => entries.get(idOf(CLUSTER_ITSELF, key))?.value,
    entries: () => [...entries.values()].map(({ write }) => write),
    sorted(writes) {
      const byPath = new Map<string, { readonly path: Uint8Array; readonly write: StateWrite }>();
      for (const write of writes) {
        const path = statePath(pathKey, write.contract, write.key);
        byPath.set(toHex(path), { path, write });
      }
      return [...byPath.values()]
        .sort((a, b) => compareBytes(a.path, b.path))
        .map(({ write }) => write);
    },
    apply(writes, context) {
      const changes: [Uint8Array, Uint8Array | undefined][] = [];
      for (const write of writes) {
        const path = statePath(pathKey, write.contract, write.key);
        const id = idOf(write.contract, write.key);
        const former = entries.get(id);
        if (former) bytes -= former.value.length + former.write.key.length;
        if (write.value === undefined) {
          entries.delete(id);
          changes.push([path, undefined]);
        } else {
          const value = write.value.slice();
          const kept = { contract: write.contract.slice(), key: write.key.slice(), value };
          entries.set(id, { write: kept, value });
          bytes += value.length + kept.key.length;
          changes.push([path, stateLeaf(path, stateSalt(keys.saltKey, path, value), value)]);
        }
      }
      assert(bytes <= MAX_STATE_BYTES, "the engine refuses writes beyond the state's bound");
      const next = applyChanges(trie, changes);
      // Paths are keyed hashes: no two subtrees are equal, so a node has one parent and may go at once.
      for (const hash of next.removed) nodes.delete(toHex(hash));
      for (const node of next.inserted) nodes.set(toHex(node.hash), node.bytes);
      trie = next.trie;
      return clusterRoot(context, next.root);
    },
  };
}
