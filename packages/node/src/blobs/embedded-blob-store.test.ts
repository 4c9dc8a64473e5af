import { blake2b256 } from "@pha/crypto";
import { utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import { BLOB_RECORD_PREFIX, blobKey } from "../database/columns.ts";
import { type JournaledStore, openJournaledStore } from "../database/journaled-store.ts";
import { createMemoryStore } from "../database/memory-store.ts";
import type { WriteBatch } from "../database/write-batch.ts";
import type { BlobStore } from "./blob-store.ts";
import { openEmbeddedBlobStore } from "./embedded-blob-store.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const blob = (name: string, bytes = 100) => {
  const content = new Uint8Array(bytes);
  content.set(utf8(name));
  return { digest: blake2b256(content), content };
};

/** A store that notes its batches and can be made to fail before one. */
function aDisk() {
  const inner = openJournaledStore({
    backing: createMemoryStore(),
    onFailure: (error) => {
      throw error;
    },
  });
  const batches: WriteBatch[] = [];
  let left = Number.POSITIVE_INFINITY;
  const store: JournaledStore = {
    ...inner,
    batch(writes) {
      if (left-- <= 0) throw new Error("the process died");
      batches.push(writes);
      inner.batch(writes);
    },
  };
  return {
    store,
    batches,
    dieAfter(count: number) {
      left = count;
    },
    revive() {
      left = Number.POSITIVE_INFINITY;
    },
  };
}

const MAX = 4_000;
const one = { cluster: fill(1), since: 7 };
const [a, b, c] = [blob("a"), blob("b"), blob("c")];
const first = blob("first manifest", 50);
const second = blob("second manifest", 50);
const code = (result: ReturnType<BlobStore["putChunk"]>) => (result.ok ? "ok" : result.error.code);

/** Two manifests that share a chunk. */
function withManifests(store: BlobStore): void {
  store.putRoot({ ...one, digest: first.digest }, first.content, [a.digest, b.digest]);
  store.putRoot({ ...one, digest: second.digest }, second.content, [b.digest, c.digest]);
  for (const chunk of [a, b, c]) store.putChunk(chunk.digest, chunk.content);
}

/** Everything that lies in the database. */
function stored({ store }: ReturnType<typeof aDisk>): number {
  return store.range(BLOB_RECORD_PREFIX).length + store.range(blobKey(new Uint8Array(0))).length;
}

test("a chunk is taken when a manifest names it, and goes with the last that does", () => {
  const disk = aDisk();
  const store = openEmbeddedBlobStore(disk.store, MAX);
  expect(code(store.putChunk(a.digest, a.content))).toBe("blob/not-announced");
  withManifests(store);
  expect(store.usage).toEqual({ blobs: 5, bytes: 400, maxBytes: MAX });
  expect(store.get(b.digest)).toEqual(b.content);
  store.release(first.digest);
  expect([a, b, c].map(({ digest }) => store.has(digest))).toEqual([false, true, true]);
  store.release(first.digest);
  expect(store.usage).toEqual({ blobs: 3, bytes: 250, maxBytes: MAX });
  store.release(second.digest);
  expect(store.usage).toEqual({ blobs: 0, bytes: 0, maxBytes: MAX });
  expect(stored(disk)).toBe(0);
});

test("each change is one batch of the database", () => {
  const disk = aDisk();
  const store = openEmbeddedBlobStore(disk.store, MAX);
  withManifests(store);
  expect(disk.batches.length).toBe(5);
  store.release(first.digest);
  expect(disk.batches.length).toBe(6);
});

test("a process that dies at any batch comes back with counts that are right", () => {
  for (let at = 0; at < 7; at++) {
    const disk = aDisk();
    disk.dieAfter(at);
    try {
      const store = openEmbeddedBlobStore(disk.store, MAX);
      withManifests(store);
      store.release(first.digest);
      store.release(second.digest);
    } catch (error) {
      expect(String(error)).toContain("the process died");
    }
    disk.revive();
    const again = openEmbeddedBlobStore(disk.store, MAX);
    // What was under way is done again, and leads to the same.
    withManifests(again);
    expect(again.usage.bytes).toBe(400);
    for (const { digest } of [first, second]) again.release(digest);
    expect(stored(disk)).toBe(0);
  }
});

test("a store has a bound, and a cluster a quarter of it", () => {
  const store = openEmbeddedBlobStore(aDisk().store, MAX);
  const put = (cluster: number, name: string, bytes: number) => {
    const { digest, content } = blob(name, bytes);
    return code(store.putRoot({ cluster: fill(cluster), since: 1, digest }, content, []));
  };
  expect(put(1, "large", 900)).toBe("ok");
  expect(put(1, "more", 101)).toBe("blob/cluster-full");
  expect(put(1, "less", 100)).toBe("ok");
  for (const cluster of [2, 3, 4]) expect(put(cluster, `of ${cluster}`, 1000)).toBe("ok");
  expect(put(5, "x", 1)).toBe("blob/store-full");
});

test("what the chain names twice is kept once", () => {
  const store = openEmbeddedBlobStore(aDisk().store, MAX);
  store.putRoot({ ...one, digest: a.digest }, a.content, []);
  store.putRoot({ ...one, digest: a.digest }, a.content, []);
  expect(store.usage.blobs).toBe(1);
  store.release(a.digest);
  expect(store.usage.blobs).toBe(0);
});
