import { toHex, utf8 } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryNodes } from "../store/memory-nodes.ts";
import { applyChanges } from "./apply-changes.ts";
import { compareTries } from "./compare-tries.ts";
import { EMPTY_ROOT, openTrie, type Trie } from "./trie.ts";

/** How often each hash came to be more than it ceased to be. */
function balance(
  inserted: readonly Uint8Array[],
  removed: readonly Uint8Array[],
): Record<string, number> {
  const counts = new Map<string, number>();
  for (const hash of inserted) counts.set(toHex(hash), (counts.get(toHex(hash)) ?? 0) + 1);
  for (const hash of removed) counts.set(toHex(hash), (counts.get(toHex(hash)) ?? 0) - 1);
  return Object.fromEntries([...counts].filter(([, count]) => count !== 0).sort());
}

test("agrees, place by place, with what the changes of a block insert and remove", () => {
  // Short keys that share prefixes and few values: equal values, equal subtrees, splits and merges.
  const key = fc.array(fc.constantFrom(0, 1, 16, 17, 255), { maxLength: 3 });
  const value = fc.constantFrom(undefined, undefined, 0, 1, 2, 3);
  const block = fc.array(fc.tuple(key, value), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(block, { maxLength: 6 }), fc.constantFrom(0, 1), (blocks, version) => {
      const nodes = new MemoryNodes();
      const start = openTrie({ root: EMPTY_ROOT, version: version === 0 ? 0 : 1, nodes });
      const tries: Trie[] = [start];
      let trie = start;
      for (const changes of blocks) {
        const next = applyChanges(
          trie,
          changes.map(([bytes, i]) => [
            Uint8Array.from(bytes),
            i === undefined ? undefined : new Uint8Array(i * 20).fill(i),
          ]),
        );
        nodes.insert(next.inserted);
        const found = compareTries(nodes, trie.root, next.root);
        expect(balance(found.inserted, found.removed)).toEqual(
          balance(
            next.inserted.map(({ hash }) => hash),
            next.removed,
          ),
        );
        trie = next.trie;
        tries.push(trie);
      }
      for (const { root } of tries) {
        const all = compareTries(nodes, EMPTY_ROOT, root);
        const none = compareTries(nodes, root, EMPTY_ROOT);
        expect(all.removed).toEqual([]);
        expect(none).toEqual({ inserted: [], removed: all.inserted });
        expect(compareTries(nodes, root, root)).toEqual({ inserted: [], removed: [] });
      }
    }),
    { numRuns: 40 },
  );
});

test("does not look below what both have", () => {
  const nodes = new MemoryNodes();
  const entries = Array.from(
    { length: 2_000 },
    (_, i) => [utf8(`key ${i}`), utf8(`${i}`)] as const,
  );
  const whole = applyChanges(openTrie({ root: EMPTY_ROOT, version: 1, nodes }), entries);
  nodes.insert(whole.inserted);
  const next = applyChanges(whole.trie, [[utf8("key 77"), utf8("changed")]]);
  nodes.insert(next.inserted);
  let reads = 0;
  const counted = {
    getNode: (hash: Uint8Array) => {
      reads++;
      return nodes.getNode(hash);
    },
  };
  const { inserted, removed } = compareTries(counted, whole.root, next.root);
  expect(inserted.length).toBe(removed.length);
  expect(reads).toBe(inserted.length + removed.length);
  expect(reads).toBeLessThan(20);
});

test("a trie with a node missing is not compared", () => {
  const nodes = new MemoryNodes();
  const { root } = applyChanges(openTrie({ root: EMPTY_ROOT, version: 1, nodes }), [
    [utf8("a"), utf8("1")],
  ]);
  expect(() => compareTries(nodes, EMPTY_ROOT, root)).toThrow("assertion failed");
});
