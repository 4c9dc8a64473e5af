import { env } from "node:process";
import { blake2b256 } from "@pha/crypto";
import { compareBytes, concatBytes, toHex } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryNodes } from "../store/memory-nodes.ts";
import { applyChanges } from "../trie/apply-changes.ts";
import { encodeBranch, encodeLeaf } from "../trie/encode-node.ts";
import { INLINE_VALUE, NO_VALUE } from "../trie/node.ts";
import { EMPTY_ROOT, openTrie, type Trie, type TrieVersion } from "../trie/trie.ts";
import { createProof } from "./create-proof.ts";
import { type ProofError, type ProofView, verifyProof } from "./verify-proof.ts";

/** Drawn anew in every run; `npm run test:long` draws more. */
const RUNS = env["PHA_LONG"] === "1" ? 1_000 : 300;

const keys = fc
  .array(fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0xf1), { maxLength: 5 })
  .map((list) => Uint8Array.from(list));
const values = fc.oneof(
  fc.uint8Array({ maxLength: 3 }),
  fc.uint8Array({ minLength: 31, maxLength: 40 }),
);
const states = fc.array(fc.tuple(keys, values), { maxLength: 25 });

describe("a proof", () => {
  test.each([0, 1] as const)("shows values, absences and next keys, layout V%i", (version) => {
    fc.assert(
      fc.property(states, fc.array(keys, { maxLength: 4 }), (entries, asked) => {
        const trie = stateOf(entries, version);
        const proof = createProof(trie, asked, { nextKeys: asked });
        const view = viewOf(trie, proof);
        for (const key of asked) {
          expect(view.get(key)).toEqual({ ok: true, value: trie.get(key) });
          expect(view.nextKey(key)).toEqual({ ok: true, value: trie.nextKey(key) });
        }
        expect(new Set(proof.map(toHex)).size).toBe(proof.length);
      }),
      { numRuns: RUNS },
    );
  });

  test("holds nothing that its keys do not need", () => {
    fc.assert(
      fc.property(states, keys, (entries, key) => {
        const trie = stateOf(entries, 1);
        const proof = createProof(trie, [key]);
        for (const i of proof.keys()) {
          const less = verifyProof({ root: trie.root, proof: proof.toSpliced(i, 1) });
          if (less.ok && entries.length > 0)
            expect(less.value.get(key)).toEqual({ ok: false, error: "proof/incomplete" });
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("a changed proof is refused or says less, never something else", () => {
    fc.assert(
      fc.property(
        states,
        keys,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (entries, key, at, by) => {
          const trie = stateOf(entries, 1);
          const proof = createProof(trie, [key]);
          const index = at % proof.length;
          const entry = proof[index]!;
          const byte = at % entry.length;
          const flipped = proof.with(index, entry.with(byte, entry[byte]! ^ by));
          expect(verifyProof({ root: trie.root, proof: flipped }).ok).toBe(false);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("of the empty trie is its one node, or nothing", () => {
    const trie = stateOf([], 1);
    expect(createProof(trie, [Uint8Array.of(1)])).toEqual([Uint8Array.of(0)]);
    for (const proof of [[], [Uint8Array.of(0)]])
      expect(viewOf(trie, proof).get(Uint8Array.of(1))).toEqual({ ok: true, value: undefined });
    expect(errorOf(trie, [Uint8Array.of(1)])).toEqual({ code: "proof/unused", entry: 0 });
    expect(errorOf(trie, [Uint8Array.of(0), Uint8Array.of(1)])).toEqual({
      code: "proof/unused",
      entry: 1,
    });
  });

  test("answers incomplete where a node or an outside value is missing", () => {
    const long = new Uint8Array(50).fill(9);
    const trie = stateOf(
      Array.from({ length: 40 }, (_, i) => [blake2b256(Uint8Array.of(i)), long] as const),
      1,
    );
    const [first, second] = trie.keys(new Uint8Array());
    const view = viewOf(trie, createProof(trie, [first!]));
    expect(view.get(second!)).toEqual({ ok: false, error: "proof/incomplete" });
    expect(view.nextKey(first!)).toEqual({ ok: false, error: "proof/incomplete" });
    const proof = createProof(trie, [first!]).filter((entry) => compareBytes(entry, long) !== 0);
    expect(viewOf(trie, proof).get(first!)).toEqual({ ok: false, error: "proof/incomplete" });
    const all = createProof(trie, trie.keys(new Uint8Array()));
    expect(all.filter((entry) => compareBytes(entry, long) === 0)).toHaveLength(1);
    expect(viewOf(trie, all).get(second!)).toEqual({ ok: true, value: long });
  });
});

describe("verifyProof refuses", () => {
  const value = new Uint8Array(40).fill(3);
  const trie = stateOf(
    Array.from({ length: 20 }, (_, i) => [blake2b256(Uint8Array.of(i)), value] as const),
    1,
  );
  const key = trie.keys(new Uint8Array())[0]!;
  const proof = createProof(trie, [key]);
  const stray = Uint8Array.of(0x42, 0xaa, 0x04, 0xbb);

  test("an entry twice", () => {
    expect(errorOf(trie, [...proof, proof[1]!])).toEqual({
      code: "proof/duplicate",
      entry: proof.length,
    });
  });

  test("an entry that nothing refers to, unless told to tolerate it", () => {
    expect(errorOf(trie, [stray, ...proof])).toEqual({ code: "proof/unused", entry: 0 });
    const tolerant = verifyProof({
      root: trie.root,
      proof: [...proof, stray],
      unused: "tolerate",
    });
    expect(tolerant.ok && tolerant.value.get(key)).toEqual({ ok: true, value });
  });

  test("a node that stands inside its parent as an entry of its own", () => {
    const small = stateOf(
      [
        [Uint8Array.of(1), value.subarray(0, 9)],
        [Uint8Array.of(0x21), value],
      ],
      0,
    );
    const inlined = encodeLeaf(
      { bytes: Uint8Array.of(1), from: 1, to: 2 },
      { kind: INLINE_VALUE, bytes: value, from: 0, to: 9 },
    );
    const good = createProof(small, [Uint8Array.of(1)]);
    expect(good).toHaveLength(1);
    expect(errorOf(small, [...good, inlined.bytes])).toEqual({ code: "proof/unused", entry: 1 });
  });

  test("a proof without the root, or for another root", () => {
    expect(errorOf(trie, proof.slice(1))).toEqual({ code: "proof/root-missing" });
    expect(errorOf(trie, [])).toEqual({ code: "proof/root-missing" });
    const other = verifyProof({ root: blake2b256(trie.root), proof });
    expect(other).toEqual({ ok: false, error: { code: "proof/root-missing" } });
  });

  test("an entry that is no node although a parent says so", () => {
    const junk = new Uint8Array(40).fill(1);
    const bare = { kind: NO_VALUE, bytes: junk, from: 0, to: 0 } as const;
    const none = { bytes: junk, from: 0, to: 0 };
    for (const merkle of [blake2b256(junk), Uint8Array.of(1, 2, 3), Uint8Array.of(0)]) {
      const parent = encodeBranch(none, bare, 1, [merkle]).bytes;
      const result = verifyProof({
        root: blake2b256(parent),
        proof: merkle.length === 32 ? [parent, junk] : [parent],
      });
      expect(result).toEqual({
        ok: false,
        error: { code: "proof/malformed", entry: merkle.length === 32 ? 1 : 0 },
      });
    }
    expect(verifyProof({ root: blake2b256(junk), proof: [junk] })).toEqual({
      ok: false,
      error: { code: "proof/malformed", entry: 0 },
    });
  });

  test("nodes of layout V1 where V0 is asked for", () => {
    const result = verifyProof({ root: trie.root, proof, version: 0 });
    expect(!result.ok && result.error.code).toBe("proof/malformed");
  });

  test("any bytes, without throwing", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (entries) => {
        const root = blake2b256(entries[0] ?? new Uint8Array());
        const result = verifyProof({ root, proof: entries });
        if (result.ok) for (const entry of entries) result.value.get(entry);
      }),
    );
  });
});

function stateOf(
  entries: readonly (readonly [Uint8Array, Uint8Array])[],
  version: TrieVersion,
): Trie {
  const nodes = new MemoryNodes();
  const { root, inserted } = applyChanges(openTrie({ root: EMPTY_ROOT, version, nodes }), entries);
  nodes.insert(inserted);
  return openTrie({ root, version, nodes });
}

function viewOf(trie: Trie, proof: readonly Uint8Array[]): ProofView {
  const result = verifyProof({ root: trie.root, proof });
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

function errorOf(trie: Trie, proof: readonly Uint8Array[]): ProofError | undefined {
  const result = verifyProof({ root: trie.root, proof });
  return result.ok ? undefined : result.error;
}

test("keys that end inside an edge are shown to be absent", () => {
  const long = concatBytes(Uint8Array.of(1, 2, 3), new Uint8Array(30));
  const trie = stateOf([[long, long]], 1);
  const cut = long.subarray(0, 5);
  expect(viewOf(trie, createProof(trie, [cut])).get(cut)).toEqual({ ok: true, value: undefined });
});
