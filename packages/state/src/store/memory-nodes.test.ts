import { blake2b256 } from "@pha/crypto";
import { toHex } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryNodes } from "./memory-nodes.ts";

const nodeOf = (i: number, size = 1 + (i % 700)) => {
  const bytes = new Uint8Array(size).fill(i);
  return { hash: blake2b256(Uint8Array.of(i & 255, i >> 8)), bytes };
};

describe("MemoryNodes", () => {
  test("agrees with a counted map over insertions and removals", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.boolean()), { maxLength: 200 }), (steps) => {
        const nodes = new MemoryNodes();
        const counts = new Map<number, number>();
        for (const [i, isInsert] of steps) {
          const count = counts.get(i) ?? 0;
          const node = nodeOf(i);
          if (isInsert) nodes.insert([node]);
          else if (count > 0) nodes.apply({ inserted: [], removed: [node.hash] });
          counts.set(i, Math.max(0, count + (isInsert ? 1 : -1)));
        }
        for (const [i, count] of counts)
          expect(nodes.getNode(nodeOf(i).hash)).toEqual(count > 0 ? nodeOf(i).bytes : undefined);
        expect(nodes.size).toBe([...counts.values()].filter((count) => count > 0).length);
      }),
    );
  });

  test("keeps what is left while chunks are emptied and the index grows", () => {
    const nodes = new MemoryNodes();
    const all = Array.from({ length: 12_000 }, (_, i) => nodeOf(i));
    nodes.insert(all);
    for (const round of [3, 2]) {
      const gone = all.filter((_, i) => i % round === 1 && i % 3 !== (round === 2 ? 1 : 3));
      nodes.apply({ inserted: [], removed: gone.map(({ hash }) => hash) });
      for (const node of gone) expect(nodes.getNode(node.hash)).toBeUndefined();
    }
    const left = all.filter((_, i) => i % 3 !== 1 && i % 2 !== 1);
    expect(nodes.size).toBe(left.length);
    for (const { hash, bytes } of left) expect(toHex(nodes.getNode(hash)!)).toBe(toHex(bytes));
  });

  test("takes nodes larger than a chunk, and gives copies", () => {
    const nodes = new MemoryNodes();
    const large = [1, 2, 3].map((i) => nodeOf(i, 3 << 20));
    nodes.insert([nodeOf(9), ...large]);
    nodes.getNode(nodeOf(9).hash)?.fill(0);
    expect(nodes.getNode(nodeOf(9).hash)).toEqual(nodeOf(9).bytes);
    for (const { hash, bytes } of large) {
      expect(Buffer.compare(nodes.getNode(hash)!, bytes)).toBe(0);
      nodes.apply({ inserted: [], removed: [hash] });
      expect(nodes.getNode(hash)).toBeUndefined();
    }
    expect(nodes.size).toBe(1);
  });

  test("removing what was never inserted is a programming error", () => {
    const removed = [nodeOf(1).hash];
    expect(() => new MemoryNodes().apply({ inserted: [], removed })).toThrow("assertion failed");
  });
});
