/**
 * The disk dies at every single write while blobs come and go. The next start has what was acknowledged, no half of anything:
 * each content under its name, counts that are right, nothing that nobody refers to; and going on ends where an undisturbed
 * run ends.
 */
import { blake2b256 } from "@pha/crypto";
import { SEALED_CHUNK_BYTES, SnapshotManifest, STORAGE } from "@pha/protocol";
import { encode, toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import type { Chain, ChainEvent } from "../chain/chain.ts";
import { BLOB_RECORD_PREFIX, blobKey } from "../database/columns.ts";
import { type JournaledStore, openJournaledStore } from "../database/journaled-store.ts";
import { createEmitter } from "../event-source.ts";
import { FaultDisk } from "../testing/fault-disk.ts";
import { GRACE_BLOCKS, LOOK_BLOCKS, startBlobKeeper } from "./blob-keeper.ts";
import type { BlobStore } from "./blob-store.ts";
import { openEmbeddedBlobStore } from "./embedded-blob-store.ts";

const cluster = new Uint8Array(32).fill(1);
const blobOf = (content: Uint8Array) => ({ digest: blake2b256(content), content });
const manifestOf = (chunks: readonly { readonly digest: Uint8Array }[]) =>
  blobOf(encode(SnapshotManifest, { chunks: chunks.map(({ digest }) => digest) }));

function open(disk: FaultDisk): JournaledStore {
  return openJournaledStore({
    backing: disk.backing(),
    files: disk.journal(),
    onFailure: () => {},
    segmentBytes: 2_000,
  });
}

/** What must hold of a database whenever somebody looks. */
function expectWhole(store: JournaledStore, blobs: BlobStore): void {
  const contents = store.range(blobKey(new Uint8Array(0)));
  const prefix = blobKey(new Uint8Array(0)).length;
  for (const [key, content] of contents)
    expect(toHex(blake2b256(content))).toBe(toHex(key.slice(prefix)));
  const bytes = contents.reduce((sum, [, content]) => sum + content.length, 0);
  expect(blobs.usage).toMatchObject({ blobs: contents.length, bytes });
  for (const [key] of contents) expect(blobs.has(key.slice(prefix))).toBe(true);
  for (const { digest } of blobs.roots()) expect(blobs.get(digest)).toBeDefined();
}

describe("a node's blobs, whose disk dies at any write", () => {
  const [a, b, c] = [utf8("chunk a"), utf8("chunk b"), utf8("chunk c")].map(blobOf) as [
    ReturnType<typeof blobOf>,
    ReturnType<typeof blobOf>,
    ReturnType<typeof blobOf>,
  ];
  const delta = blobOf(utf8("a sealed delta"));
  const older = manifestOf([a, b]);
  const newer = manifestOf([b, c]);
  const root = (digest: Uint8Array) => ({ cluster, since: 1, digest });

  /** Snapshots follow each other and share a chunk; a delta comes and goes. Each step once more changes nothing. */
  const STEPS: readonly ((blobs: BlobStore) => unknown)[] = [
    (blobs) => blobs.putRoot(root(older.digest), older.content, [a.digest, b.digest]),
    (blobs) => blobs.putChunk(a.digest, a.content),
    (blobs) => blobs.putRoot(root(delta.digest), delta.content, []),
    (blobs) => blobs.putChunk(b.digest, b.content),
    (blobs) => blobs.putRoot(root(newer.digest), newer.content, [b.digest, c.digest]),
    (blobs) => blobs.putChunk(c.digest, c.content),
    (blobs) => blobs.release(delta.digest),
    (blobs) => blobs.release(older.digest),
  ];

  /** Steps that were acknowledged before the end. */
  async function run(disk: FaultDisk): Promise<number> {
    let done = 0;
    try {
      const store = open(disk);
      const blobs = openEmbeddedBlobStore(store, 10_000);
      for (const step of STEPS) {
        step(blobs);
        done++;
        if (done % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await store.close();
    } catch {
      // The disk died: what counts is what the next start finds.
    }
    return done;
  }

  /** What is there after so many steps. */
  function presentAfter(steps: number): readonly string[] {
    const store = open(new FaultDisk());
    const blobs = openEmbeddedBlobStore(store, 10_000);
    for (const step of STEPS.slice(0, steps)) step(blobs);
    return present(blobs);
  }

  const present = (blobs: BlobStore): readonly string[] =>
    [a, b, c, delta, older, newer].flatMap(({ digest }) =>
      blobs.has(digest) ? [toHex(digest)] : [],
    );

  test.each([
    "process",
    "machine",
  ] as const)("have every acknowledged step and no half of one when the %s ends", async (died) => {
    const whole = new FaultDisk();
    expect(await run(whole)).toBe(STEPS.length);
    expect(whole.points).toBeGreaterThan(20);
    const end = presentAfter(STEPS.length);
    for (let dieAt = 1; dieAt <= whole.points; dieAt++)
      for (const torn of [0, 1, 40, 1_000]) {
        const disk = new FaultDisk({ dieAt });
        const acknowledged = await run(disk);
        const store = open(disk.survivor({ torn, died }));
        const blobs = openEmbeddedBlobStore(store, 10_000);
        expectWhole(store, blobs);
        const possible = [presentAfter(acknowledged), presentAfter(acknowledged + 1)];
        expect(possible).toContainEqual(present(blobs));
        // What came before is not brought again: the step that was cut, and those after it.
        for (const step of STEPS.slice(acknowledged)) step(blobs);
        expectWhole(store, blobs);
        expect(present(blobs)).toEqual(end);
        blobs.release(newer.digest);
        expect(store.range(BLOB_RECORD_PREFIX)).toEqual([]);
        expect(blobs.usage).toMatchObject({ blobs: 0, bytes: 0 });
      }
  }, 60_000);
});

describe("a keeper whose disk dies while it lets go what the chain forgot", () => {
  const chunk = blobOf(new Uint8Array(SEALED_CHUNK_BYTES).fill(3));
  const snapshot = manifestOf([chunk]);
  const delta = blobOf(utf8("a sealed delta"));

  /** A keeper over this disk, and a chain that refers to what `named` holds. */
  function keeperOn(store: JournaledStore, named: ReadonlyMap<string, Uint8Array>, from: number) {
    let number = from;
    const events = createEmitter<ChainEvent>(() => undefined);
    const head = () => ({ hash: cluster, header: { number }, number });
    const chain = {
      get best() {
        return head();
      },
      get finalized() {
        return head();
      },
      events,
      stateOf: () => ({ get: (key: Uint8Array) => named.get(toHex(key)) }),
    } as unknown as Chain;
    const blobs = openEmbeddedBlobStore(store, 4 * 2 ** 30);
    return {
      blobs,
      keeper: startBlobKeeper({ chain, store: blobs, nowMs: () => 0 }),
      finalize(to: number) {
        number = to;
        events.emit({ type: "finalized" } as never);
      },
    };
  }

  const named = new Map(
    [
      { ...snapshot, isManifest: true },
      { ...delta, isManifest: false },
    ].map(({ digest, content, isManifest }) => [
      toHex(STORAGE.blob.key(digest)),
      encode(STORAGE.blob.value, {
        cluster,
        bytes: content.length,
        isManifest,
        references: 1,
        receipts: [],
      }),
    ]),
  );
  const FORGOTTEN = new Map<string, Uint8Array>();
  const GONE_AT = 10 + GRACE_BLOCKS + LOOK_BLOCKS;

  /** Blobs come; then the chain refers to none of them any more. */
  async function run(disk: FaultDisk): Promise<void> {
    try {
      const store = open(disk);
      const { keeper } = keeperOn(store, named, 10);
      for (const { digest, content } of [delta, snapshot, chunk])
        await keeper.put(1, digest, content);
      keeper.stop();
      keeperOn(store, FORGOTTEN, 10).finalize(GONE_AT);
      await store.close();
    } catch {
      // The disk died.
    }
  }

  test("the next start lets the rest go, and nothing that the chain refers to", async () => {
    const whole = new FaultDisk();
    await run(whole);
    expect(whole.points).toBeGreaterThan(10);
    for (let dieAt = 1; dieAt <= whole.points; dieAt++) {
      const disk = new FaultDisk({ dieAt });
      await run(disk);
      const store = open(disk.survivor({ torn: (dieAt * 37) % 400 }));
      const kept = keeperOn(store, named, GONE_AT);
      expectWhole(store, kept.blobs);
      const before = kept.blobs.usage;
      kept.finalize(GONE_AT + LOOK_BLOCKS);
      expect(kept.blobs.usage).toEqual(before);
      kept.keeper.stop();
      const forgetful = keeperOn(store, FORGOTTEN, GONE_AT);
      forgetful.finalize(GONE_AT + GRACE_BLOCKS + LOOK_BLOCKS);
      expectWhole(store, forgetful.blobs);
      expect(forgetful.blobs.usage).toMatchObject({ blobs: 0, bytes: 0 });
      expect(store.range(BLOB_RECORD_PREFIX)).toEqual([]);
    }
  });
});
