import { env } from "node:process";
import { blake2b256 } from "@pha/crypto";
import { compareBytes, concatBytes, toHex } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryNodes } from "../store/memory-nodes.ts";
import { applyChanges } from "./apply-changes.ts";
import type { Changes } from "./batch.ts";
import { trieRoot } from "./build-trie.ts";
import {
  EMPTY_ROOT,
  MAX_KEY_BYTES,
  type NodeStore,
  openTrie,
  type Trie,
  type TrieVersion,
} from "./trie.ts";

/** Drawn anew in every run; `npm run test:long` draws more. */
const RUNS = env["PHA_LONG"] === "1" ? 1_000 : 300;

/** The layout written down a second time, as slowly and plainly as possible. */
function naiveRoot(entries: ReadonlyMap<string, Uint8Array>, version: TrieVersion): Uint8Array {
  const rows = [...entries].map(([key, value]) => ({ path: [...key], value }));
  return blake2b256(rows.length === 0 ? Uint8Array.of(0) : naiveNode(rows, version));
}

function naiveNode(
  rows: readonly { path: readonly string[]; value: Uint8Array }[],
  version: TrieVersion,
): Uint8Array {
  const first = rows[0]!.path;
  let common = 0;
  while (common < first.length && rows.every((row) => row.path[common] === first[common])) common++;
  const partial = first.slice(0, common).join("");
  const own = rows.find((row) => row.path.length === common)?.value;
  const rest = rows.filter((row) => row.path.length > common);
  const hashed = own !== undefined && version === 1 && own.length > 32;
  const children = "0123456789abcdef".split("").map((nibble) => {
    const below = rest.filter((row) => row.path[common] === nibble);
    if (below.length === 0) return undefined;
    const node = naiveNode(
      below.map((row) => ({ path: row.path.slice(common + 1), value: row.value })),
      version,
    );
    return node.length < 32 ? node : blake2b256(node);
  });
  const bits = children.reduce((sum, child, i) => sum + (child === undefined ? 0 : 2 ** i), 0);
  const [mark, most] = hashed
    ? rest.length > 0
      ? [0x10, 15]
      : [0x20, 31]
    : rest.length === 0
      ? [0x40, 63]
      : own === undefined
        ? [0x80, 63]
        : [0xc0, 63];
  const header =
    common < most
      ? [mark + common]
      : [mark + most, ...Array(Math.floor((common - most) / 255)).fill(255), (common - most) % 255];
  const packed = Buffer.from((common % 2 ? "0" : "") + partial, "hex");
  return concatBytes(
    Uint8Array.from(header),
    packed,
    rest.length > 0 ? Uint8Array.of(bits % 256, Math.floor(bits / 256)) : new Uint8Array(),
    own === undefined
      ? new Uint8Array()
      : hashed
        ? blake2b256(own)
        : concatBytes(compactLength(own.length), own),
    ...children.flatMap((child) => (child ? [compactLength(child.length), child] : [])),
  );
}

function compactLength(length: number): Uint8Array {
  if (length < 64) return Uint8Array.of(length * 4);
  return Uint8Array.of((length * 4 + 1) % 256, Math.floor(length / 64));
}

const hexOf = (bytes: Uint8Array): string => toHex(bytes).slice(2);
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** Few distinct bytes and many lengths: shared prefixes, keys that are prefixes of others, deep branches. */
const keys = fc
  .array(fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0x1f, 0xf1), { maxLength: 6 })
  .map((list) => Uint8Array.from(list));
const values = fc.oneof(
  fc.uint8Array({ maxLength: 3 }),
  fc.uint8Array({ minLength: 30, maxLength: 35 }),
  fc.uint8Array({ minLength: 60, maxLength: 70 }),
);
const changeSets = fc.array(
  fc.array(fc.tuple(keys, fc.option(values, { nil: undefined, freq: 2 })), { maxLength: 12 }),
  { minLength: 1, maxLength: 8 },
);

