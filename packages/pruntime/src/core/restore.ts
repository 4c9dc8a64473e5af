/**
 * Rebuilds a cluster's state from what the chain and others keep of it: from the first step, or from a snapshot and the
 * steps after it. Each must open, follow the one before, and lead to its own root (protocol §5).
 */
import { blake2b256 } from "@pha/crypto";
import {
  CLUSTER_ITSELF,
  NO_ROOT,
  openDelta,
  type Snapshot,
  type StateStep,
  type StateWrite,
} from "@pha/protocol";
import { decode, equalBytes, fail, ok, type Result } from "@pha/scale";
import { type ClusterStore, createClusterStore, RESERVED } from "./cluster-store.ts";
import { Position } from "./position.ts";
import { deltaContextOf, type ReplicaState, type StateContext, stateOf } from "./replica-state.ts";
import {
  createSnapshotReader,
  type SnapshotError,
  type SnapshotReader,
} from "./snapshot-reader.ts";
import type { KeysByVersion } from "./state-keys.ts";

export type RestoreError = {
  readonly code:
    | "restore/not-chained"
    /** The blob that the step names has another hash. */
    | "restore/other-blob"
    | "restore/not-opened"
    | "restore/wrong-root"
    | "restore/incomplete";
};

export interface Restore {
  /** Index of the step that is taken next. */
  readonly next: bigint;
  readonly root: Uint8Array;
  /** @param blob content of the step's delta where that is a blob */
  take(step: StateStep, blob?: Uint8Array): Result<undefined, RestoreError>;
  finish(): Result<ReplicaState, RestoreError>;
  /** Reader of a snapshot's chunks; absent when the ring has no key of its version. */
  snapshotReader(snapshot: Snapshot, digests: readonly Uint8Array[]): SnapshotReader | undefined;
  /** Goes on at the snapshot, whose chunks were all read. */
  startAt(snapshot: Snapshot, reader: SnapshotReader): Result<undefined, SnapshotError>;
}

export function startRestore(
  context: Pick<StateContext, "genesisHash" | "cluster">,
  keys: KeysByVersion,
): Restore {
  const { genesisHash, cluster } = context;
  let store: ClusterStore | undefined;
  let root: Uint8Array = NO_ROOT;
  let newest: Pick<StateStep, "block" | "previousRoot"> | undefined;
  let next = 0n;

  function writesOf(
    step: StateStep,
    blob: Uint8Array | undefined,
  ): Result<readonly StateWrite[], RestoreError> {
    const { delta } = step;
    if (delta.type === "Blob") {
      if (blob === undefined || !equalBytes(blake2b256(blob), delta.value.digest))
        return fail({ code: "restore/other-blob" });
    }
    const stateKeys = keys.of(step.keyVersion);
    const sealed = delta.type === "Blob" ? blob : delta.value;
    const opened =
      stateKeys && sealed && openDelta(stateKeys, deltaContextOf(context, step), sealed);
    return opened?.ok ? opened : fail({ code: "restore/not-opened" });
  }

  function take(step: StateStep, blob?: Uint8Array): Result<undefined, RestoreError> {
    if (!equalBytes(step.previousRoot, root)) return fail({ code: "restore/not-chained" });
    const writes = writesOf(step, blob);
    if (!writes.ok) return writes;
    if (store === undefined) {
      const own = writes.value.find(
        ({ contract, key }) =>
          equalBytes(contract, CLUSTER_ITSELF) && equalBytes(key, RESERVED.pathKey),
      );
      if (own?.value === undefined) return fail({ code: "restore/incomplete" });
      store = createClusterStore(own.value.slice());
    }
    const saltKey = keys.of(step.keyVersion)?.saltKey;
    if (saltKey === undefined) return fail({ code: "restore/not-opened" });
    const blockHash = step.block.hash;
    const of = { genesisHash, cluster, blockHash, previousRoot: root };
    const applied = store.apply(writes.value, saltKey, of);
    if (!equalBytes(applied, step.newRoot)) return fail({ code: "restore/wrong-root" });
    store.settle(applied);
    newest = { block: copyOf(step.block), previousRoot: root };
    root = applied;
    next += 1n;
    return ok(undefined);
  }

  return {
    get next() {
      return next;
    },
    get root() {
      return root;
    },
    take,
    finish() {
      const signingSeed = store?.reserved(RESERVED.signingSeed);
      const encoded = store?.reserved(RESERVED.position);
      const position = encoded && decode(Position, encoded);
      if (!store || !newest || signingSeed === undefined || !position?.ok)
        return fail({ code: "restore/incomplete" });
      const standing = { index: next - 1n, root, position: position.value, ...newest };
      keys.eraseOlder();
      return ok(stateOf(context, keys, store, standing, signingSeed));
    },
    snapshotReader(snapshot, digests) {
      const ofVersion = keys.of(snapshot.keyVersion);
      return (
        ofVersion &&
        createSnapshotReader({ genesisHash, cluster, snapshot, digests, keys: ofVersion })
      );
    },
    startAt(snapshot, reader) {
      const finished = reader.finish();
      if (!finished.ok) return finished;
      store = finished.value;
      root = snapshot.root;
      newest = { block: snapshot.block, previousRoot: snapshot.previousRoot };
      next = snapshot.index + 1n;
      return ok(undefined);
    },
  };
}

function copyOf({ number, hash }: StateStep["block"]): StateStep["block"] {
  return { number, hash: hash.slice() };
}
