import { concatBytes, fromHex } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBranch, encodeLeaf, noValue, withPartial } from "./encode-node.ts";
import { commonNibbles } from "./nibbles.ts";
import { decodeNode, HASHED_VALUE, INLINE_VALUE, matchPartial } from "./node.ts";

const inline = (hex: string) => {
  const bytes = fromHex(hex);
  return { kind: INLINE_VALUE, bytes, from: 0, to: bytes.length } as const;
};
const whole = (hex: string) => {
  const bytes = fromHex(hex);
  return { bytes, from: 0, to: bytes.length * 2 };
};

describe("decodeNode", () => {
  test("reads what the encoder writes, for every kind and length of partial key", () => {
    const hash = new Uint8Array(32).fill(5);
    const hashed = { kind: HASHED_VALUE, bytes: hash, from: 0, to: 32 } as const;
    for (const value of [inline("01"), inline(`0x${"ab".repeat(300)}`), hashed, noValue])
      for (const length of [
        0, 1, 14, 15, 16, 30, 31, 32, 62, 63, 64, 269, 270, 271, 317, 318, 573,
      ]) {
        const bytes = new Uint8Array(300).fill(0xe7);
        const partial = { bytes, from: 3, to: 3 + length };
        const branch = encodeBranch(partial, value, 0x8001, [
          hash,
          ...Array(14),
          fromHex("0x4002"),
        ]);
        expect(decodeNode(branch.bytes)).toEqual(branch);
        expect(matchPartial(branch, bytes, 3)).toBe(length);
        if (value === noValue) continue;
        const leaf = encodeLeaf(partial, value);
        expect(decodeNode(leaf.bytes)).toEqual(leaf);
        const other = { bytes, from: 4, to: 10 };
        expect(withPartial(leaf, other)).toEqual(encodeLeaf(other, value));
      }
  });

  test("reads value lengths of one, two and four bytes", () => {
    for (const size of [0, 63, 64, 16_383, 16_384, 70_000]) {
      const leaf = encodeLeaf(whole("0xaa"), inline(`0x${"00".repeat(size)}`));
      const decoded = decodeNode(leaf.bytes);
      expect(decoded && decoded.valueTo - decoded.valueFrom).toBe(size);
      expect(decoded?.valueFrom).toBe(leaf.valueFrom);
    }
  });

  const leaf = encodeLeaf(whole("0xaa"), inline("0xbb")).bytes;
  const merkle = new Uint8Array(32).fill(1);
  const branch = encodeBranch(whole("0xaa"), inline("0xbb"), 3, [merkle, fromHex("0x4002")]).bytes;

  test("refuses every cut of a node, and bytes after it", () => {
    for (const node of [leaf, branch]) {
      for (let end = 0; end < node.length; end++)
        expect(decodeNode(node.subarray(0, end))).toBeUndefined();
      expect(decodeNode(concatBytes(node, Uint8Array.of(0)))).toBeUndefined();
    }
  });

  test.each([
    ["the empty node", "0x00"],
    ["a reserved header", "0x0101"],
    ["a reserved header with bits", "0x0f00"],
    ["padding that is not zero", "0x411a04bb"],
    ["a branch without children", "0x80000004bb"],
    ["a value length that is not minimal", "0x42aa0500bb"],
    ["a value length in four bytes that is not minimal", "0x42aa02000000"],
    ["a value length beyond 2^30", "0x42aa0700000001bb"],
    ["a value longer than the node", "0x42aa08bb"],
    ["an empty child", "0x80010000"],
    ["a child of 33 bytes", `0x800100${"84"}${"00".repeat(33)}`],
    ["a child length in two bytes", `0x8001000100${"00".repeat(32)}`],
    ["a partial key longer than 65535", `0x7f${"ff".repeat(300)}00${"00".repeat(40_000)}04bb`],
    ["a hashed value of 31 bytes", `0x22aa${"00".repeat(31)}`],
  ])("refuses %s", (_, hex) => {
    expect(decodeNode(fromHex(hex))).toBeUndefined();
  });

  test("takes any bytes without throwing, and what it takes has all its parts inside", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const node = decodeNode(bytes);
        if (node === undefined) return;
        expect(node.partialTo / 2).toBeLessThanOrEqual(bytes.length);
        expect(node.valueFrom).toBeLessThanOrEqual(node.valueTo);
        expect(node.valueTo).toBeLessThanOrEqual(node.childrenFrom);
        expect(node.childrenFrom).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });
});

test("matchPartial counts common nibbles at every alignment", () => {
  const near = fc.array(fc.constantFrom(0x11, 0x12, 0x21), { maxLength: 5 });
  fc.assert(
    fc.property(near, near, fc.nat(3), fc.nat(3), (a, b, from, depth) => {
      const bytes = Uint8Array.from([0x11, 0x11, ...a]);
      const key = Uint8Array.from([0x11, 0x11, ...b]);
      const node = encodeLeaf({ bytes, from, to: bytes.length * 2 }, inline("0x00"));
      const shift = (all: Uint8Array, by: number) =>
        Uint8Array.from(
          { length: all.length * 2 - by },
          (_, i) => ((all[(i + by) >> 1] ?? 0) >> ((i + by) % 2 ? 0 : 4)) & 15,
        );
      const left = shift(bytes, from);
      const right = shift(key, depth);
      let same = 0;
      while (same < left.length && same < right.length && left[same] === right[same]) same++;
      expect(matchPartial(node, key, depth)).toBe(same);
      if (from === depth) expect(commonNibbles(bytes, key, depth)).toBe(same);
    }),
  );
});
