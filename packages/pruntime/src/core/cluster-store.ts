/**
 * Plain state of one cluster inside the TEE: entries, their keyed paths and the trie over the leaves (protocol §5).
 *
 * A step is applied as a whole and yields the new root; the former trie is not kept, since a replica only goes forward
 * (a dissenting replica restores from the chain). An entry keeps the salt of its leaf, which outlives the state key that it
 * was made under.
 *
 * **Bounds**: the plain entries are bounded by the engine's mirror (`MAX_STATE_BYTES`).
 */
import {
  CLUSTER_ITSELF,
  clusterRoot,
  type RootContext,
  type SnapshotEntry,
  type StateWrite,
  stateLeaf,
  statePath,
  stateSalt,
} from "@pha/protocol";
import { assert, compareBytes, concatBytes, toHex, utf8 } from "@pha/scale";
import { applyChanges, EMPTY_ROOT, openTrie } from "@pha/state";

/** Most plain bytes of one cluster. */
export const MAX_STATE_BYTES = 128 << 20;
/** What an entry counts beside key and value: its contract, salt and lengths in a snapshot. */
export const ENTRY_OVERHEAD_BYTES = 64;

/** Reserved entries of the cluster itself. */
export const RESERVED = {
  pathKey: utf8("path-key"),
  signingSeed: utf8("signing-seed"),
  position: utf8("position"),
} as const;

export interface StoredEntry extends SnapshotEntry {
  readonly path: Uint8Array;
}

export interface ClusterStore {
  readonly pathKey: Uint8Array;
  get(contract: Uint8Array, key: Uint8Array): StoredEntry | undefined;
  /** Value of an entry of the cluster itself. */
  reserved(key: Uint8Array): Uint8Array | undefined;
  /** As they are now, in no order; later steps change none of them. */
  entries(): readonly StoredEntry[];
  /** Sorted by path, one per path: the order of a delta. */
  sorted(writes: readonly StateWrite[]): readonly StateWrite[];
  /** Applies sorted writes and gives the new root. */
  apply(writes: readonly StateWrite[], saltKey: Uint8Array, context: RootContext): Uint8Array;
  /** Takes entries of a snapshot in. */
  load(entries: readonly SnapshotEntry[]): void;
  /** Root of the state as it is. */
  root(context: RootContext): Uint8Array;
  readonly bytes: number;
}

export function createClusterStore(pathKey: Uint8Array): ClusterStore {
  const nodes = new Map<string, Uint8Array>();
  const entries = new Map<string, StoredEntry>();
  let bytes = 0;
  const nodeStore = { getNode: (hash: Uint8Array) => nodes.get(toHex(hash)) };
  let trie = openTrie({ root: EMPTY_ROOT, version: 0, nodes: nodeStore });

  const idOf = (contract: Uint8Array, key: Uint8Array) => toHex(concatBytes(contract, key));
  const sizeOf = ({ key, value }: StoredEntry) => key.length + value.length + ENTRY_OVERHEAD_BYTES;

  type Change = readonly [Uint8Array, Uint8Array | undefined];

  function put(entry: StoredEntry): Change {
    const { contract, key, path, salt, value } = entry;
    remove(contract, key);
    entries.set(idOf(contract, key), entry);
    bytes += sizeOf(entry);
    return [path, stateLeaf(path, salt, value)];
  }

  function remove(contract: Uint8Array, key: Uint8Array): void {
    const id = idOf(contract, key);
    const former = entries.get(id);
    if (former) bytes -= sizeOf(former);
    entries.delete(id);
  }

  function change(changes: readonly Change[]): void {
    const next = applyChanges(trie, changes);
    // Paths are keyed hashes: no two subtrees are equal, so a node has one parent and may go at once.
    for (const hash of next.removed) nodes.delete(toHex(hash));
    for (const node of next.inserted) nodes.set(toHex(node.hash), node.bytes);
    trie = next.trie;
  }

  return {
    pathKey,
    get bytes() {
      return bytes;
    },
    get: (contract, key) => entries.get(idOf(contract, key)),
    reserved: (key) => entries.get(idOf(CLUSTER_ITSELF, key))?.value,
    entries: () => [...entries.values()],
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
    apply(writes, saltKey, context) {
      change(
        writes.map((write): Change => {
          const path = statePath(pathKey, write.contract, write.key);
          if (write.value === undefined) {
            remove(write.contract, write.key);
            return [path, undefined];
          }
          const [contract, key, value] = [write.contract, write.key, write.value];
          const salt = stateSalt(saltKey, path, value);
          return put({
            contract: contract.slice(),
            key: key.slice(),
            value: value.slice(),
            path,
            salt,
          });
        }),
      );
      assert(bytes <= MAX_STATE_BYTES, "the engine refuses writes beyond the state's bound");
      return clusterRoot(context, trie.root);
    },
    load(loaded) {
      change(
        loaded.map((entry) =>
          put({ ...entry, path: statePath(pathKey, entry.contract, entry.key) }),
        ),
      );
    },
    root: (context) => clusterRoot(context, trie.root),
  };
}
