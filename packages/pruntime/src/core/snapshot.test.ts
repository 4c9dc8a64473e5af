import { blake2b256 } from "@pha/crypto";
import {
  blobRefOf,
  deriveStateKeys,
  type Snapshot,
  SnapshotManifest,
  type StateStep,
  type StateWrite,
} from "@pha/protocol";
import { encode, equalBytes, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { createState, type ExecutedStep, type ReplicaState, stepDelta } from "./replica-state.ts";
import { startRestore } from "./restore.ts";
import { readManifest } from "./snapshot-reader.ts";
import { keysByVersion } from "./state-keys.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const context = { genesisHash: fill(1), cluster: fill(2), ring: { newest: 0, bytes: fill(3) } };
const blockAt = (number: number) => ({ number, hash: fill(100 + number) });

function write(name: string, bytes: number): StateWrite {
  return { contract: fill(4), key: utf8(name), value: new Uint8Array(bytes).fill(name.length) };
}

/** A state of some hundred kilobytes after five steps. */
function aState(of = context): {
  readonly state: ReplicaState;
  readonly steps: readonly ExecutedStep[];
} {
  const { state, first } = createState(of, {
    signingSeed: fill(5),
    block: blockAt(1),
    writes: Array.from({ length: 40 }, (_, i) => write(`value ${i}`, 100 * i)),
    position: { block: 1, index: 0 },
  });
  const steps = [first];
  for (let block = 2; block <= 5; block++) {
    const large = Array.from({ length: 3 }, (_, i) => write(`large ${block} ${i}`, 60_000));
    steps.push(
      state.step(blockAt(block), [...large, write("value 3", block)], { block, index: 0 }),
    );
  }
  return { state, steps };
}

interface Taken {
  readonly snapshot: Snapshot;
  readonly manifest: Uint8Array;
  readonly chunks: readonly Uint8Array[];
}

function take(state: ReplicaState): Taken {
  const { index, block, previousRoot, root, keyVersion } = state;
  const writer = state.snapshot();
  const chunks: Uint8Array[] = [];
  for (let chunk = writer.next(); chunk; chunk = writer.next()) chunks.push(chunk);
  const manifest = encode(SnapshotManifest, { chunks: chunks.map(blake2b256) });
  const name = { index, block, previousRoot, root, keyVersion };
  const snapshot = { ...name, manifest: blobRefOf(manifest), chunks: chunks.length };
  return { snapshot, manifest, chunks };
}

function stepOf(step: ExecutedStep): StateStep {
  const { block, previousRoot, newRoot } = step;
  const roots = { previousRoot, newRoot };
  const name = { block, generation: 1n, epoch: 1n, keyVersion: 0, ...roots };
  return { ...name, delta: stepDelta(step), replies: [] };
}

/** State out of a snapshot, or why not. */
function restored({ snapshot, manifest, chunks }: Taken, of = context): ReplicaState | string {
  const restore = startRestore(of, keysByVersion(of.ring, of));
  const digests = readManifest(snapshot, manifest);
  if (!digests.ok) return digests.error.code;
  const reader = restore.snapshotReader(snapshot, digests.value);
  if (!reader) return "no key";
  for (const chunk of chunks) {
    const taken = reader.take(chunk);
    if (!taken.ok) return taken.error.code;
  }
  const started = restore.startAt(snapshot, reader);
  if (!started.ok) return started.error.code;
  const finished = restore.finish();
  return finished.ok ? finished.value : finished.error.code;
}

const { state, steps } = aState();
const taken = take(state);

describe("a snapshot", () => {
  test("is cut in chunks, the same at every replica, also when the state was restored", () => {
    expect(taken.chunks.length).toBe(4);
    const other = take(aState().state);
    expect(equalBytes(other.manifest, taken.manifest)).toBe(true);
    const again = restored(taken);
    if (typeof again === "string") throw new Error(again);
    expect(equalBytes(take(again).manifest, taken.manifest)).toBe(true);
  });

  test("gives back root, position, signing key and every entry, and goes on as the original does", () => {
    const again = restored(taken);
    if (typeof again === "string") throw new Error(again);
    expect(again.root).toEqual(state.root);
    expect(again.position).toEqual({ block: 5, index: 0 });
    expect(again.index).toBe(4n);
    expect(again.signing).toEqual(state.signing);
    expect(again.store.get(fill(4), utf8("value 3"))?.value).toEqual(new Uint8Array(5).fill(7));
    expect(again.store.entries().length).toBe(state.store.entries().length);
    const original = aState().state;
    const next = [write("later", 10)];
    const a = original.step(blockAt(6), next, { block: 6, index: 0 });
    const b = again.step(blockAt(6), next, { block: 6, index: 0 });
    expect(b.newRoot).toEqual(a.newRoot);
    expect(b.delta).toEqual(a.delta);
  });

  test("is of the moment at which it began, whatever is written meanwhile", () => {
    const busy = aState().state;
    const writer = busy.snapshot();
    const first = writer.next();
    busy.step(
      blockAt(6),
      [write("value 3", 5000), { ...write("large 2 0", 0), value: undefined }],
      {
        block: 6,
        index: 0,
      },
    );
    const chunks = first ? [first] : [];
    for (let chunk = writer.next(); chunk; chunk = writer.next()) chunks.push(chunk);
    expect(chunks.map(blake2b256)).toEqual(taken.chunks.map(blake2b256));
  });

  test("of another state key differs in every chunk", () => {
    const other = take(aState({ ...context, ring: { newest: 0, bytes: fill(9) } }).state);
    const known = new Set(taken.chunks.map((chunk) => blake2b256(chunk).join()));
    expect(other.chunks.some((chunk) => known.has(blake2b256(chunk).join()))).toBe(false);
  });
});

/** Chunks whose digests are put right, so that only what is inside can be wrong. */
function named(chunks: readonly Uint8Array[], snapshot: Snapshot = taken.snapshot): Taken {
  const manifest = encode(SnapshotManifest, { chunks: chunks.map(blake2b256) });
  return {
    manifest,
    chunks,
    snapshot: { ...snapshot, manifest: blobRefOf(manifest), chunks: chunks.length },
  };
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
};
const [one, two, three, four] = taken.chunks as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const foreign = take(aState({ ...context, cluster: fill(7) }).state);
/** Of a state that never was final. */
const forged = (() => {
  const other = aState().state;
  other.step(blockAt(6), [write("never", 1)], { block: 6, index: 0 });
  return take(other);
})();

describe("what is refused", () => {
  test.each<readonly [code: string, what: string, taken: Taken]>([
    [
      "snapshot/other-blob",
      "a changed manifest",
      { ...taken, manifest: flipped(taken.manifest, 9) },
    ],
    ["snapshot/other-blob", "a cut manifest", { ...taken, manifest: taken.manifest.slice(0, -1) }],
    ["snapshot/other-blob", "a foreign manifest", { ...taken, manifest: foreign.manifest }],
    [
      "snapshot/other-blob",
      "a changed chunk",
      { ...taken, chunks: [flipped(one, 99), two, three, four] },
    ],
    ["snapshot/other-blob", "a cut chunk", { ...taken, chunks: [one.slice(1), two, three, four] }],
    [
      "snapshot/other-blob",
      "chunks in another order",
      { ...taken, chunks: [two, one, three, four] },
    ],
    ["snapshot/other-blob", "garbage", { ...taken, chunks: [new Uint8Array(one.length)] }],
    ["snapshot/other-blob", "a chunk too many", { ...taken, chunks: [...taken.chunks, four] }],
    ["snapshot/malformed", "a chunk too few", { ...taken, chunks: [one, two, three] }],
    ["snapshot/malformed", "no chunk", named([])],
    [
      "snapshot/malformed",
      "another count than on chain",
      { ...taken, snapshot: { ...taken.snapshot, chunks: 5 } },
    ],
    ["snapshot/not-opened", "named garbage", named([new Uint8Array(one.length), two, three, four])],
    ["snapshot/not-opened", "named chunks in another order", named([two, one, three, four])],
    ["snapshot/not-opened", "one named chunk less", named([one, two, three])],
    ["snapshot/not-opened", "a foreign cluster's snapshot", foreign],
    [
      "snapshot/not-opened",
      "another root than the chunks'",
      named(taken.chunks, { ...taken.snapshot, root: fill(8) }),
    ],
    [
      "snapshot/wrong-root",
      "another block than the root's",
      { ...taken, snapshot: { ...taken.snapshot, block: blockAt(9) } },
    ],
    [
      "snapshot/wrong-root",
      "another root before",
      { ...taken, snapshot: { ...taken.snapshot, previousRoot: fill(8) } },
    ],
    [
      "no key",
      "a version of the state key that is not here",
      { ...taken, snapshot: { ...taken.snapshot, keyVersion: 1 } },
    ],
  ])("%s: %s", (code, _, wrong) => {
    expect(restored(wrong)).toBe(code);
  });

  test("snapshot/not-opened: a snapshot of another state key", () => {
    expect(restored(taken, { ...context, ring: { newest: 0, bytes: fill(9) } })).toBe(
      "snapshot/not-opened",
    );
  });

  test("a state that never was final opens and has not the root: a snapshot that trusts its own root would take it", () => {
    const { chunks, manifest, snapshot } = forged;
    // The weakened form: whoever believes the snapshot's own word.
    expect(typeof restored(forged)).toBe("object");
    const { index, block, previousRoot, root } = taken.snapshot;
    const final = { ...snapshot, index, block, previousRoot, root };
    expect(restored({ chunks, manifest, snapshot: final })).toBe("snapshot/not-opened");
  });
});

test("steps after a snapshot lead on from it, also one whose delta is a blob", () => {
  const original = aState().state;
  const large = original.step(
    blockAt(6),
    Array.from({ length: 3 }, (_, i) => write(`more ${i}`, 50_000)),
    { block: 6, index: 0 },
  );
  const restore = startRestore(context, keysByVersion(context.ring, context));
  const digests = readManifest(taken.snapshot, taken.manifest);
  const reader = digests.ok ? restore.snapshotReader(taken.snapshot, digests.value) : undefined;
  for (const chunk of taken.chunks) expect(reader?.take(chunk).ok).toBe(true);
  expect(reader && restore.startAt(taken.snapshot, reader).ok).toBe(true);
  expect(restore.next).toBe(5n);
  const step = stepOf(large);
  expect(step.delta.type).toBe("Blob");
  const OTHER_BLOB = { ok: false, error: { code: "restore/other-blob" } };
  expect(restore.take(step)).toEqual(OTHER_BLOB);
  expect(restore.take(step, flipped(large.delta, 20))).toEqual(OTHER_BLOB);
  expect(restore.take(step, large.delta).ok).toBe(true);
  expect(equalBytes(restore.root, original.root)).toBe(true);
  const before = steps[0];
  expect(before && restore.take(stepOf(before)).ok).toBe(false);
});

test("leaves keep the salts of their time: the key that made them is not needed", () => {
  const salts = state.store.entries().map(({ salt }) => salt.join());
  expect(new Set(salts).size).toBe(salts.length);
  const again = restored(taken);
  if (typeof again === "string") throw new Error(again);
  expect(new Set(again.store.entries().map(({ salt }) => salt.join()))).toEqual(new Set(salts));
  // Under another key none of them would come out.
  const { saltKey } = deriveStateKeys(fill(9), { ...context, version: 1 });
  expect(saltKey).not.toEqual(deriveStateKeys(fill(3), { ...context, version: 0 }).saltKey);
});
