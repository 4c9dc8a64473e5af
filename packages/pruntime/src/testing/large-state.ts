/** A cluster's state of any size without the blocks that led to it, its snapshot, and what comes back of it. */
import { blake2b256 } from "@pha/crypto";
import { blobRefOf, CLUSTER_ITSELF, SnapshotManifest, type StateWrite } from "@pha/protocol";
import { assert, concatBytes, encode, u32 } from "@pha/scale";
import { loadState } from "../core/mirror.ts";
import { createState, type ExecutedStep, type ReplicaState } from "../core/replica-state.ts";
import { startRestore } from "../core/restore.ts";
import { readManifest } from "../core/snapshot-reader.ts";
import { keysByVersion } from "../core/state-keys.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const CONTEXT = { genesisHash: fill(1), cluster: fill(2), ring: { newest: 0, bytes: fill(3) } };
/** Plain bytes of one step, well below the bound of a delta. */
const STEP_BYTES = 200 << 10;
const CONTRACT = fill(4);

export interface LargeState {
  readonly bytes: number;
  readonly entries: number;
  /** Adds a step with so many writes of so many bytes each to new keys. */
  step(writes: number, valueBytes: number): ExecutedStep;
  /** Seals all of it; a chunk at a time. */
  snapshot(onChunk?: () => void): Taken;
}

export interface Taken {
  readonly chunks: readonly Uint8Array[];
  /** Everything from the blobs to the requests that fill an engine; gives the number of entries. */
  restore(): number;
}

/** @param valueBytes of each entry */
export function largeState(bytes: number, valueBytes: number): LargeState {
  let block = 1;
  let key = 0;
  const { state } = createState(CONTEXT, {
    signingSeed: fill(5),
    block: { number: block, hash: hashOf(block) },
    writes: [],
    position: { block, index: 0 },
  });

  function writesOf(count: number, length: number): StateWrite[] {
    return Array.from({ length: count }, () => {
      const seed = blake2b256(encode(u32, ++key));
      const value = new Uint8Array(length);
      for (let at = 0; at < length; at += 32) value.set(seed.subarray(0, length - at), at);
      return { contract: CONTRACT, key: concatBytes(encode(u32, key), seed), value };
    });
  }

  function step(count: number, length: number): ExecutedStep {
    block += 1;
    const at = { number: block, hash: hashOf(block) };
    return state.step(at, writesOf(count, length), { block, index: 0 });
  }

  while (state.store.bytes < bytes) step(Math.ceil(STEP_BYTES / (valueBytes + 100)), valueBytes);
  return {
    get bytes() {
      return state.store.bytes;
    },
    get entries() {
      return state.store.entries().length;
    },
    step,
    snapshot: (onChunk) => take(state, onChunk),
  };
}

function hashOf(block: number): Uint8Array {
  return blake2b256(encode(u32, block));
}

function take(state: ReplicaState, onChunk: () => void = () => undefined): Taken {
  const { index, block, previousRoot, root, keyVersion } = state;
  const writer = state.snapshot();
  const chunks: Uint8Array[] = [];
  for (let chunk = writer.next(); chunk; chunk = writer.next()) {
    chunks.push(chunk);
    onChunk();
  }
  const manifest = encode(SnapshotManifest, { chunks: chunks.map(blake2b256) });
  const name = { index, block, previousRoot, root, keyVersion };
  const snapshot = { ...name, manifest: blobRefOf(manifest), chunks: chunks.length };
  return {
    chunks,
    restore() {
      const restore = startRestore(CONTEXT, keysByVersion(CONTEXT.ring, CONTEXT));
      const digests = readManifest(snapshot, manifest);
      assert(digests.ok, "the manifest is its own");
      const reader = restore.snapshotReader(snapshot, digests.value);
      for (const chunk of chunks) assert(reader?.take(chunk).ok, "chunks are their own");
      assert(reader && restore.startAt(snapshot, reader).ok, "the state has its root");
      const finished = restore.finish();
      assert(finished.ok, "the state is whole");
      const entries = finished.value.store.entries();
      let loaded = 0;
      for (const request of loadState(entries))
        if (request.type === "load-state") loaded += request.entries.length;
      const own = entries.filter(({ contract }) =>
        contract.every((b, i) => b === CLUSTER_ITSELF[i]),
      );
      return loaded + own.length;
    },
  };
}
