import { bls12_381 } from "@noble/curves/bls12-381.js";
import { concatBytes, fromHex, toHex } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bigEndian } from "./big-endian.ts";
import { mclBls, STACK_BYTES } from "./bls.node.ts";
import type { BlsHalf } from "./bls-half.ts";
import { pureBls } from "./bls-pure.ts";
import { moduleOf, openMcl } from "./mcl.node.ts";

const { Fp, Fp2, Fr } = bls12_381.fields;
const P = Fp.ORDER;
const R = Fr.ORDER;
const bytesOf = (value: bigint, length: number): Uint8Array =>
  fromHex(value.toString(16).padStart(2 * length, "0"));
const scalar = (value: bigint): Uint8Array => bytesOf(value, 32);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** What both halves answer; that it is the same is the point of this file. */
function both(call: (half: BlsHalf) => Uint8Array | boolean | undefined): string {
  const [ours, theirs] = [mclBls, pureBls].map((half) => {
    try {
      const given = call(half);
      return given instanceof Uint8Array ? toHex(given) : String(given);
    } catch {
      return "refused";
    }
  });
  expect(ours).toBe(theirs);
  return ours!;
}

/** A point in Jacobian-free form: its coordinates, one coefficient or two, the higher first. `undefined`: the identity. */
type Affine = { readonly x: readonly bigint[]; readonly y: readonly bigint[] } | undefined;

interface Group {
  readonly name: string;
  readonly decompress: "blsDecompressG1" | "blsDecompressG2";
  readonly add: "blsAddG1" | "blsAddG2";
  readonly products: readonly (
    | "blsMultiplyG1"
    | "blsMultiplyG2"
    | "blsMultiplySecretG1"
    | "blsMultiplySecretG2"
  )[];
  readonly coefficients: number;
  readonly base: Affine;
  /** Small prime factors of the cofactor. */
  readonly primes: readonly bigint[];
  readonly cofactor: bigint;
  /** Coordinates of a point with this x, in or outside the subgroup. */
  readonly onCurve: (x: readonly bigint[]) => Affine;
  readonly times: (point: Affine, factor: bigint) => Affine;
  readonly plus: (a: Affine, b: Affine) => Affine;
}

const { Point: G1 } = bls12_381.G1;
const { Point: G2 } = bls12_381.G2;

function times<T>(zero: T, point: T, factor: bigint, add: (a: T, b: T) => T): T {
  let sum = zero;
  for (const bit of factor.toString(2)) {
    sum = add(sum, sum);
    if (bit === "1") sum = add(sum, point);
  }
  return sum;
}

const toG1 = (point: Affine) =>
  point === undefined ? G1.ZERO : G1.fromAffine({ x: point.x[0]!, y: point.y[0]! });
const ofG1 = (point: InstanceType<typeof G1>): Affine =>
  point.is0() ? undefined : { x: [point.toAffine().x], y: [point.toAffine().y] };
const fp2 = ([c1, c0]: readonly bigint[]) => Fp2.create({ c0: c0!, c1: c1! });
const toG2 = (point: Affine) =>
  point === undefined ? G2.ZERO : G2.fromAffine({ x: fp2(point.x), y: fp2(point.y) });
const ofG2 = (point: InstanceType<typeof G2>): Affine => {
  if (point.is0()) return undefined;
  const { x, y } = point.toAffine();
  return { x: [x.c1, x.c0], y: [y.c1, y.c0] };
};

const GROUPS: readonly Group[] = [
  {
    name: "G1",
    decompress: "blsDecompressG1",
    add: "blsAddG1",
    products: ["blsMultiplyG1", "blsMultiplySecretG1"],
    coefficients: 1,
    base: ofG1(G1.BASE),
    primes: [3n, 11n, 10_177n, 859_267n, 52_437_899n],
    cofactor: G1.CURVE().h,
    onCurve: ([x]) => {
      try {
        return { x: [x!], y: [Fp.sqrt(Fp.add(Fp.pow(x!, 3n), G1.CURVE().b))] };
      } catch {
        // no such point
        return undefined;
      }
    },
    times: (point, factor) =>
      ofG1(times(G1.ZERO, toG1(point), factor, (a, b) => (a === b ? a.double() : a.add(b)))),
    plus: (a, b) => ofG1(toG1(a).add(toG1(b))),
  },
  {
    name: "G2",
    decompress: "blsDecompressG2",
    add: "blsAddG2",
    products: ["blsMultiplyG2", "blsMultiplySecretG2"],
    coefficients: 2,
    base: ofG2(G2.BASE),
    primes: [13n, 23n, 2_713n, 11_953n, 262_069n],
    cofactor: G2.CURVE().h,
    onCurve: (x) => {
      try {
        const y = Fp2.sqrt(Fp2.add(Fp2.pow(fp2(x), 3n), G2.CURVE().b));
        return { x, y: [y.c1, y.c0] };
      } catch {
        // no such point
        return undefined;
      }
    },
    times: (point, factor) =>
      ofG2(times(G2.ZERO, toG2(point), factor, (a, b) => (a === b ? a.double() : a.add(b)))),
    plus: (a, b) => ofG2(toG2(a).add(toG2(b))),
  },
];

