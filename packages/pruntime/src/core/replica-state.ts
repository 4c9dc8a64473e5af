/**
 * Encrypted state of a cluster as a replica holds it: creation, restore from the chain's steps, and the step that each
 * block adds (protocol §5, §6).
 */
import { blake2b256, type Sr25519Pair, sr25519FromSeed } from "@pha/crypto";
import {
  type BlockRef,
  CLUSTER_ITSELF,
  type DeltaContext,
  derivePathKey,
  deriveStateKeys,
  NO_ROOT,
  openDelta,
  type StateKeyContext,
  type StateKeys,
  type StateStep,
  type StateWrite,
  sealDelta,
} from "@pha/protocol";
import { assert, decode, encode, equalBytes, fail, ok, type Result } from "@pha/scale";
import { type ClusterStore, createClusterStore, RESERVED } from "./cluster-store.ts";
import { Position } from "./position.ts";

/** What a block added: everything that a commit tells. */
export interface ExecutedStep {
  readonly block: BlockRef;
  readonly previousRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly delta: Uint8Array;
  readonly deltaHash: Uint8Array;
}

export interface ReplicaState {
  readonly store: ClusterStore;
  readonly root: Uint8Array;
  readonly position: Position;
  /** Block of the newest step. */
  readonly block: BlockRef;
  readonly signing: Sr25519Pair;
  step(block: BlockRef, writes: readonly StateWrite[], position: Position): ExecutedStep;
}

/** State keys rotate with versions; a cluster's first is 0. */
const KEY_VERSION = 0;

interface Context {
  readonly genesisHash: Uint8Array;
  readonly cluster: Uint8Array;
  readonly stateKey: Uint8Array;
}

function keyContext({ genesisHash, cluster }: Context): StateKeyContext {
  return { genesisHash, cluster, version: KEY_VERSION };
}

/** State of a new cluster with its first step. */
export function createState(
  context: Context,
  input: {
    readonly signingSeed: Uint8Array;
    readonly block: BlockRef;
    readonly writes: readonly StateWrite[];
    readonly position: Position;
  },
): { readonly state: ReplicaState; readonly first: ExecutedStep } {
  const pathKey = derivePathKey(context.stateKey, keyContext(context));
  const keys = deriveStateKeys(context.stateKey, keyContext(context));
  const { block, position, signingSeed } = input;
  const state = wrap(context, keys, createClusterStore(pathKey, keys), {
    root: NO_ROOT,
    position,
    block,
    signingSeed,
  });
  const reserved: StateWrite[] = [
    { contract: CLUSTER_ITSELF, key: RESERVED.pathKey, value: pathKey },
    { contract: CLUSTER_ITSELF, key: RESERVED.signingSeed, value: signingSeed },
  ];
  return { state, first: state.step(block, [...reserved, ...input.writes], position) };
}

export type RestoreError = {
  readonly code:
    | "restore/not-chained"
    | "restore/not-opened"
    | "restore/wrong-root"
    | "restore/incomplete";
};

/** Rebuilds a state from the chain's steps, the first first; each must open and lead to its own root. */
export interface Restore {
  take(steps: readonly StateStep[]): Result<undefined, RestoreError>;
  readonly taken: bigint;
  readonly root: Uint8Array;
  finish(): Result<ReplicaState, RestoreError>;
}

export function startRestore(context: Context): Restore {
  const keys = deriveStateKeys(context.stateKey, keyContext(context));
  let store: ClusterStore | undefined;
  let root: Uint8Array = NO_ROOT;
  let block: BlockRef | undefined;
  let taken = 0n;

  function takeOne(step: StateStep): Result<undefined, RestoreError> {
    if (!equalBytes(step.previousRoot, root)) return fail({ code: "restore/not-chained" });
    const delta = deltaContextOf(context, step.block, step.previousRoot, step.newRoot);
    const writes = openDelta(keys, delta, step.delta);
    if (!writes.ok) return fail({ code: "restore/not-opened" });
    if (store === undefined) {
      const own = writes.value.find(
        ({ contract, key }) =>
          equalBytes(contract, CLUSTER_ITSELF) && equalBytes(key, RESERVED.pathKey),
      );
      if (own?.value === undefined) return fail({ code: "restore/incomplete" });
      store = createClusterStore(own.value.slice(), keys);
    }
    const applied = store.apply(writes.value, {
      ...context,
      blockHash: step.block.hash,
      previousRoot: root,
    });
    if (!equalBytes(applied, step.newRoot)) return fail({ code: "restore/wrong-root" });
    root = applied;
    block = { number: step.block.number, hash: step.block.hash.slice() };
    taken += 1n;
    return ok(undefined);
  }

  return {
    get taken() {
      return taken;
    },
    get root() {
      return root;
    },
    take(steps) {
      for (const step of steps) {
        const taken = takeOne(step);
        if (!taken.ok) return taken;
      }
      return ok(undefined);
    },
    finish() {
      const signingSeed = store?.reserved(RESERVED.signingSeed);
      const encoded = store?.reserved(RESERVED.position);
      const position = encoded && decode(Position, encoded);
      if (store === undefined || block === undefined || signingSeed === undefined || !position?.ok)
        return fail({ code: "restore/incomplete" });
      return ok(wrap(context, keys, store, { root, position: position.value, block, signingSeed }));
    },
  };
}

function deltaContextOf(
  { genesisHash, cluster }: Context,
  block: BlockRef,
  previousRoot: Uint8Array,
  newRoot: Uint8Array,
): DeltaContext {
  return {
    genesisHash,
    cluster,
    keyVersion: KEY_VERSION,
    blockHash: block.hash,
    previousRoot,
    newRoot,
  };
}

function wrap(
  context: Context,
  keys: StateKeys,
  store: ClusterStore,
  start: {
    readonly root: Uint8Array;
    readonly position: Position;
    readonly block: BlockRef;
    readonly signingSeed: Uint8Array;
  },
): ReplicaState {
  let { root, position, block } = start;
  const signing = sr25519FromSeed(start.signingSeed);
  return {
    store,
    signing,
    get root() {
      return root;
    },
    get position() {
      return position;
    },
    get block() {
      return block;
    },
    step(at, writes, next) {
      const previousRoot = root;
      const sorted = store.sorted([
        ...writes,
        { contract: CLUSTER_ITSELF, key: RESERVED.position, value: encode(Position, next) },
      ]);
      const newRoot = store.apply(sorted, { ...context, blockHash: at.hash, previousRoot });
      const sealed = sealDelta(keys, deltaContextOf(context, at, previousRoot, newRoot), sorted);
      assert(sealed.ok, "the engine's write bound keeps a delta within its largest bucket");
      root = newRoot;
      position = next;
      block = at;
      return {
        block: at,
        previousRoot,
        newRoot,
        delta: sealed.value,
        deltaHash: blake2b256(sealed.value),
      };
    },
  };
}
