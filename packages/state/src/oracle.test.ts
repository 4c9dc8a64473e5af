/** Our tries and proofs against those of another implementation (smoldot, inside the chopsticks executor). */
import {
  calculate_state_root,
  create_proof,
  decode_proof,
} from "@acala-network/chopsticks-executor";
import { blake2b256 } from "@pha/crypto";
import { fromHex, toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { createProof } from "./proof/create-proof.ts";
import { verifyProof } from "./proof/verify-proof.ts";
import { MemoryNodes } from "./store/memory-nodes.ts";
import { applyChanges } from "./trie/apply-changes.ts";
import { EMPTY_ROOT, openTrie, type TrieVersion } from "./trie/trie.ts";

type HexEntries = readonly (readonly [string, string])[];

/** Reproducible bytes: the hash of a counter. */
function createDice(seed: number): (sides: number) => number {
  let block = blake2b256(Uint8Array.of(seed));
  let at = 0;
  return (sides) => {
    if (at + 4 > 32) {
      block = blake2b256(block);
      at = 0;
    }
    const word = new DataView(block.buffer, block.byteOffset).getUint32(at, true);
    at += 4;
    return word % sides;
  };
}

describe.each([0, 1] as const)("layout V%i", (version: TrieVersion) => {
  test("roots agree over random puts and deletes, with restarts between", async () => {
    const dice = createDice(version);
    const nodes = new MemoryNodes();
    const state = new Map<string, string>();
    let trie = openTrie({ root: EMPTY_ROOT, version, nodes });
    for (let block = 0; block < 40; block++) {
      const changes = Array.from({ length: 1 + dice(40) }, () => {
        const known = [...state.keys()];
        const fresh = blake2b256(Uint8Array.of(dice(256), dice(2))).subarray(0, 1 + dice(12));
        const key = known.length > 0 && dice(2) === 0 ? fromHex(known[dice(known.length)]!) : fresh;
        const value = dice(3) === 0 ? undefined : new Uint8Array(dice(80)).fill(dice(256));
        return [key, value] as const;
      });
      if (block % 4 === 3) trie = openTrie({ root: trie.root, version, nodes, cacheNodes: 16 });
      const next = applyChanges(trie, changes);
      nodes.apply(next);
      trie = next.trie;
      for (const [key, value] of changes) {
        if (value === undefined) state.delete(toHex(key));
        else state.set(toHex(key), toHex(value));
      }
      expect(toHex(trie.root)).toBe(await calculate_state_root([...state], version));
    }
    const proof = createProof(trie, trie.keys(new Uint8Array()));
    const decoded: HexEntries = await decode_proof(toHex(trie.root), proof.map(toHex));
    expect(new Map(decoded)).toEqual(state);
  });

  test("the other implementation reads our proof of a few keys", async () => {
    const nodes = new MemoryNodes();
    const entries = Array.from({ length: 300 }, (_, i) => {
      const key = blake2b256(Uint8Array.of(i & 255, i >> 8));
      return [key, new Uint8Array(20 + (i % 40)).fill(i)] as const;
    });
    const built = applyChanges(openTrie({ root: EMPTY_ROOT, version, nodes }), entries);
    nodes.insert(built.inserted);
    const asked = entries.slice(10, 20);
    const proof = createProof(
      built.trie,
      asked.map(([key]) => key),
    );
    const decoded: HexEntries = await decode_proof(toHex(built.root), proof.map(toHex));
    const shown = new Map(decoded);
    for (const [key, value] of asked) expect(shown.get(toHex(key))).toBe(toHex(value));
  });
});

test("we read the other implementation's proof, and come to its root by the same changes", async () => {
  const nodes = new MemoryNodes();
  const entries = Array.from({ length: 60 }, (_, i) => {
    const key = blake2b256(Uint8Array.of(i)).subarray(0, 1 + (i % 9));
    return [key, new Uint8Array(i).fill(i)] as const;
  });
  const trie = applyChanges(openTrie({ root: EMPTY_ROOT, version: 0, nodes }), entries);
  nodes.insert(trie.inserted);
  const added = Array.from({ length: 9 }, (_, i) => {
    return [blake2b256(Uint8Array.of(i, 1)), new Uint8Array(3 + 20 * i)] as const;
  });
  const updates = added.map(([key, value]) => [toHex(key), toHex(value)]);
  const all = createProof(trie.trie, trie.trie.keys(new Uint8Array()));
  const answer: readonly [string, readonly string[]] = await create_proof(all.map(toHex), updates);
  const [root, proof] = answer;
  expect(toHex(applyChanges(trie.trie, added).root)).toBe(root);
  const result = verifyProof({ root: fromHex(root), proof: proof.map(fromHex) });
  expect(result.ok).toBe(true);
  if (!result.ok) return;
  for (const [key, value] of added) expect(result.value.get(key)).toEqual({ ok: true, value });
});