/** As the halves take it. */
function affineBytes(group: Group, point: Affine): Uint8Array {
  if (point === undefined) return new Uint8Array(96 * group.coefficients);
  return concatBytes(...[...point.x, ...point.y].map((value) => bytesOf(value, 48)));
}

function compressed(x: readonly bigint[], flags: number): Uint8Array {
  const out = concatBytes(...x.map((value) => bytesOf(value, 48)));
  out[0]! |= flags;
  return out;
}

/** Points outside the subgroup: of every small order there is, each with a part in the subgroup too, and drawn ones. */
function outsideSubgroup(group: Group): readonly Affine[] {
  const found: Affine[] = [];
  const all = group.cofactor * R;
  const drawn: Affine[] = [];
  for (let x = 1n; drawn.length < 4; x++) {
    const point = group.onCurve(group.coefficients === 1 ? [x] : [x * x, x]);
    if (point !== undefined) drawn.push(point);
  }
  for (const prime of group.primes) {
    let power = 1n;
    while (all % (power * prime) === 0n) power *= prime;
    const torsion = drawn
      .map((point) => group.times(point, all / power))
      .find((point) => point !== undefined)!;
    expect(group.times(torsion, power)).toBeUndefined();
    found.push(torsion, group.plus(torsion, group.base));
  }
  return [...found, ...drawn];
}

const some = (group: Group, factor: bigint): Uint8Array =>
  affineBytes(group, group.times(group.base, factor));

