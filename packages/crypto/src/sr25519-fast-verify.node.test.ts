import { ristretto255 } from "@noble/curves/ed25519.js";
import { concatBytes } from "@pha/scale";
import * as schnorrkel from "@polkadot/wasm-crypto";
import { beforeAll, describe, expect, test } from "vitest";
import {
  isMarkedSignature,
  sr25519Agree,
  sr25519DerivePublicSoft,
  sr25519FromSeed,
  sr25519Sign,
  sr25519Verify,
} from "./sr25519.ts";
import {
  createFastVerify,
  loadFastSchnorrkel,
  type Sr25519Verify,
} from "./sr25519-fast-verify.node.ts";

const authority: Sr25519Verify = (publicKey, message, signature) =>
  schnorrkel.sr25519Verify(signature, message, publicKey);
const wasm = loadFastSchnorrkel;
const pair = sr25519FromSeed(new Uint8Array(32).fill(1));
const message = new Uint8Array(150).fill(2);
let signature: Uint8Array;

beforeAll(async () => {
  await schnorrkel.waitReady();
  signature = sr25519Sign(pair, message);
});

/** Bytes that look random and are the same in every run. */
function pseudoRandom(length: number, seed: number): Uint8Array {
  let state = seed * 2654435761 + 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

describe("fast sr25519 verification", () => {
  test("is installed here, or the other tests would prove nothing", () => {
    expect(wasm()).toBeDefined();
  });

  test("takes over once the authority has accepted a key", () => {
    const fast = createFastVerify({ authority, wasm });
    for (let i = 0; i < 5; i++) expect(fast.verify(pair.publicKey, message, signature)).toBe(true);
    expect(fast.counters()).toMatchObject({ authority: 1, fast: 4, traps: 0, knownKeys: 1 });
  });

  test("never sees a key that has signed nothing", () => {
    const fast = createFastVerify({ authority, wasm });
    for (let i = 0; i < 300; i++) {
      const key = pseudoRandom(32, i);
      expect(fast.verify(key, message, signature)).toBe(false);
    }
    expect(fast.counters()).toMatchObject({ fast: 0, traps: 0, knownKeys: 0, instances: 0 });
  });

  test("agrees with the authority on hostile signatures under a good key, without a trap", () => {
    const fast = createFastVerify({ authority, wasm });
    expect(fast.verify(pair.publicKey, message, signature)).toBe(true);
    let tried = 0;
    for (let i = 0; i < 400; i++) {
      const hostile = i % 2 === 0 ? pseudoRandom(64, i) : signature.slice();
      if (i % 2 === 1) hostile[i % 64] = (hostile[i % 64] ?? 0) ^ (1 << (i % 8));
      if (!isMarkedSignature(hostile)) continue;
      tried++;
      expect(fast.verify(pair.publicKey, message, hostile)).toBe(false);
    }
    expect(tried).toBeGreaterThan(150);
    expect(fast.counters()).toMatchObject({ traps: 0, fast: tried, instances: 1 });
    expect(fast.verify(pair.publicKey, message, signature)).toBe(true);
  });

  test("drops an instance that traps and answers by the authority", () => {
    const fast = createFastVerify({ authority, wasm });
    expect(fast.verify(pair.publicKey, message, signature)).toBe(true);
    // An unmarked signature is what `sr25519Verify` never lets through; here it stands for an unknown bug.
    const unmarked = signature.slice();
    unmarked[63] = (unmarked[63] ?? 0) & 0x7f;
    fast.verify(pair.publicKey, message, unmarked);
    expect(fast.counters()).toMatchObject({ traps: 1, instances: 1, authority: 2 });
    expect(fast.verify(pair.publicKey, message, signature)).toBe(true);
    expect(fast.counters()).toMatchObject({ traps: 1, instances: 2, fast: 1 });
  });

  test("stays off after eight traps", () => {
    const fast = createFastVerify({ authority, wasm });
    expect(fast.verify(pair.publicKey, message, signature)).toBe(true);
    const unmarked = signature.slice();
    unmarked[63] = (unmarked[63] ?? 0) & 0x7f;
    for (let i = 0; i < 20; i++) fast.verify(pair.publicKey, message, unmarked);
    expect(fast.counters().traps).toBe(8);
    expect(fast.verify(pair.publicKey, message, signature)).toBe(true);
    expect(fast.counters().fast).toBe(0);
  });

  test("forgets the key unused for longest", () => {
    const fast = createFastVerify({ authority, wasm, maxKeys: 2 });
    const pairs = [3, 4, 5].map((n) => sr25519FromSeed(new Uint8Array(32).fill(n)));
    for (const each of pairs)
      expect(fast.verify(each.publicKey, message, sr25519Sign(each, message))).toBe(true);
    expect(fast.counters()).toMatchObject({ knownKeys: 2, authority: 3, fast: 0 });
    const [first, , last] = pairs;
    fast.verify(last!.publicKey, message, sr25519Sign(last!, message));
    expect(fast.counters().fast).toBe(1);
    fast.verify(first!.publicKey, message, sr25519Sign(first!, message));
    expect(fast.counters()).toMatchObject({ fast: 1, authority: 4 });
  });

  test("leaves long messages to the authority and takes empty ones", () => {
    const fast = createFastVerify({ authority, wasm, maxMessageBytes: 100 });
    expect(fast.verify(pair.publicKey, message, signature)).toBe(true);
    expect(fast.verify(pair.publicKey, message, signature)).toBe(true);
    expect(fast.counters().fast).toBe(0);
    const empty = new Uint8Array(0);
    const ofEmpty = sr25519Sign(pair, empty);
    for (let i = 0; i < 2; i++) expect(fast.verify(pair.publicKey, empty, ofEmpty)).toBe(true);
    expect(fast.counters().fast).toBe(1);
  });

  test("gives the same verdicts where the build is missing", () => {
    const without = createFastVerify({ authority, wasm: () => undefined });
    for (let i = 0; i < 3; i++)
      expect(without.verify(pair.publicKey, message, signature)).toBe(true);
    expect(without.verify(pair.publicKey, Uint8Array.of(1), signature)).toBe(false);
    expect(without.counters()).toMatchObject({ fast: 0, authority: 4 });
  });
});

test("signatures without marker, with a large scalar or of another length are refused before any library", () => {
  expect(sr25519Verify(pair.publicKey, message, signature)).toBe(true);
  const unmarked = signature.slice();
  unmarked[63] = (unmarked[63] ?? 0) & 0x7f;
  expect(sr25519Verify(pair.publicKey, message, unmarked)).toBe(false);
  const large = signature.slice();
  large.fill(0xff, 32);
  expect(isMarkedSignature(large)).toBe(false);
  expect(sr25519Verify(pair.publicKey, message, signature.subarray(1))).toBe(false);
  expect(sr25519Verify(pair.publicKey.subarray(1), message, signature)).toBe(false);
});

test("the neutral element is nobody's key: anyone could sign for it", () => {
  const { Point } = ristretto255;
  const forged = concatBytes(Point.BASE.multiply(7n).toBytes(), Point.Fn.toBytes(7n));
  forged[63] = (forged[63] ?? 0) | 0x80;
  const neutral = new Uint8Array(32);
  expect(authority(neutral, message, forged)).toBe(true);
  expect(sr25519Verify(neutral, message, forged)).toBe(false);
  expect(sr25519Agree(pair, neutral)).toBeUndefined();
});

test("agreement and soft children refuse bytes that are no point, and the wasm survives them", () => {
  const chainCode = new Uint8Array(32);
  for (const bad of [new Uint8Array(32).fill(255), new Uint8Array(31), pseudoRandom(32, 1)]) {
    expect(sr25519Agree(pair, bad)).toBeUndefined();
    expect(sr25519DerivePublicSoft(bad, chainCode)).toBeUndefined();
  }
  expect(sr25519Verify(pair.publicKey, message, signature)).toBe(true);
});
