import { blake2b256 } from "@pha/crypto";
import { encode, u32 } from "@pha/scale";
import { expect, test } from "vitest";
import { MemoryNodes } from "../store/memory-nodes.ts";
import { applyChanges } from "./apply-changes.ts";
import type { TrieNode } from "./node.ts";
import { EMPTY_ROOT, openTrie } from "./trie.ts";

const ACCOUNTS = 1_000;
/** They change in every block, as those of events and of busy accounts do. */
const BUSY = 40;
const BLOCKS = 300;

const entry = (account: number, round: number): [Uint8Array, Uint8Array] => {
  const value = new Uint8Array(80);
  value.set(encode(u32, round));
  return [blake2b256(encode(u32, account)), value];
};

test("nodes that stay hold little for the sake of neighbours that are gone", () => {
  const nodes = new MemoryNodes();
  const first = openTrie({ root: EMPTY_ROOT, version: 0, nodes });
  const built = applyChanges(
    first,
    Array.from({ length: ACCOUNTS }, (_, account) => entry(account, 0)),
  );
  nodes.apply(built);
  let { trie } = built;
  for (let block = 1; block <= BLOCKS; block++) {
    const busy = Array.from({ length: BUSY }, (_, account) => entry(account, block));
    // One that changes this once: its leaf comes to lie among those of the busy ones.
    const quiet = entry(BUSY + ((block * 3) % (ACCOUNTS - BUSY)), block);
    const changed = applyChanges(trie, [...busy, quiet]);
    nodes.apply(changed);
    trie = changed.trie;
  }
  const found: TrieNode[] = [];
  const visit = (node: TrieNode | undefined): void => {
    if (node === undefined) return;
    found.push(node);
    for (const kid of node.kids ?? []) visit(kid);
  };
  visit(trie.cache.root);
  const memories = new Set(found.map(({ bytes }) => bytes.buffer));
  const held = [...memories].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const own = found.reduce((sum, { bytes }) => sum + bytes.length, 0);
  expect(found.length).toBeGreaterThan(ACCOUNTS);
  expect(Math.max(...[...memories].map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(1_024);
  expect(held / own).toBeLessThan(4);
});
