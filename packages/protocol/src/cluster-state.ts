/**
 * Encrypted state of a cluster (protocol §5): keyed paths, hiding leaves, chained roots, sealed deltas.
 */
import { blake2b256, blake2bKeyed, hkdfExpand, sivOpen, sivSeal } from "@pha/crypto";
import {
  boundedBytes,
  type CodecType,
  compareBytes,
  concatBytes,
  decode,
  encode,
  fail,
  ok,
  option,
  type Result,
  struct,
  tuple,
  u32,
  vec,
} from "@pha/scale";
import { DOMAIN } from "./domain.ts";
import { Hash } from "./ids.ts";
import { DELTA_BUCKETS, type PaddingError, pad, unpad } from "./padding.ts";

export const MAX_KEY_BYTES = 128;
export const MAX_VALUE_BYTES = 64 << 10;
/** Padded size of a block's delta, 256 KiB. */
export const MAX_DELTA_BYTES = DELTA_BUCKETS.at(-1) ?? 0;

/** Keys derived from the state key; `pathKey` is made once and then lives in the state itself. */
export interface StateKeys {
  readonly saltKey: Uint8Array;
  readonly macKey: Uint8Array;
  readonly encKey: Uint8Array;
}

const Derivation = struct({ genesisHash: Hash, cluster: Hash, version: u32 });

function deriveKey(stateKey: Uint8Array, label: Uint8Array, context: StateKeyContext): Uint8Array {
  return hkdfExpand(stateKey, concatBytes(label, encode(Derivation, context)), 32);
}

export interface StateKeyContext {
  readonly genesisHash: Uint8Array;
  readonly cluster: Uint8Array;
  /** Counts rotations of the state key, from 0. */
  readonly version: number;
}

export function deriveStateKeys(stateKey: Uint8Array, context: StateKeyContext): StateKeys {
  return {
    saltKey: deriveKey(stateKey, DOMAIN.saltKey, context),
    macKey: deriveKey(stateKey, DOMAIN.macKey, context),
    encKey: deriveKey(stateKey, DOMAIN.encKey, context),
  };
}

/** Made with the cluster's first state key. */
export function derivePathKey(stateKey: Uint8Array, context: StateKeyContext): Uint8Array {
  return deriveKey(stateKey, DOMAIN.pathKey, context);
}

const PathInput = tuple(Hash, boundedBytes(MAX_KEY_BYTES));

/** Where `key` of `contract` lies in the cluster's trie: 32 bytes that tell nothing without `pathKey`. */
export function statePath(pathKey: Uint8Array, contract: Uint8Array, key: Uint8Array): Uint8Array {
  return blake2bKeyed(pathKey, encode(PathInput, [contract, key]), 32);
}

/** Makes a leaf hide small values; 16 bytes. */
export function stateSalt(saltKey: Uint8Array, path: Uint8Array, value: Uint8Array): Uint8Array {
  return blake2bKeyed(saltKey, concatBytes(path, value), 16);
}

const LEAF = Uint8Array.of(0);

/** Value stored in the trie under `path`; a receipt opens it with salt and value. */
export function stateLeaf(path: Uint8Array, salt: Uint8Array, value: Uint8Array): Uint8Array {
  return blake2b256(concatBytes(LEAF, path, salt, value));
}

export interface RootContext {
  readonly genesisHash: Uint8Array;
  readonly cluster: Uint8Array;
  readonly blockHash: Uint8Array;
  readonly previousRoot: Uint8Array;
}

/** Root that replicas vote on: binds the trie to chain, cluster, block and history. */
export function clusterRoot(context: RootContext, trieRoot: Uint8Array): Uint8Array {
  const { genesisHash, cluster, blockHash, previousRoot } = context;
  return blake2b256(
    concatBytes(DOMAIN.root, genesisHash, cluster, blockHash, previousRoot, trieRoot),
  );
}

/** Previous root of a cluster's first commit. */
export const NO_ROOT = new Uint8Array(32);

/** One write of a delta; `value` is absent for a removal. */
export const StateWrite = struct({
  contract: Hash,
  key: boundedBytes(MAX_KEY_BYTES),
  value: option(boundedBytes(MAX_VALUE_BYTES)),
});
export type StateWrite = CodecType<typeof StateWrite>;
export const Delta = vec(StateWrite, 1 << 16);

/** Context that a sealed delta is bound to. */
const DeltaContext = struct({
  genesisHash: Hash,
  cluster: Hash,
  keyVersion: u32,
  blockHash: Hash,
  previousRoot: Hash,
  newRoot: Hash,
});
export type DeltaContext = CodecType<typeof DeltaContext>;

function deltaContext(context: DeltaContext): Uint8Array {
  return concatBytes(DOMAIN.delta, encode(DeltaContext, context));
}

/** Deterministic encryption: replicas make equal bytes. Writes must be sorted by path. */
export function sealDelta(
  keys: StateKeys,
  context: DeltaContext,
  writes: readonly StateWrite[],
): Result<Uint8Array, PaddingError> {
  const padded = pad(encode(Delta, writes), DELTA_BUCKETS);
  if (!padded.ok) return padded;
  return ok(
    sivSeal({
      macKey: keys.macKey,
      encKey: keys.encKey,
      context: deltaContext(context),
      plaintext: padded.value,
    }),
  );
}

export function openDelta(
  keys: StateKeys,
  context: DeltaContext,
  sealed: Uint8Array,
): Result<readonly StateWrite[], { readonly code: "delta/not-opened" | "delta/malformed" }> {
  const plaintext = sivOpen({
    macKey: keys.macKey,
    encKey: keys.encKey,
    context: deltaContext(context),
    sealed,
  });
  if (plaintext === undefined) return fail({ code: "delta/not-opened" });
  const content = unpad(plaintext, DELTA_BUCKETS);
  if (!content.ok) return fail({ code: "delta/malformed" });
  const writes = decode(Delta, content.value);
  return writes.ok ? writes : fail({ code: "delta/malformed" });
}

/** Order of writes in a delta. */
export function compareWrites(pathKey: Uint8Array): (a: StateWrite, b: StateWrite) => number {
  return (a, b) =>
    compareBytes(statePath(pathKey, a.contract, a.key), statePath(pathKey, b.contract, b.key));
}