describe.each(GROUPS)("the halves agree in $name on", (group) => {
  const zero = affineBytes(group, undefined);
  const base = affineBytes(group, group.base);

  test("points of the subgroup, with either y", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: R - 1n }), (factor) => {
        const point = group.times(group.base, factor)!;
        const answers = [0x80, 0xa0].map((flags) =>
          both((half) => half[group.decompress](compressed(point.x, flags))),
        );
        expect(answers).toContain(toHex(affineBytes(group, point)));
        expect(answers[0]).not.toBe(answers[1]);
      }),
      { numRuns: 8 },
    );
  });

  test("refusing points outside the subgroup, of every small order", () => {
    for (const point of outsideSubgroup(group))
      for (const flags of [0x80, 0xa0])
        expect(both((half) => half[group.decompress](compressed(point!.x, flags)))).toBe(
          "undefined",
        );
  });

  test("every x there may be: small, large, drawn", () => {
    const seen = new Set<string>();
    const xs = [0n, 1n, 2n, 3n, 4n, 5n, P - 1n, P - 2n, P - 3n, (P - 1n) / 2n, 1n << 380n];
    const lists = group.coefficients === 1 ? xs.map((x) => [x]) : [];
    if (group.coefficients === 2) for (const c1 of xs) for (const c0 of xs) lists.push([c1, c0]);
    for (const x of lists) seen.add(both((half) => half[group.decompress](compressed(x, 0x80))));
    fc.assert(
      fc.property(fc.array(bytes(48), { minLength: 2, maxLength: 2 }), (drawn) => {
        const x = drawn.slice(0, group.coefficients).map((value) => bigEndian(value) % P);
        seen.add(both((half) => half[group.decompress](compressed(x, 0xa0))));
      }),
      { numRuns: 30 },
    );
    expect(seen).toEqual(new Set(["undefined"]));
  });

  test("sums, also of equal and opposite points and with the identity", () => {
    const [a, b] = [some(group, 5n), some(group, 77n)];
    const opposite = some(group, R - 5n);
    expect(both((half) => half[group.add](a, b))).toBe(toHex(some(group, 82n)));
    expect(both((half) => half[group.add](a, a))).toBe(toHex(some(group, 10n)));
    expect(both((half) => half[group.add](a, opposite))).toBe(toHex(zero));
    expect(both((half) => half[group.add](a, zero))).toBe(toHex(a));
    expect(both((half) => half[group.add](zero, a))).toBe(toHex(a));
    expect(both((half) => half[group.add](zero, zero))).toBe(toHex(zero));
  });

  test.each(group.products)("%s with scalars of every kind", (product) => {
    const point = some(group, 3n);
    const special = [0n, 1n, 2n, 3n, 5n, 31n, 32n, 1n << 64n, (1n << 127n) - 1n, 1n << 128n];
    const x = 0xd201000000010000n;
    for (const factor of [...special, x, x * x - 1n, x * x, R - 2n, R - 1n, R >> 1n, R - x]) {
      const expected = toHex(some(group, (3n * factor) % R));
      expect(
        both((half) => half[product](point, scalar(factor))),
        `${factor}`,
      ).toBe(expected);
      expect(both((half) => half[product](zero, scalar(factor)))).toBe(toHex(zero));
    }
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: R - 1n }), (factor) => {
        expect(both((half) => half[product](base, scalar(factor)))).toBe(
          toHex(some(group, factor)),
        );
      }),
      { numRuns: 12 },
    );
  });

  test("refusing scalars that are not below the order or have another length", () => {
    for (const product of group.products)
      for (const bad of [
        scalar(R),
        scalar(R + 1n),
        new Uint8Array(32).fill(255),
        new Uint8Array(31),
        new Uint8Array(33),
      ])
        expect(both((half) => half[product](base, bad))).toBe("refused");
  });

  test("refusing what is no point in affine form", () => {
    const offCurve = base.slice();
    offCurve[offCurve.length - 1]! ^= 1;
    const xOnly = base.slice();
    xOnly.fill(0, base.length / 2);
    const unreduced = base.slice();
    unreduced.set(bytesOf(group.base!.y.at(-1)! + P, 48), base.length - 48);
    const bad = [
      offCurve,
      xOnly,
      unreduced,
      new Uint8Array(base.length).fill(255),
      base.subarray(1),
      concatBytes(base, Uint8Array.of(0)),
      new Uint8Array(0),
    ];
    for (const point of bad) {
      expect(both((half) => half[group.add](point, base))).toBe("refused");
      expect(both((half) => half[group.add](base, point))).toBe("refused");
      for (const product of group.products)
        expect(both((half) => half[product](point, scalar(2n)))).toBe("refused");
    }
  });

  test("sums of points that are on the curve and outside the subgroup", () => {
    const [first, second] = outsideSubgroup(group);
    expect(
      both((half) => half[group.add](affineBytes(group, first), affineBytes(group, second))),
    ).toBe(toHex(affineBytes(group, group.plus(first, second))));
  });
});

