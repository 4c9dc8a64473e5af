import { ristretto255 } from "@noble/curves/ed25519.js";
import { fromHex, toHex } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ELEMENT, openFieldModule, SCRATCH_BYTES } from "./field-module.node.ts";
import { MAX_TERMS, ristretto as node } from "./ristretto.node.ts";
import { ristretto as web } from "./ristretto.web.ts";

const { Fn, Fp, BASE } = ristretto255.Point;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const scalar = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, 15n, 16n, 31n, Fn.ORDER - 1n, Fn.ORDER - 16n, 2n ** 252n - 1n),
  fc.bigInt({ min: 0n, max: Fn.ORDER - 1n }),
);
const point = bytes(64).map((drawn) => web.fromUniform(drawn));

describe("both halves agree on", () => {
  test("sums of products, of any number of terms", () => {
    const term = fc.record({ scalar, point: fc.oneof(point, fc.constant(BASE.toBytes())) });
    fc.assert(
      fc.property(scalar, fc.array(term, { maxLength: 5 }), (base, terms) => {
        expect(node.sumOfProducts(base, terms)).toEqual(web.sumOfProducts(base, terms));
      }),
      { numRuns: 40 },
    );
  });

  test("the neutral element, wherever it comes from", () => {
    const encoded = BASE.toBytes();
    const sums: Parameters<typeof node.sumOfProducts>[] = [
      [0n, []],
      [0n, [{ scalar: 0n, point: encoded }]],
      [1n, [{ scalar: Fn.ORDER - 1n, point: encoded }]],
      [5n, [{ scalar: Fn.ORDER - 5n, point: encoded }]],
      [0n, [{ scalar: 7n, point: new Uint8Array(32) }]],
    ];
    for (const [base, terms] of sums)
      for (const half of [node, web])
        expect(half.sumOfProducts(base, terms)).toEqual(new Uint8Array(32));
  });

  test("the point of 64 bytes", () => {
    const same = (drawn: Uint8Array): void => {
      expect(toHex(node.fromUniform(drawn))).toBe(toHex(web.fromUniform(drawn)));
    };
    fc.assert(fc.property(bytes(64), same), { numRuns: 40 });
    for (const fill of [0, 1, 127, 128, 255]) same(new Uint8Array(64).fill(fill));
  });

  test("which encodings are points", () => {
    const decodes = (half: typeof node, encoded: Uint8Array) =>
      half.sumOfProducts(0n, [{ scalar: 1n, point: encoded }]);
    const same = (encoded: Uint8Array): boolean => {
      const answer = decodes(node, encoded);
      expect(answer).toEqual(decodes(web, encoded));
      // What is taken is the one encoding of its point.
      if (answer) expect(answer).toEqual(encoded);
      return answer !== undefined;
    };
    let count = 0;
    fc.assert(
      fc.property(bytes(32), (drawn) => {
        // Half of what is even and below the prime decodes to something.
        drawn[0] = drawn[0]! & 0xfe;
        drawn[31] = drawn[31]! & 0x7f;
        if (same(drawn)) count++;
      }),
      { numRuns: 200 },
    );
    expect(count).toBeGreaterThan(5);
    // RFC 9496, appendix A.2: not canonical, negative, no square, negative xy, s = −1.
    for (const hex of [
      "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
      "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
      "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ])
      expect(same(fromHex(hex)), hex).toBe(false);
    for (const length of [0, 31, 33]) expect(same(new Uint8Array(length))).toBe(false);
  });

  test("the multiples of the generator of RFC 9496, appendix A.1", () => {
    const multiples = [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
      "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    ];
    for (const [i, hex] of multiples.entries())
      for (const half of [node, web])
        expect(toHex(half.sumOfProducts(BigInt(i), [])!)).toBe(`0x${hex}`);
  });
});

test("a sum longer than the tables is refused", () => {
  const term = { scalar: 1n, point: BASE.toBytes() };
  const most = Array.from({ length: MAX_TERMS }, () => term);
  const sum = BASE.multiply(BigInt(MAX_TERMS)).toBytes();
  expect(node.sumOfProducts(0n, most)).toEqual(sum);
  expect(() => node.sumOfProducts(0n, [...most, term])).toThrow("the tables have room");
});

describe("the field of the module", () => {
  const field = openFieldModule(1);
  const words = new BigInt64Array(field.memory.buffer);
  const [A, B, OUT] = [SCRATCH_BYTES, SCRATCH_BYTES + ELEMENT, SCRATCH_BYTES + 2 * ELEMENT];
  const put = (at: number, limbs: readonly bigint[]): void => words.set(limbs, at / 8);
  const weight = (i: number): bigint => 1n << BigInt(Math.ceil(25.5 * i));
  const valueAt = (at: number): bigint =>
    Fp.create(
      [...words.subarray(at / 8, at / 8 + 10)].reduce((sum, limb, i) => sum + limb * weight(i), 0n),
    );
  /** Three terms, as the largest factors of the formulas have: 3.3·2^25 and 3.3·2^24. */
  const bound = (i: number): bigint => (33n << (i % 2 === 0 ? 25n : 24n)) / 10n;
  /** What a product or a carry gives. */
  const carried = (i: number): bigint => (11n << (i % 2 === 0 ? 25n : 24n)) / 10n;

  const check = (a: readonly bigint[], b: readonly bigint[]): void => {
    put(A, a);
    put(B, b);
    const [x, y] = [valueAt(A), valueAt(B)];
    const results: [string, () => void, bigint][] = [
      ["mul", () => field.mul(OUT, A, B), Fp.mul(x, y)],
      ["square", () => field.square(OUT, A, 1), Fp.mul(x, x)],
      ["squares", () => field.square(OUT, A, 3), Fp.pow(x, 8n)],
      ["carry", () => field.carry(OUT, A), x],
    ];
    for (const [name, run, expected] of results) {
      run();
      expect(valueAt(OUT), name).toBe(expected);
      for (let i = 0; i < 10; i++) {
        const limb = words[OUT / 8 + i]!;
        expect(limb < 0n ? -limb : limb, `${name} ${i}`).toBeLessThanOrEqual(carried(i));
      }
    }
    field.add(OUT, A, B);
    expect(valueAt(OUT)).toBe(Fp.add(x, y));
    field.sub(OUT, A, B);
    expect(valueAt(OUT)).toBe(Fp.sub(x, y));
  };

  test("is right at the extremes of what factors may be", () => {
    const signs = [0, 1, 0b1010101010, 0b0101010101, 0b1111111111, 0b1100110011];
    const extreme = (sign: number): bigint[] =>
      Array.from({ length: 10 }, (_, i) => ((sign >> i) & 1 ? -bound(i) : bound(i)));
    for (const a of signs) for (const b of signs) check(extreme(a), extreme(b));
    check(new Array(10).fill(0n), extreme(0));
  });

  test("is right for whatever lies between", () => {
    const element = fc.tuple(
      ...Array.from({ length: 10 }, (_, i) => fc.bigInt({ min: -bound(i), max: bound(i) })),
    );
    fc.assert(
      fc.property(element, element, (a, b) => check(a, b)),
      { numRuns: 100 },
    );
  });
});
