import { ristretto255 } from "@noble/curves/ed25519.js";
import { concatBytes } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sr25519FromSeed, sr25519Sign, sr25519Verify } from "./sr25519.ts";
import { type SignedMessage, sr25519VerifyMany } from "./sr25519-batch.ts";

const pairs = Array.from({ length: 5 }, (_, i) => sr25519FromSeed(new Uint8Array(32).fill(i + 1)));

function signed(by: number, message: Uint8Array): SignedMessage {
  const pair = pairs[by]!;
  return { publicKey: pair.publicKey, message, signature: sr25519Sign(pair, message) };
}

function alone(batch: readonly SignedMessage[]): boolean[] {
  return batch.map(({ publicKey, message, signature }) =>
    sr25519Verify(publicKey, message, signature),
  );
}

/** A good batch of messages of all lengths around the transcript's block. */
const good = Array.from({ length: 130 }, (_, i) => signed(i % 5, new Uint8Array(i * 3).fill(i)));

test("good signatures are good, more of them than fit into one sum", () => {
  expect(sr25519VerifyMany(good)).toEqual(good.map(() => true));
  expect(sr25519VerifyMany(good.slice(0, 1))).toEqual([true]);
  expect(sr25519VerifyMany([])).toEqual([]);
});

test("one bad signature is found, and the others stay good", () => {
  const spoiled: ((one: SignedMessage) => SignedMessage)[] = [
    (one) => ({ ...one, message: concatBytes(one.message, Uint8Array.of(0)) }),
    (one) => ({ ...one, publicKey: pairs[4]!.publicKey }),
    (one) => ({ ...one, publicKey: new Uint8Array(32) }),
    (one) => ({ ...one, publicKey: new Uint8Array(32).fill(255) }),
    (one) => ({ ...one, publicKey: one.publicKey.slice(1) }),
    (one) => ({ ...one, signature: flipped(one.signature, 0) }),
    (one) => ({ ...one, signature: flipped(one.signature, 40) }),
    (one) => ({ ...one, signature: flipped(one.signature, 63, 0x80) }),
    (one) => ({ ...one, signature: one.signature.slice(1) }),
    (one) => ({ ...one, signature: concatBytes(new Uint8Array(32), one.signature.subarray(32)) }),
    (one) => ({ ...one, signature: new Uint8Array(64).fill(255) }),
  ];
  for (const [at, spoil] of spoiled.entries()) {
    const batch = good.slice(10, 22).map((one, i) => (i === at % 12 ? spoil(one) : one));
    const verdicts = sr25519VerifyMany(batch);
    expect(verdicts, `${at}`).toEqual(alone(batch));
    expect(verdicts.filter((verdict) => !verdict)).toHaveLength(1);
  }
});

test("two bad signatures whose faults cancel each other are both refused", () => {
  // s₁ + 1 and s₂ − 1: without factors the sum of both equations would hold.
  const { Fn } = ristretto255.Point;
  const shift = (one: SignedMessage, by: bigint): SignedMessage => {
    const s = one.signature.slice(32);
    s[31] = s[31]! & 0x7f;
    const shifted = Fn.toBytes(Fn.add(Fn.fromBytes(s), by));
    shifted[31] = shifted[31]! | 0x80;
    return { ...one, signature: concatBytes(one.signature.subarray(0, 32), shifted) };
  };
  const [a, b, c] = [good[3]!, good[4]!, good[5]!];
  expect(sr25519VerifyMany([shift(a, 0n), b, c])).toEqual([true, true, true]);
  expect(sr25519VerifyMany([shift(a, 1n), shift(b, Fn.ORDER - 1n), c])).toEqual([
    false,
    false,
    true,
  ]);
});

test("verdicts are those of one by one, for whatever is drawn", () => {
  const drawn = fc.record({
    by: fc.integer({ min: 0, max: 4 }),
    length: fc.integer({ min: 0, max: 200 }),
    at: fc.option(fc.integer({ min: 0, max: 63 })),
  });
  fc.assert(
    fc.property(fc.array(drawn, { minLength: 2, maxLength: 6 }), (choices) => {
      const batch = choices.map(({ by, length, at }) => {
        const one = signed(by, new Uint8Array(length));
        return at === null ? one : { ...one, signature: flipped(one.signature, at) };
      });
      expect(sr25519VerifyMany(batch)).toEqual(alone(batch));
    }),
    { numRuns: 30 },
  );
});

function flipped(bytes: Uint8Array, at: number, bit = 1): Uint8Array {
  const out = bytes.slice();
  out[at] = out[at]! ^ bit;
  return out;
}
