import { blake2b256 } from "@pha/crypto";
import { cidText, SEALED_CHUNK_BYTES, SnapshotManifest, STORAGE } from "@pha/protocol";
import { encode, PhaError, toHex, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import type { Chain, ChainEvent, ImportedBlock } from "../chain/chain.ts";
import { openJournaledStore } from "../database/journaled-store.ts";
import { createMemoryStore } from "../database/memory-store.ts";
import { createEmitter } from "../event-source.ts";
import { GRACE_BLOCKS, LOOK_BLOCKS, startBlobKeeper } from "./blob-keeper.ts";
import { openEmbeddedBlobStore } from "./embedded-blob-store.ts";

const cluster = new Uint8Array(32).fill(1);
const chunk = new Uint8Array(SEALED_CHUNK_BYTES).fill(3);
const manifest = encode(SnapshotManifest, { chunks: [blake2b256(chunk)] });
const delta = utf8("a sealed delta");

/** A chain of which tests say what it refers to, best and finalized alike. */
function aKeeper() {
  const named = new Map<string, Uint8Array>();
  let number = 10;
  let nowMs = 0;
  const events = createEmitter<ChainEvent>(() => undefined);
  const head = (): ImportedBlock => {
    const header = { parentHash: cluster, stateRoot: cluster, extrinsicsRoot: cluster, digest: [] };
    return { hash: cluster, header: { ...header, number }, number };
  };
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
  const store = openJournaledStore({ backing: createMemoryStore(), onFailure: () => undefined });
  const blobs = openEmbeddedBlobStore(store, 4 * 2 ** 30);
  const keeper = startBlobKeeper({ chain, store: blobs, nowMs: () => nowMs });
  return {
    keeper,
    announce(content: Uint8Array, isManifest = false, bytes = content.length) {
      const blob = { cluster, bytes, isManifest, references: 1, receipts: [] };
      named.set(toHex(STORAGE.blob.key(blake2b256(content))), encode(STORAGE.blob.value, blob));
    },
    forget: (content: Uint8Array) => named.delete(toHex(STORAGE.blob.key(blake2b256(content)))),
    finalize(to: number) {
      number = to;
      const block = head();
      events.emit({
        type: "finalized",
        blocks: [block],
        pruned: [],
        justification: cluster,
      } as never);
    },
    pass(ms: number) {
      nowMs += ms;
    },
    async put(content: Uint8Array, digest = blake2b256(content), caller = 1): Promise<string> {
      try {
        await keeper.put(caller, digest, content);
        return "ok";
      } catch (error) {
        return error instanceof PhaError ? error.code : String(error);
      }
    },
  };
}

test("a blob is kept when the chain refers to it, and given to whoever asks", async () => {
  const { keeper, announce, put } = aKeeper();
  expect(await put(delta)).toBe("blob/not-announced");
  announce(delta);
  expect(await put(delta)).toBe("ok");
  expect(await put(delta)).toBe("ok");
  expect(keeper.get(blake2b256(delta))).toEqual(delta);
  expect(keeper.get(blake2b256(chunk))).toBeUndefined();
  expect(cidText(blake2b256(delta))).toMatch(/^bafk2bza/);
});

test("chunks follow their manifest", async () => {
  const { announce, put } = aKeeper();
  expect(await put(chunk)).toBe("blob/not-announced");
  announce(manifest, true);
  expect(await put(chunk)).toBe("blob/not-announced");
  expect(await put(manifest)).toBe("ok");
  expect(await put(chunk)).toBe("ok");
});

test("what does not hash, is longer than the chain says or no manifest is refused", async () => {
  const { announce, put } = aKeeper();
  announce(delta);
  expect(await put(utf8("another"), blake2b256(delta))).toBe("blob/other-content");
  announce(delta, false, 3);
  expect(await put(delta)).toBe("blob/other-length");
  // A vote that lies about the length must not keep a blob away.
  announce(delta, false, delta.length + 1);
  expect(await put(delta)).toBe("ok");
  announce(utf8("no manifest"), true);
  expect(await put(utf8("no manifest"))).toBe("blob/bad-manifest");
});

test("a blob stays while the chain refers to it, and through reorganisations after it came", async () => {
  const { keeper, announce, forget, finalize, put } = aKeeper();
  for (const [content, isManifest] of [
    [delta, false],
    [manifest, true],
  ] as const) {
    announce(content, isManifest);
    await put(content);
  }
  await put(chunk);
  forget(delta);
  forget(manifest);
  finalize(10 + LOOK_BLOCKS);
  expect(keeper.usage.blobs).toBe(3);
  announce(manifest, true);
  finalize(10 + GRACE_BLOCKS);
  expect(keeper.get(blake2b256(delta))).toBeUndefined();
  expect(keeper.usage.blobs).toBe(2);
  forget(manifest);
  finalize(12 + GRACE_BLOCKS);
  expect(keeper.usage.blobs).toBe(2);
  finalize(10 + GRACE_BLOCKS + LOOK_BLOCKS);
  expect(keeper.usage).toMatchObject({ blobs: 0, bytes: 0 });
});

test("one caller brings so much in a minute, others are not concerned", async () => {
  const { pass, put } = aKeeper();
  const large = new Uint8Array(64 << 20);
  const wrong = new Uint8Array(32);
  for (let i = 0; i < 6; i++) expect(await put(large, wrong)).toBe("blob/other-content");
  expect(await put(large, wrong)).toBe("blob/too-much");
  expect(await put(large, wrong, 2)).toBe("blob/other-content");
  pass(60_000);
  expect(await put(large, wrong)).toBe("blob/other-content");
});
