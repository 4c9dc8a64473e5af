/**
 * Encrypted state of a cluster as a replica holds it: creation, and the step that each block adds (protocol §5, §6).
 *
 * **Not here**: how it is restored (`restore.ts`).
 */
import { blake2b256, type Sr25519Pair, sr25519FromSeed } from "@pha/crypto";
import {
  type BlockRef,
  CLUSTER_ITSELF,
  type DeltaContext,
  derivePathKey,
  MAX_ON_CHAIN_DELTA_BYTES,
  NO_ROOT,
  type StateWrite,
  type StepDelta,
  sealDelta,
} from "@pha/protocol";
import { assert, encode } from "@pha/scale";
import { type ClusterStore, createClusterStore, RESERVED } from "./cluster-store.ts";
import { Position } from "./position.ts";
import { type SnapshotWriter, writeSnapshot } from "./snapshot-writer.ts";
import {
  type KeysByVersion,
  keysByVersion,
  STATE_KEY_BYTES,
  type StateKeyRing,
} from "./state-keys.ts";

/** What a block added: everything that a commit tells. */
export interface ExecutedStep {
  /** Steps before it. */
  readonly index: bigint;
  readonly block: BlockRef;
  readonly previousRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly delta: Uint8Array;
  readonly deltaHash: Uint8Array;
}

export interface StateContext {
  readonly genesisHash: Uint8Array;
  readonly cluster: Uint8Array;
  readonly ring: StateKeyRing;
}

/** Where a state stands. */
export interface Standing {
  /** Of the newest step. */
  readonly index: bigint;
  readonly block: BlockRef;
  readonly previousRoot: Uint8Array;
  readonly root: Uint8Array;
  readonly position: Position;
}

export interface ReplicaState extends Standing {
  readonly store: ClusterStore;
  readonly signing: Sr25519Pair;
  /** Of the state key that steps are sealed under. */
  readonly keyVersion: number;
  step(block: BlockRef, writes: readonly StateWrite[], position: Position): ExecutedStep;
  /** Of the state as it stands now. */
  snapshot(): SnapshotWriter;
}

/** The delta where the chain has room for it, its name where not. */
export function stepDelta({ delta, deltaHash }: ExecutedStep): StepDelta {
  return delta.length <= MAX_ON_CHAIN_DELTA_BYTES
    ? { type: "OnChain", value: delta }
    : { type: "Blob", value: { digest: deltaHash, bytes: delta.length } };
}

/** State of a new cluster with its first step. */
export function createState(
  context: StateContext,
  input: {
    readonly signingSeed: Uint8Array;
    readonly block: BlockRef;
    readonly writes: readonly StateWrite[];
    readonly position: Position;
  },
): { readonly state: ReplicaState; readonly first: ExecutedStep } {
  const { genesisHash, cluster, ring } = context;
  const { block, position, signingSeed } = input;
  const newest = ring.bytes.subarray(0, STATE_KEY_BYTES);
  const pathKey = derivePathKey(newest, { genesisHash, cluster, version: ring.newest });
  const store = createClusterStore(pathKey);
  const standing = { index: -1n, previousRoot: NO_ROOT, root: NO_ROOT, block, position };
  const state = stateOf(context, keysByVersion(ring, context), store, standing, signingSeed);
  const reserved: StateWrite[] = [
    { contract: CLUSTER_ITSELF, key: RESERVED.pathKey, value: pathKey },
    { contract: CLUSTER_ITSELF, key: RESERVED.signingSeed, value: signingSeed },
  ];
  return { state, first: state.step(block, [...reserved, ...input.writes], position) };
}

export function deltaContextOf(
  { genesisHash, cluster }: Pick<StateContext, "genesisHash" | "cluster">,
  step: {
    readonly keyVersion: number;
    readonly block: BlockRef;
    readonly previousRoot: Uint8Array;
    readonly newRoot: Uint8Array;
  },
): DeltaContext {
  const { keyVersion, previousRoot, newRoot } = step;
  return { genesisHash, cluster, keyVersion, blockHash: step.block.hash, previousRoot, newRoot };
}

export function stateOf(
  { genesisHash, cluster }: Pick<StateContext, "genesisHash" | "cluster">,
  keys: KeysByVersion,
  store: ClusterStore,
  start: Standing,
  signingSeed: Uint8Array,
): ReplicaState {
  let { index, root, previousRoot, position, block } = start;
  const signing = sr25519FromSeed(signingSeed);
  const keyVersion = keys.newest;
  const newest = keys.of(keyVersion);
  assert(newest, "a ring has its newest key");
  const name = { genesisHash, cluster };
  return {
    store,
    signing,
    keyVersion,
    get index() {
      return index;
    },
    get root() {
      return root;
    },
    get previousRoot() {
      return previousRoot;
    },
    get position() {
      return position;
    },
    get block() {
      return block;
    },
    step(at, writes, next) {
      const before = root;
      const sorted = store.sorted([
        ...writes,
        { contract: CLUSTER_ITSELF, key: RESERVED.position, value: encode(Position, next) },
      ]);
      const of = { ...name, blockHash: at.hash, previousRoot: before };
      const newRoot = store.apply(sorted, newest.saltKey, of);
      const context = deltaContextOf(name, {
        keyVersion,
        block: at,
        previousRoot: before,
        newRoot,
      });
      const sealed = sealDelta(newest, context, sorted);
      assert(sealed.ok, "the engine's write bound keeps a delta within its largest bucket");
      index += 1n;
      previousRoot = before;
      root = newRoot;
      position = next;
      block = at;
      return {
        index,
        block: at,
        previousRoot: before,
        newRoot,
        delta: sealed.value,
        deltaHash: blake2b256(sealed.value),
      };
    },
    snapshot: () =>
      writeSnapshot(
        newest,
        { ...name, keyVersion, root },
        { pathKey: store.pathKey, entries: store.entries() },
      ),
  };
}
