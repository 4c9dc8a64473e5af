/** State trie: cost of a changed key in a block of 2,000 changes, against hashing alone. */
import { blake2b256 } from "@pha/crypto";
import { applyChanges, EMPTY_ROOT, MemoryNodes, openTrie } from "@pha/state";
import { type Bench, median } from "./bench.ts";

const KEYS = 1_000_000;
const CHANGES = 2_000;
const ROUNDS = 15;
const HASHES_PER_KEY = 4.6;

function keyOf(index: number): Uint8Array {
  const seed = new Uint8Array(4);
  new DataView(seed.buffer).setUint32(0, index, true);
  return blake2b256(seed);
}

export const trie: Bench = {
  id: "state/changed-key",
  async run() {
    const nodes = new MemoryNodes();
    const value = (round: number): Uint8Array => new Uint8Array(32).fill(round & 255);
    let changes: [Uint8Array, Uint8Array][] = [];
    let current = openTrie({ root: EMPTY_ROOT, version: 1, nodes, cacheNodes: 262_144 });
    for (let i = 0; i < KEYS; i++) {
      changes.push([keyOf(i), value(0)]);
      if (changes.length < 50_000) continue;
      const next = applyChanges(current, changes);
      nodes.apply(next);
      current = next.trie;
      changes = [];
    }
    const times: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const block = Array.from({ length: CHANGES }, (_, i): [Uint8Array, Uint8Array] => [
        keyOf((i * 499_979 + round * 7919) % KEYS),
        value(round),
      ]);
      const began = performance.now();
      const next = applyChanges(current, block);
      times.push(((performance.now() - began) * 1000) / CHANGES);
      nodes.apply(next);
      current = next.trie;
    }
    const node = new Uint8Array(110);
    const began = performance.now();
    for (let i = 0; i < 100_000; i++) {
      node[0] = i & 255;
      blake2b256(node);
    }
    const hashing = (((performance.now() - began) * 1000) / 100_000) * HASHES_PER_KEY;
    return [
      {
        id: "state/changed-key",
        value: median(times),
        unit: "µs",
        better: "smaller",
        against: { name: "its hashes alone", value: hashing },
        samples: ROUNDS,
        floor: 30,
        goal: 12,
      },
    ];
  },
};
