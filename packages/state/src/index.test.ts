import { fromHex, toHex } from "@pha/scale";
import { expect, test } from "vitest";
import * as state from "./index.ts";

test("exports exactly these names", () => {
  expect(Object.keys(state).sort()).toEqual([
    "EMPTY_ROOT",
    "HASHED_VALUE",
    "HashTable",
    "INLINE_VALUE",
    "MAX_KEY_BYTES",
    "MemoryNodes",
    "MemoryStore",
    "NO_VALUE",
    "applyChanges",
    "binaryString",
    "buildTrie",
    "checkTrie",
    "compareTries",
    "createOverlay",
    "createProof",
    "decodeCompactProof",
    "decodeNode",
    "encodeBranch",
    "encodeCompactProof",
    "encodeLeaf",
    "noSoundNodes",
    "openTrie",
    "orderedTrieRoot",
    "storagePrefix",
    "storageProof",
    "trieRoot",
    "verifyProof",
  ]);
});

test("the prefix of System.Account is the one that every Substrate tool uses", () => {
  expect(toHex(state.storagePrefix("System", "Account"))).toBe(
    "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9",
  );
});

test("MemoryStore reads what was written last, and keeps its own copies", () => {
  const store = new state.MemoryStore();
  const key = fromHex("0x00ff80");
  const value = Uint8Array.of(1);
  store.batch([
    { key, value: Uint8Array.of(9) },
    { key, value },
    { key: new Uint8Array(700).fill(3), value },
  ]);
  value[0] = 7;
  expect(store.get(key)).toEqual(Uint8Array.of(1));
  expect(store.get(new Uint8Array(700).fill(3))).toEqual(Uint8Array.of(1));
  store.batch([{ key, value: undefined }]);
  expect(store.get(key)).toBeUndefined();
  expect(store.size).toBe(1);
});

test("HashTable keeps hashes apart that agree in their first bytes", () => {
  const table = new state.HashTable<number>();
  const hashes = [1, 2, 3].map((last) => new Uint8Array(32).with(31, last));
  for (const [i, hash] of hashes.entries()) table.set(hash, i);
  table.set(new Uint8Array(32).with(31, 2), 20);
  expect(hashes.map((hash) => table.get(hash))).toEqual([0, 20, 2]);
  expect(hashes.map((hash) => table.delete(hash))).toEqual([true, true, true]);
  expect(table.delete(new Uint8Array(32))).toBe(false);
  expect(table.size).toBe(0);
});
