import { blake2b256 } from "@pha/crypto";
import { toHex, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import { applyChanges } from "./apply-changes.ts";
import { buildTrie } from "./build-trie.ts";
import { checkTrie, noSoundNodes } from "./check-trie.ts";
import { EMPTY_ROOT, openTrie } from "./trie.ts";

/** A trie in a store whose entries can be taken away; some values stand outside. `next` has one of them changed. */
function keyedNodes(count: number) {
  const entries = new Map<string, Uint8Array>();
  let reads = 0;
  const store = {
    getNode: (hash: Uint8Array) => {
      reads++;
      return entries.get(toHex(hash));
    },
  };
  const putAll = (inserted: readonly { hash: Uint8Array; bytes: Uint8Array }[]) => {
    for (const { hash, bytes } of inserted) entries.set(toHex(hash), bytes);
  };
  const key = (i: number) => blake2b256(utf8(`key ${i}`));
  const built = buildTrie(
    Array.from({ length: count }, (_, i) => [key(i), new Uint8Array(1 + (i % 50)).fill(i)]),
    1,
  );
  putAll(built.inserted);
  const changed = applyChanges(openTrie({ root: built.root, version: 1, nodes: store }), [
    [key(0), utf8("changed")],
  ]);
  putAll(changed.inserted);
  return { entries, store, root: built.root, next: changed.root, reads: () => reads };
}

test("a whole trie is whole, and what it shares with another is not read again", () => {
  const { store, root, next, reads } = keyedNodes(300);
  const sound = noSoundNodes();
  expect(checkTrie(store, root, sound)).toBeUndefined();
  expect(sound.size).toBeGreaterThan(100);
  const before = reads();
  expect(checkTrie(store, next, sound)).toBeUndefined();
  expect(reads() - before).toBeLessThan(30);
  expect(checkTrie(store, EMPTY_ROOT, sound)).toBeUndefined();
});

test("every node and outside value that is missing or changed is found, and nothing counts as whole then", () => {
  const { entries, store, next } = keyedNodes(40);
  const whole = noSoundNodes();
  checkTrie(store, next, whole);
  let faults = 0;
  for (const [name, bytes] of [...entries]) {
    entries.delete(name);
    const sound = noSoundNodes();
    const fault = checkTrie(store, next, sound);
    if (fault) {
      faults++;
      expect(fault.kind).toBe("missing");
      expect(sound.size).toBe(0);
      entries.set(name, bytes.with(0, (bytes[0] ?? 0) ^ 1));
      expect(checkTrie(store, next, sound)?.kind).toBe("wrong-bytes");
    }
    entries.set(name, bytes);
  }
  expect(faults).toBeGreaterThan(whole.size);
});

test("bytes that are no node are malformed, though their hash is right", () => {
  const { entries, store } = keyedNodes(1);
  const bytes = utf8("\u0001 no node");
  const hash = blake2b256(bytes);
  entries.set(toHex(hash), bytes);
  expect(checkTrie(store, hash, noSoundNodes())).toEqual({ kind: "malformed", hash });
});