describe("the halves agree on", () => {
  const [g1, g2] = [GROUPS[0]!, GROUPS[1]!];
  const p = (factor: bigint) => some(g1, factor);
  const q = (factor: bigint) => some(g2, factor);

  test("maps to G1 of drawn bytes, of zero, of one element twice and of opposite ones", () => {
    const map = (uniform: Uint8Array) => both((half) => half.blsMapToG1(uniform));
    fc.assert(
      fc.property(bytes(128), (uniform) => {
        map(uniform);
      }),
      { numRuns: 20 },
    );
    const element = (value: bigint) => bytesOf(value, 64);
    // Where u² is −1/11, and where u is 0, the map would divide by zero.
    const pole = Fp.sqrt(Fp.div(P - 1n, 11n));
    const special = [0n, 1n, P - 1n, P, P + 1n, (1n << 512n) - 1n, pole, P - pole];
    for (const a of special) for (const b of special) map(concatBytes(element(a), element(b)));
    // Of two opposite elements the points cancel out.
    expect(map(concatBytes(element(7n), element(P - 7n)))).toBe(toHex(new Uint8Array(96)));
    for (const length of [0, 64, 127, 129]) expect(map(new Uint8Array(length))).toBe("refused");
  });

  test("pairings, bilinear in both", () => {
    const one = both((half) => half.blsPairing(p(6n), q(35n)));
    expect(both((half) => half.blsPairing(p(30n), q(7n)))).toBe(one);
    expect(both((half) => half.blsPairing(p(1n), q(210n)))).toBe(one);
    expect(both((half) => half.blsPairing(p(1n), q(211n)))).not.toBe(one);
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: R - 1n }), (factor) => {
        both((half) => half.blsPairing(p(factor), q(R - factor)));
      }),
      { numRuns: 4 },
    );
  });

  test("products of one to four pairings", () => {
    const product = (...pairs: readonly (readonly [bigint, bigint])[]) =>
      both((half) =>
        half.blsPairingProductIsOne(
          concatBytes(...pairs.map(([a]) => p(a))),
          concatBytes(...pairs.map(([, b]) => q(b))),
        ),
      );
    expect(product([1n, 1n])).toBe("false");
    expect(product([2n, 3n], [R - 6n, 1n])).toBe("true");
    expect(product([2n, 3n], [R - 6n, 2n])).toBe("false");
    expect(product([2n, 3n], [5n, 1n], [R - 11n, 1n])).toBe("true");
    expect(product([2n, 3n], [5n, 1n], [R - 12n, 1n])).toBe("false");
    expect(product([1n, 1n], [1n, 1n], [1n, 1n], [R - 3n, 1n])).toBe("true");
    expect(product([1n, 1n], [1n, 1n], [1n, 2n], [R - 3n, 1n])).toBe("false");
    expect(product()).toBe("refused");
    expect(product([1n, 1n], [1n, 1n], [1n, 1n], [1n, 1n], [R - 4n, 1n])).toBe("refused");
  });

  test("refusing the identity, a point off the curve and a missing one in a pairing", () => {
    const offCurve = q(1n);
    offCurve[191]! ^= 1;
    const pairs = [
      [new Uint8Array(96), q(1n)],
      [p(1n), new Uint8Array(192)],
      [p(1n), offCurve],
      [p(1n), new Uint8Array(0)],
      [new Uint8Array(0), q(1n)],
      [p(1n), q(1n).subarray(0, 191)],
    ] as const;
    for (const [a, b] of pairs) {
      expect(both((half) => half.blsPairing(a, b))).toBe("refused");
      expect(both((half) => half.blsPairingProductIsOne(a, b))).toBe("refused");
    }
    expect(
      both((half) => half.blsPairing(concatBytes(p(1n), p(1n)), concatBytes(q(1n), q(1n)))),
    ).toBe("refused");
  });
});

test.each([
  ["no module", "module.exports = 1;"],
  ["another module", 'const wasmBase64 = "AGFzbQEAAAA=";'],
])("a loader with %s is refused", (_what, loader) => {
  expect(() => moduleOf(loader)).toThrowError(
    expect.objectContaining({ code: "crypto/unknown-binary" }),
  );
});

test("what is overwritten after a call is all that the library writes to", () => {
  const mcl = openMcl();
  const alloc = (length: number) => mcl.alloc(length);
  const top = alloc(0);
  const [p, q, out, number, target] = [
    alloc(4 * 144),
    alloc(4 * 288),
    alloc(288),
    alloc(48),
    alloc(576),
  ];
  const text = alloc(128);
  const end = alloc(0);
  const put = (given: Uint8Array) => mcl.memory.set(given, text);
  put(G1.BASE.toBytes());
  expect(mcl.g1.deserialize(p, text, 48)).toBe(48);
  put(G2.BASE.toBytes());
  expect(mcl.g2.deserialize(q, text, 96)).toBe(96);
  for (let i = 1; i < 4; i++) {
    mcl.memory.copyWithin(p + 144 * i, p, p + 144);
    mcl.memory.copyWithin(q + 288 * i, q, q + 288);
  }
  put(scalar(R - 2n));
  expect(mcl.scalar(number, text, 32)).toBe(32);
  const calls: readonly (() => unknown)[] = [
    ...[mcl.g1.mul, mcl.g1.mulCT].map((product) => () => product(out, p, number)),
    ...[mcl.g2.mul, mcl.g2.mulCT].map((product) => () => product(out, q, number)),
    () => mcl.g1.isValidOrder(p),
    () => mcl.g2.isValidOrder(q),
    () => mcl.g1.add(out, p, p),
    () => mcl.g2.add(out, q, q),
    () => mcl.g2.normalize(out, out),
    () => mcl.millerLoop(target, p, q, 4),
    () => mcl.finalExponentiation(target, target),
    () => mcl.mapToG1(out, number),
    () => mcl.g1.deserialize(out, text, 48),
    () => mcl.g2.deserialize(out, text, 96),
  ];
  for (const call of calls) {
    mcl.memory.fill(0xaa, end - 10 * STACK_BYTES, end);
    const before = mcl.memory.slice();
    call();
    for (const [from, to] of [
      [0, end - STACK_BYTES],
      [top, mcl.memory.length],
    ] as const)
      expect(
        Buffer.compare(before.subarray(from, to), mcl.memory.subarray(from, to)),
        `${call}`,
      ).toBe(0);
  }
});
