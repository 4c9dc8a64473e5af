import { bls12_381 } from "@noble/curves/bls12-381.js";
import { concatBytes, fromHex, toHex, utf8 } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeG1,
  decodeG2,
  encodeG1,
  encodeG2,
  G1_BASE,
  G1_ZERO,
  G2_BASE,
  G2_ZERO,
  hashToG1,
  hashToScalar,
  multiplyBlindedG1,
  multiplyPublicG1,
  multiplyPublicG2,
  multiplySecretG1,
  multiplySecretG2,
  pairingBytes,
  pairingProductIsOne,
  subtractG1,
  subtractG2,
} from "./bls.ts";
import { isCanonical } from "./point-encoding.ts";
import { ORDER } from "./scalar.ts";

const { G1, G2 } = bls12_381;
const P = bls12_381.fields.Fp.ORDER;
const field = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(96, "0"));
const withFlags = (encoded: Uint8Array, flags: number): Uint8Array => {
  const out = encoded.slice();
  out[0] = (out[0]! & 0x1f) | flags;
  return out;
};
const GROUPS = [
  {
    name: "G1",
    width: 48,
    base: G1.Point.BASE,
    recoded: (bytes: Uint8Array) => {
      const point = decodeG1(bytes);
      return point && encodeG1(point);
    },
    reference: (bytes: Uint8Array) => G1.Point.fromBytes(bytes),
  },
  {
    name: "G2",
    width: 96,
    base: G2.Point.BASE,
    recoded: (bytes: Uint8Array) => {
      const point = decodeG2(bytes);
      return point && encodeG2(point);
    },
    reference: (bytes: Uint8Array) => G2.Point.fromBytes(bytes),
  },
] as const;

describe.each(GROUPS)("decoding of $name takes", ({ width, base, recoded, reference }) => {
  /** The rule, by the other library: a compressed point of the subgroup, not the identity. */
  const expected = (bytes: Uint8Array): Uint8Array | undefined => {
    if (bytes.length !== width) return undefined;
    try {
      const point = reference(bytes);
      point.assertValidity();
      return point.is0() ? undefined : bytes;
    } catch {
      // not such a point
      return undefined;
    }
  };

  test("its own encodings, with either y", () => {
    for (const factor of [1n, 2n, 3n, 1n << 70n, ORDER - 1n]) {
      const encoded = base.multiply(factor).toBytes();
      const other = encoded.slice();
      other[0]! ^= 0x20;
      for (const bytes of [encoded, other]) {
        expect(recoded(bytes)).toEqual(bytes);
        expect(expected(bytes)).toEqual(bytes);
      }
    }
  });

  test("no other flags, no coordinate from the modulus on, no identity, no other length", () => {
    const encoded = base.toBytes();
    const bad: Uint8Array[] = [];
    for (const flags of [0x00, 0x20, 0x40, 0x60, 0xc0, 0xe0])
      for (const x of [encoded, new Uint8Array(width)]) bad.push(withFlags(x, flags));
    for (const flags of [0x80, 0xa0])
      for (let at = 0; at < width; at += 48)
        for (const value of [P, P + 1n, P + 4n, (1n << 381n) - 1n]) {
          const raw = encoded.slice();
          raw.set(field(value), at);
          // The flags lie in the first coefficient; in the second every bit is of the value.
          bad.push(withFlags(raw, flags));
          if (at > 0) {
            raw.set(new Uint8Array(48).fill(255), at);
            bad.push(withFlags(raw, flags));
          }
        }
    for (const flags of [0x80, 0xa0]) bad.push(withFlags(new Uint8Array(width), flags));
    bad.push(
      new Uint8Array(0),
      encoded.subarray(1),
      concatBytes(encoded, Uint8Array.of(0)),
      base.toBytes(false),
      withFlags(base.toBytes(false), 0x80),
    );
    for (const bytes of bad) {
      expect(recoded(bytes), toHex(bytes)).toBeUndefined();
      expect(expected(bytes), toHex(bytes)).toBeUndefined();
    }
  });

  test("what the other library takes, of drawn bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: width, maxLength: width }),
        fc.constantFrom(0x80, 0xa0, undefined),
        (drawn, flags) => {
          const bytes = flags === undefined ? drawn : withFlags(drawn, flags);
          expect(recoded(bytes)).toEqual(expected(bytes));
        },
      ),
      { numRuns: 60 },
    );
  });
});

test("a coefficient from the modulus on is not canonical, before a half is asked", () => {
  for (const [value, isBelow] of [
    [0n, true],
    [P - 1n, true],
    [P, false],
    [P + 1n, false],
    [(1n << 381n) - 1n, false],
  ] as const) {
    expect(isCanonical(withFlags(field(value), 0x80))).toBe(isBelow);
    for (const parts of [
      [field(value), field(1n)],
      [field(1n), field(value)],
    ])
      expect(isCanonical(withFlags(concatBytes(...parts), 0xa0))).toBe(isBelow);
  }
});