describe("applyChanges", () => {
  test.each([0, 1] as const)("agrees with a naive trie, layout V%i", (version) => {
    fc.assert(
      fc.property(changeSets, fc.constantFrom(2, 16, 1000), (sets, cacheNodes) => {
        const nodes = new MemoryNodes();
        const state = new Map<string, Uint8Array>();
        let trie = openTrie({ root: EMPTY_ROOT, version, nodes, cacheNodes });
        for (const [i, changes] of sets.entries()) {
          if (i % 3 === 2) trie = openTrie({ root: trie.root, version, nodes, cacheNodes });
          const next = applyChanges(trie, changes);
          nodes.apply(next);
          trie = next.trie;
          for (const [key, value] of changes) {
            if (value === undefined) state.delete(hexOf(key));
            else state.set(hexOf(key), value);
          }
          expect(toHex(next.root)).toBe(toHex(naiveRoot(state, version)));
        }
        const sorted = [...state].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(trie.keys(new Uint8Array()).map(hexOf)).toEqual(sorted.map(([key]) => key));
        for (const [key, value] of sorted) expect(trie.get(bytesOf(key))).toEqual(value);
        expect(
          toHex(
            trieRoot(
              sorted.map(([key, value]) => [bytesOf(key), value] as const),
              version,
            ),
          ),
        ).toBe(toHex(trie.root));
        expect(nodes.size).toBe(reachable(trie));
      }),
      { numRuns: RUNS },
    );
  });

  test("reads and nextKey of an old trie are not disturbed by its successors", () => {
    const nodes = new MemoryNodes();
    const start = applyChanges(empty(nodes), filled(500));
    nodes.insert(start.inserted);
    const before = start.trie.keys(new Uint8Array());
    const next = applyChanges(
      start.trie,
      before.map((key) => [key, undefined] as const),
    );
    nodes.insert(next.inserted);
    expect(next.root).toEqual(EMPTY_ROOT);
    expect(start.trie.keys(new Uint8Array())).toEqual(before);
    expect(start.trie.get(before[7]!)).toEqual(Uint8Array.of(7, 0));
  });

  test("leaves the nodes of a store that gives Buffers as they are", () => {
    const built = new MemoryNodes();
    const nodes: NodeStore = {
      getNode(hash) {
        const bytes = kept.get(toHex(hash));
        return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      },
    };
    const keys = Array.from({ length: 300 }, (_, i) => blake2b256(Uint8Array.of(i & 255, i >> 8)));
    const empty = openTrie({ root: EMPTY_ROOT, version: 1, nodes: built });
    const first = applyChanges(
      empty,
      keys.map((key) => [key, key]),
    );
    const kept = new Map(first.inserted.map(({ hash, bytes }) => [toHex(hash), bytes]));
    const reopened = openTrie({ root: first.root, version: 1, nodes });
    applyChanges(reopened, [[keys[7]!, Uint8Array.of(1)]]);
    for (const [hash, bytes] of kept) expect(toHex(blake2b256(bytes))).toBe(hash);
  });

  test("gives the same trie when nothing changes", () => {
    const nodes = new MemoryNodes();
    const start = applyChanges(empty(nodes), filled(50));
    nodes.apply(start);
    const key = start.trie.keys(new Uint8Array())[3]!;
    const same = applyChanges(start.trie, [
      [key, start.trie.get(key)],
      [Uint8Array.of(9, 9, 9), undefined],
      [concatBytes(key, key), undefined],
    ]);
    expect(same).toEqual({ root: start.root, trie: start.trie, inserted: [], removed: [] });
  });

  test("the later of two changes of one key counts, in any order of keys", () => {
    const one = Uint8Array.of(1);
    const two = Uint8Array.of(2);
    const changed = applyChanges(empty(new MemoryNodes()), [
      [two, Uint8Array.of(1)],
      [one, Uint8Array.of(1)],
      [two, Uint8Array.of(2)],
      [one, undefined],
    ]);
    expect(changed.root).toEqual(trieRoot([[two, Uint8Array.of(2)]], 0));
  });

  test("a V0 state moves to V1 value by value, as each is written", () => {
    const nodes = new MemoryNodes();
    const long = new Uint8Array(40).fill(7);
    const entries = [1, 2, 3].map((i) => [Uint8Array.of(i), long] as const);
    const old = applyChanges(empty(nodes), entries);
    nodes.apply(old);
    expect(old.root).toEqual(trieRoot(entries, 0));
    let trie = openTrie({ root: old.root, version: 1, nodes });
    const once = applyChanges(trie, [[Uint8Array.of(2), long]]);
    nodes.apply(once);
    expect(once.root).not.toEqual(old.root);
    expect(once.trie.get(Uint8Array.of(2))).toEqual(long);
    trie = once.trie;
    const all = applyChanges(trie, entries);
    nodes.apply(all);
    expect(all.root).toEqual(trieRoot(entries, 1));
    expect(nodes.size).toBe(reachable(all.trie));
  });

  test("the deepest trie that keys can make is written, read and torn down", () => {
    const longest = new Uint8Array(MAX_KEY_BYTES).fill(0x11);
    const keys = Array.from({ length: MAX_KEY_BYTES }, (_, i) => [
      longest.subarray(0, i + 1),
      longest.subarray(0, i + 1).with(i, 0x21),
    ]).flat();
    const nodes = new MemoryNodes();
    let trie = empty(nodes);
    for (const value of [Uint8Array.of(1), Uint8Array.of(2), undefined]) {
      const next = applyChanges(
        trie,
        keys.map((key) => [key, value] as const),
      );
      nodes.apply(next);
      trie = openTrie({ root: next.root, version: 0, nodes });
      expect(trie.get(longest)).toEqual(value);
      expect(trie.keys(new Uint8Array())).toHaveLength(value === undefined ? 0 : keys.length);
    }
    const tooLong = new Uint8Array(MAX_KEY_BYTES + 1);
    expect(() => applyChanges(trie, [[tooLong, undefined]])).toThrow("assertion failed");
  });

  test("a node that the store lacks or that is malformed is an assertion, not an absence", () => {
    const nodes = new MemoryNodes();
    const { root, inserted } = applyChanges(empty(nodes), filled(50));
    nodes.insert(inserted.slice(1));
    const broken: NodeStore = {
      getNode: (hash) => (compareBytes(hash, root) === 0 ? Uint8Array.of(1) : undefined),
    };
    for (const store of [new MemoryNodes(), nodes, broken]) {
      const trie = openTrie({ root, version: 0, nodes: store });
      expect(() => {
        for (const [key] of filled(50)) trie.get(key);
      }).toThrow("assertion failed");
    }
  });

  const sizes = env["PHA_LONG"] === "1" ? [1_000, 100_000, 1_000_000] : [1_000, 100_000];
  test.each(sizes)("one changed key of %i costs a path: reads and hashes", (count) => {
    const nodes = new MemoryNodes();
    const start = applyChanges(empty(nodes), filled(count));
    nodes.insert(start.inserted);
    let reads = 0;
    const counted: NodeStore = {
      getNode(hash) {
        reads++;
        return nodes.getNode(hash);
      },
    };
    const path = Math.log(count) / Math.log(16);
    for (const i of [0, 1, 17, 500, 999]) {
      reads = 0;
      const trie = openTrie({ root: start.root, version: 0, nodes: counted });
      const { inserted } = applyChanges(trie, [[keyOf(i), Uint8Array.of(1, 2, 3)]]);
      expect(reads).toBeLessThanOrEqual(path + 4);
      expect(inserted.length).toBeLessThanOrEqual(path + 4);
      expect(inserted.length).toBeGreaterThanOrEqual(path - 1);
    }
  }, 300_000);
});

function empty(nodes: NodeStore): Trie {
  return openTrie({ root: EMPTY_ROOT, version: 0, nodes });
}

function keyOf(i: number): Uint8Array {
  return blake2b256(Uint8Array.of(i & 255, (i >> 8) & 255, i >> 16));
}

function filled(count: number): Changes {
  const changes = Array.from(
    { length: count },
    (_, i) => [keyOf(i), Uint8Array.of(i & 255, i >> 8)] as const,
  ).sort(([a], [b]) => compareBytes(a, b));
  return changes.map(([key], i) => [key, Uint8Array.of(i & 255, (i >> 8) & 255)] as const);
}

/** Number of distinct nodes and values that a trie refers to. */
function reachable(trie: Trie): number {
  const seen = new Set<string>();
  const nodes: NodeStore = {
    getNode(hash) {
      seen.add(toHex(hash));
      return trie.nodes.getNode(hash);
    },
  };
  const fresh = openTrie({ root: trie.root, version: trie.version, nodes });
  for (const key of fresh.keys(new Uint8Array())) fresh.get(key);
  return seen.size;
}
