import { blake2b256 } from "@pha/crypto";
import { fromHex, toHex, utf8 } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryNodes } from "../store/memory-nodes.ts";
import { applyChanges } from "../trie/apply-changes.ts";
import { EMPTY_ROOT, openTrie, type Trie, type TrieVersion } from "../trie/trie.ts";
import { decodeCompactProof, encodeCompactProof } from "./compact-proof.ts";
import { createProof } from "./create-proof.ts";
import { verifyProof } from "./verify-proof.ts";

const keys = fc
  .array(fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0xf1), { minLength: 1, maxLength: 5 })
  .map((list) => Uint8Array.from(list));
const values = fc.oneof(
  fc.uint8Array({ maxLength: 3 }),
  fc.uint8Array({ minLength: 31, maxLength: 40 }),
);
const states = fc.array(fc.tuple(keys, values), { maxLength: 25 });

function stateOf(
  entries: readonly (readonly [Uint8Array, Uint8Array])[],
  version: TrieVersion,
): Trie {
  const nodes = new MemoryNodes();
  const { root, inserted } = applyChanges(openTrie({ root: EMPTY_ROOT, version, nodes }), entries);
  nodes.insert(inserted);
  return openTrie({ root, version, nodes });
}

const sorted = (proof: readonly Uint8Array[]): readonly string[] =>
  proof.map(toHex).sort((a, b) => (a < b ? -1 : 1));

describe("a compact proof", () => {
  test.each([0, 1] as const)("gives back the proof it was made of, layout V%i", (version) => {
    fc.assert(
      fc.property(states, fc.array(keys, { maxLength: 4 }), (entries, asked) => {
        const trie = stateOf(entries, version);
        const proof = createProof(trie, asked, { nextKeys: asked });
        const compact = encodeCompactProof(trie.root, proof);
        const decoded = decodeCompactProof(trie.root, compact);
        expect(decoded.ok && sorted(decoded.value)).toEqual(
          sorted(trie.root === EMPTY_ROOT || toHex(trie.root) === toHex(EMPTY_ROOT) ? [] : proof),
        );
        const size = (list: readonly Uint8Array[]) =>
          list.reduce((sum, one) => sum + one.length, 0);
        if (proof.length > 3) expect(size(compact)).toBeLessThan(size(proof));
      }),
      { numRuns: 300 },
    );
  });

  test("has the bytes of sp-trie", () => {
    // A branch with a hashed leaf child (V1) below it and an inline one; layout written out by hand.
    const long = new Uint8Array(40).fill(9);
    const trie = stateOf(
      [
        [Uint8Array.of(0x11), long],
        [Uint8Array.of(0x12), Uint8Array.of(5)],
      ],
      1,
    );
    const proof = createProof(trie, [Uint8Array.of(0x11)]);
    expect(encodeCompactProof(trie.root, proof).map(toHex)).toEqual([
      // Branch, partial 1 nibble, children 1 and 2: the first left out, the second inside.
      "0x81010600000c400405",
      // Mark, leaf without partial and value left out, then the value.
      "0x014000",
      toHex(long),
    ]);
  });

  test("of another root, cut, with more at the end, or changed anywhere is refused", () => {
    const trie = stateOf(
      Array.from({ length: 12 }, (_, i) => [
        blake2b256(Uint8Array.of(i)),
        new Uint8Array(40).fill(i),
      ]),
      1,
    );
    const proof = createProof(trie, trie.keys(new Uint8Array(0)).slice(0, 3));
    const compact = encodeCompactProof(trie.root, proof);
    const codeOf = (root: Uint8Array, list: readonly Uint8Array[]) => {
      const decoded = decodeCompactProof(root, list);
      return decoded.ok ? "ok" : decoded.error.code;
    };
    expect(codeOf(trie.root, compact)).toBe("ok");
    expect(codeOf(blake2b256(trie.root), compact)).toBe("proof/root-missing");
    expect(codeOf(trie.root, compact.slice(0, -1))).not.toBe("ok");
    expect(codeOf(trie.root, [])).toBe("proof/root-missing");
    expect(codeOf(trie.root, [...compact, utf8("more")])).toBe("proof/unused");
    expect(codeOf(trie.root, [utf8("no node"), ...compact])).toBe("proof/malformed");
    expect(codeOf(EMPTY_ROOT, compact)).toBe("proof/root-missing");
    expect(codeOf(EMPTY_ROOT, [Uint8Array.of(0)])).toBe("ok");
    for (const [i, bytes] of compact.entries())
      for (let at = 0; at < bytes.length; at += 7) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ 0x10;
        expect(codeOf(trie.root, compact.with(i, changed))).not.toBe("ok");
      }
  });

  test("any bytes are refused without throwing", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }), (list) => {
        expect(decodeCompactProof(fromHex(`0x${"ab".repeat(32)}`), list).ok).toBe(false);
      }),
    );
  });

  test("what it gives back verifies", () => {
    const trie = stateOf([[utf8("key"), new Uint8Array(50)]], 1);
    const compact = encodeCompactProof(trie.root, createProof(trie, [utf8("key")]));
    const decoded = decodeCompactProof(trie.root, compact);
    const view = decoded.ok ? verifyProof({ root: trie.root, proof: decoded.value }) : decoded;
    expect(view.ok && view.value.get(utf8("key"))).toEqual({ ok: true, value: new Uint8Array(50) });
  });
});