test("constants and encodings are those of the other library", () => {
  expect(encodeG1(G1_BASE)).toEqual(G1.Point.BASE.toBytes());
  expect(encodeG2(G2_BASE)).toEqual(G2.Point.BASE.toBytes());
  expect(encodeG1(G1_ZERO)).toEqual(G1.Point.ZERO.toBytes());
  expect(encodeG2(G2_ZERO)).toEqual(G2.Point.ZERO.toBytes());
  expect(ORDER).toBe(bls12_381.fields.Fr.ORDER);
  for (let factor = 1n; factor < 20n; factor++) {
    expect(encodeG1(multiplySecretG1(G1_BASE, factor))).toEqual(
      G1.Point.BASE.multiply(factor).toBytes(),
    );
    expect(encodeG2(multiplySecretG2(G2_BASE, factor))).toEqual(
      G2.Point.BASE.multiply(factor).toBytes(),
    );
  }
});

test("hashes are those of the other library, for messages and tags of every length", () => {
  const lengths = [0, 1, 31, 32, 33, 63, 64, 65, 1_000, 70_000];
  const tags = ["a", "tag", "t".repeat(254), "t".repeat(255), "t".repeat(256), "t".repeat(1_000)];
  for (const [i, length] of lengths.entries())
    for (const DST of i < 3 ? tags : ["tag"]) {
      const message = new Uint8Array(length).fill(i + 1);
      expect(encodeG1(hashToG1(message, DST))).toEqual(G1.hashToCurve(message, { DST }).toBytes());
      expect(hashToScalar(message, DST)).toBe(G1.hashToScalar(message, { DST }));
    }
  expect(() => hashToG1(utf8("message"), "")).toThrow("a tag is not empty");
});

test("differences and blinded products come to what they are", () => {
  const point = multiplySecretG1(G1_BASE, 5n);
  expect(encodeG1(multiplyBlindedG1(point, 7n, 3n))).toEqual(
    encodeG1(multiplySecretG1(G1_BASE, 35n)),
  );
  expect(encodeG1(multiplyBlindedG1(point, 7n, 7n))).toEqual(
    encodeG1(multiplySecretG1(G1_BASE, 35n)),
  );
  expect(encodeG1(multiplyBlindedG1(point, 7n, ORDER - 1n))).toEqual(
    encodeG1(multiplySecretG1(G1_BASE, 35n)),
  );
  expect(subtractG1(point, point)).toEqual(G1_ZERO);
  expect(subtractG1(point, G1_ZERO)).toEqual(point);
  expect(subtractG2(G2_BASE, G2_BASE)).toEqual(G2_ZERO);
  expect(subtractG2(multiplyPublicG2(G2_BASE, 9n), multiplyPublicG2(G2_BASE, 4n))).toEqual(
    multiplyPublicG2(G2_BASE, 5n),
  );
});

test("factors that are not below the order are refused", () => {
  for (const factor of [ORDER, ORDER + 1n, 1n << 256n, -1n])
    for (const product of [
      () => multiplySecretG1(G1_BASE, factor),
      () => multiplySecretG2(G2_BASE, factor),
      () => multiplyPublicG1(G1_BASE, factor),
      () => multiplyPublicG2(G2_BASE, factor),
    ])
      expect(product).toThrow("a factor is below the order");
});

test("a pairing's term with the identity is neutral, its bytes are of the highest degree first", () => {
  const minus = multiplyPublicG1(G1_BASE, ORDER - 6n);
  const two = multiplyPublicG1(G1_BASE, 2n);
  const three = multiplyPublicG2(G2_BASE, 3n);
  expect(pairingProductIsOne([])).toBe(true);
  expect(
    pairingProductIsOne([
      [G1_ZERO, G2_BASE],
      [G1_BASE, G2_ZERO],
    ]),
  ).toBe(true);
  expect(
    pairingProductIsOne([
      [G1_ZERO, G2_BASE],
      [two, three],
      [minus, G2_BASE],
    ]),
  ).toBe(true);
  expect(
    pairingProductIsOne([
      [G1_ZERO, G2_BASE],
      [two, three],
    ]),
  ).toBe(false);
  const { Fp12 } = bls12_381.fields;
  const lowFirst = Fp12.toBytes(
    bls12_381.pairing(G1.Point.BASE.multiply(2n), G2.Point.BASE.multiply(3n)),
  );
  const parts = Array.from({ length: 12 }, (_, i) => lowFirst.slice(48 * i, 48 * i + 48));
  expect(pairingBytes(two, three)).toEqual(concatBytes(...parts.reverse()));
  expect(() => pairingBytes(G1_ZERO, G2_BASE)).toThrow();
});
