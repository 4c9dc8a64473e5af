/**
 * Plain state of one cluster inside the TEE: entries, their keyed paths and the trie over the leaves (protocol §5).
 *
 * A step is applied as a whole and yields the new root. A replica only goes forward (a dissenting one restores from the
 * chain), but what steps did away with is kept until they are final: fields are opened as of the final root. An entry keeps
 * the salt of its leaf, which outlives the state key that it was made under.
 *
 * **Bounds**: the plain entries are bounded by the engine's mirror (`MAX_STATE_BYTES`), what is kept beside them by the
 * steps that may wait for finality (`MAX_PENDING_COMMITS`).
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
import { assert, compareBytes, concatBytes, equalBytes, toHex, utf8 } from "@pha/scale";
import { applyChanges, createProof, EMPTY_ROOT, openTrie } from "@pha/state";

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

/** An entry of the final state, and the nodes from the trie's root to its leaf. */
export interface ProvenEntry {
  readonly entry: StoredEntry;
  readonly proof: readonly Uint8Array[];
}

/** The final state: fields are opened from it. */
export interface FinalView {
  readonly root: Uint8Array;
  readonly previousRoot: Uint8Array;
  readonly trieRoot: Uint8Array;
  prove(contract: Uint8Array, key: Uint8Array): ProvenEntry | undefined;
}

/** What a step that is not final yet did away with, and where it led. */
interface PendingStep {
  readonly root: Uint8Array;
  readonly previousRoot: Uint8Array;
  readonly trieRoot: Uint8Array;
  /** Entries before it, by id; absent ones were not there. */
  readonly former: Map<string, StoredEntry | undefined>;
  /** Nodes before it, by hash. */
  readonly removed: Set<string>;
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
  /** Applies sorted writes and gives the new root; what they replace is kept until it is final. */
  apply(writes: readonly StateWrite[], saltKey: Uint8Array, context: RootContext): Uint8Array;
  /** The step that led to this root is final, with all before it: what they replaced is let go. */
  settle(root: Uint8Array): void;
  /** As of the newest final root; absent before the first. */
  readonly final: FinalView | undefined;
  /** Takes entries of a snapshot in. */
  load(entries: readonly SnapshotEntry[]): void;
  /** The entries loaded are the final state of this context; its root. */
  settleLoaded(context: RootContext): Uint8Array;
  readonly bytes: number;
}

export function createClusterStore(pathKey: Uint8Array): ClusterStore {
  const nodes = new Map<string, Uint8Array>();
  const entries = new Map<string, StoredEntry>();
  let bytes = 0;
  const nodeStore = { getNode: (hash: Uint8Array) => nodes.get(toHex(hash)) };
  let trie = openTrie({ root: EMPTY_ROOT, version: 0, nodes: nodeStore });
  /** Oldest first. */
  let pending: readonly PendingStep[] = [];
  let final: Pick<PendingStep, "root" | "previousRoot" | "trieRoot"> | undefined;

  const idOf = (contract: Uint8Array, key: Uint8Array) => toHex(concatBytes(contract, key));
  const sizeOf = ({ key, value }: StoredEntry) => key.length + value.length + ENTRY_OVERHEAD_BYTES;

  type Change = readonly [Uint8Array, Uint8Array | undefined];

  type Former = PendingStep["former"];

  function put(entry: StoredEntry, former?: Former): Change {
    const { contract, key, path, salt, value } = entry;
    remove(contract, key, former);
    entries.set(idOf(contract, key), entry);
    bytes += sizeOf(entry);
    return [path, stateLeaf(path, salt, value)];
  }

  function remove(contract: Uint8Array, key: Uint8Array, former?: Former): void {
    const id = idOf(contract, key);
    const before = entries.get(id);
    if (before) bytes -= sizeOf(before);
    entries.delete(id);
    if (!former?.has(id)) former?.set(id, before);
  }

  /** Hashes of the nodes that the trie has no more. */
  function change(changes: readonly Change[]): Set<string> {
    const next = applyChanges(trie, changes);
    // Paths are keyed hashes: no two subtrees are equal, so a node has one place in a trie.
    const removed = new Set(next.removed.map(toHex));
    for (const node of next.inserted) {
      const hash = toHex(node.hash);
      nodes.set(hash, node.bytes);
      removed.delete(hash);
      // An entry that got a former value again has its former node again.
      for (const step of pending) step.removed.delete(hash);
    }
    trie = next.trie;
    return removed;
  }

  /** An entry as it was before the steps that are not final. */
  function finalEntry(id: string): StoredEntry | undefined {
    const changed = pending.find(({ former }) => former.has(id));
    return changed ? changed.former.get(id) : entries.get(id);
  }

  function prove(
    trieRoot: Uint8Array,
    contract: Uint8Array,
    key: Uint8Array,
  ): ProvenEntry | undefined {
    const entry = finalEntry(idOf(contract, key));
    if (entry === undefined) return undefined;
    const of = openTrie({ root: trieRoot, version: 0, nodes: nodeStore });
    return { entry, proof: createProof(of, [entry.path]) };
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
      const former: Former = new Map();
      const removed = change(
        writes.map((write): Change => {
          const path = statePath(pathKey, write.contract, write.key);
          if (write.value === undefined) {
            remove(write.contract, write.key, former);
            return [path, undefined];
          }
          const [contract, key, value] = [write.contract, write.key, write.value];
          const salt = stateSalt(saltKey, path, value);
          const entry = { contract: contract.slice(), key: key.slice(), value: value.slice() };
          return put({ ...entry, path, salt }, former);
        }),
      );
      assert(bytes <= MAX_STATE_BYTES, "the engine refuses writes beyond the state's bound");
      const root = clusterRoot(context, trie.root);
      const { previousRoot } = context;
      pending = [...pending, { root, previousRoot, trieRoot: trie.root, former, removed }];
      return root;
    },
    settle(root) {
      const index = pending.findIndex((step) => equalBytes(step.root, root));
      const step = pending[index];
      if (step === undefined) return;
      for (const { removed } of pending.slice(0, index + 1))
        for (const hash of removed) nodes.delete(hash);
      pending = pending.slice(index + 1);
      final = { root: step.root, previousRoot: step.previousRoot, trieRoot: step.trieRoot };
    },
    get final() {
      if (final === undefined) return undefined;
      const { root, previousRoot, trieRoot } = final;
      return {
        root,
        previousRoot,
        trieRoot,
        prove: (contract: Uint8Array, key: Uint8Array) => prove(trieRoot, contract, key),
      };
    },
    load(loaded) {
      const removed = change(
        loaded.map((entry) =>
          put({ ...entry, path: statePath(pathKey, entry.contract, entry.key) }),
        ),
      );
      for (const hash of removed) nodes.delete(hash);
    },
    settleLoaded(context) {
      const root = clusterRoot(context, trie.root);
      final = { root, previousRoot: context.previousRoot, trieRoot: trie.root };
      return root;
    },
  };
}
