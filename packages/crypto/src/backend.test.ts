import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { concatBytes, fromHex, toHex } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backend as node } from "./backend.node.ts";
import type { Backend } from "./backend.types.ts";
import { backend as web } from "./backend.web.ts";
import { nodeCurves } from "./ed25519.node.ts";
import { isMarkedSignature } from "./sr25519.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const message = fc.uint8Array({ maxLength: 300 });

function same<T extends unknown[]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  call: (half: Backend, ...inputs: T) => unknown,
  numRuns = 30,
): void {
  const inputs = fc.tuple<T>(...arbitraries);
  const check = (drawn: T): void => {
    expect(call(node, ...drawn)).toEqual(call(web, ...drawn));
  };
  fc.assert(fc.property(inputs, check), { numRuns });
}

describe("the halves agree on", () => {
  test("every hash of every length", () => {
    same([message], (half, data) => [
      half.blake2b(data, 16),
      half.blake2b(data, 32),
      half.blake2b(data, 64),
      half.blake2b(data, 8),
      half.blake2b(data, 48),
      half.sha256(data),
      half.sha512(data),
      half.keccak256(data),
      half.xxh64(data, 0n),
      half.xxh64(data, 3n),
    ]);
  });

  test("keyed hashes with keys of every length", () => {
    same(
      [fc.uint8Array({ minLength: 1, maxLength: 64 }), message, fc.integer({ min: 1, max: 64 })],
      (half, key, data, size) => half.blake2bKeyed(key, data, size),
    );
  });

  test("HMAC and PBKDF2", () => {
    same([fc.uint8Array({ maxLength: 200 }), message], (half, key, data) =>
      half.hmacSha256(key, data),
    );
    same([message, message], (half, key, salt) => half.pbkdf2Sha512(key, salt, 3, 64), 5);
  });

  test("views into a larger buffer", () => {
    const buffer = Uint8Array.from({ length: 100 }, (_, i) => i);
    const view = buffer.subarray(13, 77);
    const copy = Uint8Array.from(view);
    for (const half of [node, web]) {
      expect(half.blake2b(view, 32)).toEqual(half.blake2b(copy, 32));
      expect(half.xxh64(view, 1n)).toBe(half.xxh64(copy, 1n));
      expect(half.sha256(view)).toEqual(half.sha256(copy));
      expect(half.keccak256(view)).toEqual(half.keccak256(copy));
    }
  });

  test("AES in both modes, and each opens what the other sealed", () => {
    same([bytes(32), bytes(12), message, message], (half, key, nonce, text, aad) =>
      half.aes256GcmSeal(key, nonce, text, aad),
    );
    same([bytes(32), bytes(16), message], (half, key, iv, data) => half.aes256Ctr(key, iv, data));
    const [key, nonce, aad] = [new Uint8Array(32), new Uint8Array(12), Uint8Array.of(1)];
    const sealed = node.aes256GcmSeal(key, nonce, Uint8Array.of(7, 8), aad);
    expect(web.aes256GcmOpen(key, nonce, sealed, aad)).toEqual(Uint8Array.of(7, 8));
    for (const half of [node, web]) {
      for (let at = 0; at < sealed.length; at++)
        expect(half.aes256GcmOpen(key, nonce, flip(sealed, at), aad)).toBeUndefined();
      expect(half.aes256GcmOpen(key, nonce, sealed, Uint8Array.of(2))).toBeUndefined();
    }
  });

  test("counter overflow in AES-CTR", () => {
    same([bytes(32), bytes(64)], (half, key, data) =>
      half.aes256Ctr(key, new Uint8Array(16).fill(255), data),
    );
  });

  test("X25519 keys and secrets, and node:crypto does too", () => {
    same([bytes(32), bytes(32)], (half, secret, other) => [
      half.x25519PublicKey(secret),
      half.x25519(secret, half.x25519PublicKey(other)),
      half.x25519(secret, other),
    ]);
    const [secret, peer] = [new Uint8Array(32).fill(3), node.x25519PublicKey(new Uint8Array(32))];
    expect(nodeCurves.x25519PublicKey(secret)).toEqual(node.x25519PublicKey(secret));
    expect(nodeCurves.x25519(secret, peer)).toEqual(node.x25519(secret, peer));
  });

  test.each([
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ])("refusing the X25519 point of small order %s", (hex) => {
    const secret = new Uint8Array(32).fill(77);
    for (const half of [node, web, nodeCurves]) {
      expect(half.x25519(secret, fromHex(hex))).toBeUndefined();
      expect(half.x25519(secret, withTopBit(fromHex(hex)))).toBeUndefined();
    }
    expect(() => x25519.getSharedSecret(secret, fromHex(hex))).toThrow();
  });

  test("secp256k1 keys, signatures and recovery, with bad scalars and ids too", () => {
    same([bytes(32), bytes(32)], (half, secret, hash) => [
      half.secp256k1PublicKey(secret),
      half.secp256k1Sign(hash, secret),
    ]);
    same(
      [bytes(32), bytes(64), fc.integer({ min: 0, max: 3 })],
      (half, hash, signature, recovery) => half.secp256k1Recover(hash, signature, recovery),
    );
    same([bytes(33)], (half, key) => half.secp256k1Expand(key));
    const order = fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    for (const secret of [new Uint8Array(32), order])
      for (const half of [node, web]) expect(half.secp256k1PublicKey(secret)).toBeUndefined();
    const one = new Uint8Array(32).fill(1);
    const hash = new Uint8Array(32).fill(9);
    for (const bad of [new Uint8Array(32), order, new Uint8Array(32).fill(255)])
      for (const half of [node, web]) {
        expect(half.secp256k1Recover(hash, concatBytes(bad, one), 0)).toBeUndefined();
        expect(half.secp256k1Recover(hash, concatBytes(one, bad), 0)).toBeUndefined();
      }
  });

  test("recovering from a signature with high s", () => {
    const secret = new Uint8Array(32).fill(5);
    const hash = new Uint8Array(32).fill(9);
    const signed = node.secp256k1Sign(hash, secret);
    const { Fn } = secp256k1.Point;
    const high = Fn.toBytes(Fn.neg(Fn.fromBytes(signed.subarray(32, 64))));
    const other = concatBytes(signed.subarray(0, 32), high);
    for (const half of [node, web])
      expect(half.secp256k1Recover(hash, other, 1 - signed[64]!)).toEqual(
        half.secp256k1PublicKey(secret),
      );
  });

  test("entropy having the length asked for and never repeating", () => {
    for (const half of [node, web]) {
      expect(half.randomBytes(0)).toHaveLength(0);
      expect(half.randomBytes(70_000)).toHaveLength(70_000);
      expect(half.randomBytes(32)).not.toEqual(half.randomBytes(32));
    }
  });

  test("sr25519 pairs, children, agreement, and each verifies the other's signatures", () => {
    same(
      [bytes(32), bytes(32), bytes(32)],
      (half, seed, chainCode, other) => {
        const pair = half.sr25519FromSeed(seed);
        const publicKey = pair.slice(64);
        const soft = half.sr25519DeriveSoft(pair, chainCode);
        return [
          pair,
          half.sr25519DeriveHard(pair, chainCode),
          // the other half of a soft child's secret is a nonce seed, which may be anything
          soft.slice(0, 32),
          soft.slice(64),
          half.sr25519DerivePublicSoft(publicKey, chainCode),
          half.sr25519Agree(half.sr25519FromSeed(other).slice(64), pair.slice(0, 64)),
        ];
      },
      8,
    );
    fc.assert(
      fc.property(bytes(32), message, (seed, text) => {
        const pair = node.sr25519FromSeed(seed);
        const [secretKey, publicKey] = [pair.slice(0, 64), pair.slice(64)];
        for (const signer of [node, web]) {
          const signature = signer.sr25519Sign(publicKey, secretKey, text);
          for (const verifier of [node, web])
            expect(verifier.sr25519Verify(publicKey, text, signature)).toBe(true);
        }
      }),
      { numRuns: 5 },
    );
  });

  test("which hostile sr25519 keys and signatures to refuse", () => {
    const pair = node.sr25519FromSeed(new Uint8Array(32).fill(1));
    const good = node.sr25519Sign(pair.slice(64), pair.slice(0, 64), Uint8Array.of(1));
    expect(node.sr25519Verify(pair.slice(64), Uint8Array.of(1), good)).toBe(true);
    const keys = [
      pair.slice(64),
      new Uint8Array(32).fill(255),
      Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)),
    ];
    for (const key of keys)
      for (let i = 0; i < 64; i += 5) {
        const signature = flip(good, i);
        if (!isMarkedSignature(signature)) continue;
        const verdict = node.sr25519Verify(key, Uint8Array.of(1), signature);
        expect(verdict, `${toHex(key)} ${i}`).toBe(false);
        expect(web.sr25519Verify(key, Uint8Array.of(1), signature)).toBe(verdict);
      }
  });
});

describe("ed25519 verdicts are one rule on every half", () => {
  const halves = { node, web, nodeCrypto: nodeCurves };
  const { Point } = ed25519;
  const torsion = fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");

  function verdicts(key: Uint8Array, text: Uint8Array, signature: Uint8Array): boolean[] {
    return Object.values(halves).map((half) => half.ed25519Verify(key, text, signature));
  }

  test("all sign alike and accept it", () => {
    fc.assert(
      fc.property(bytes(32), message, (seed, text) => {
        const key = node.ed25519PublicKey(seed);
        const signature = node.ed25519Sign(seed, text);
        for (const half of Object.values(halves)) {
          expect(half.ed25519PublicKey(seed)).toEqual(key);
          expect(half.ed25519Sign(seed, text)).toEqual(signature);
        }
        expect(verdicts(key, text, signature)).toEqual([true, true, true]);
        for (const at of [0, 20, 31, 32, 63])
          expect(verdicts(key, text, flip(signature, at))).toEqual([false, false, false]);
      }),
      { numRuns: 8 },
    );
  });

  test("each seed signs with its own key, whichever signed before and whatever becomes of its bytes", () => {
    const text = Uint8Array.of(1);
    for (const half of Object.values(halves)) {
      const reused = new Uint8Array(32);
      for (const byte of [0, 1, 0, 2, 2]) {
        reused.fill(byte);
        const key = half.ed25519PublicKey(new Uint8Array(32).fill(byte));
        expect(half.ed25519Verify(key, text, half.ed25519Sign(reused, text))).toBe(true);
      }
    }
  });

  test("a response not below the group order is refused", () => {
    const seed = new Uint8Array(32).fill(4);
    const text = Uint8Array.of(1);
    const signature = node.ed25519Sign(seed, text);
    const { Fn } = Point;
    const s = Fn.fromBytes(signature.subarray(32)) + Fn.ORDER;
    const malleable = concatBytes(signature.subarray(0, 32), littleEndian32(s));
    expect(verdicts(node.ed25519PublicKey(seed), text, malleable)).toEqual([false, false, false]);
  });

  test("keys and commitments of small order are refused, however they are encoded", () => {
    const smallOrder = [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ].flatMap((hex) => [fromHex(hex), withTopBit(fromHex(hex))]);
    const neutral = Point.ZERO.toBytes();
    for (const key of smallOrder)
      for (const r of [neutral, ...smallOrder])
        for (const text of [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)])
          expect(verdicts(key, text, concatBytes(r, new Uint8Array(32)))).toEqual([
            false,
            false,
            false,
          ]);
  });

  test("a key with a torsion part gives the same verdict everywhere", () => {
    // Cofactored verification accepts all of these, cofactorless one in eight.
    const { Fn } = Point;
    const secret = 123456789n;
    const mixed = Point.BASE.multiply(secret).add(Point.fromBytes(torsion)).toBytes();
    const seen = new Set<boolean>();
    for (let i = 0; i < 24; i++) {
      const text = Uint8Array.of(i);
      const r = Point.BASE.multiply(BigInt(i + 2)).toBytes();
      const k = Fn.create(ofLittleEndian(node.sha512(concatBytes(r, mixed, text))));
      const s = Fn.add(BigInt(i + 2), Fn.mul(k, secret));
      const all = verdicts(mixed, text, concatBytes(r, Fn.toBytes(s)));
      expect(new Set(all).size, `message ${i}: ${all}`).toBe(1);
      seen.add(all[0]!);
    }
    expect(seen).toEqual(new Set([true, false]));
  });

  test("keys that are no canonical point are refused", () => {
    for (let low = 0xed; low <= 0xff; low++) {
      const key = new Uint8Array(32).fill(255);
      key[0] = low;
      key[31] = 0x7f;
      const signature = concatBytes(Point.BASE.toBytes(), new Uint8Array(32));
      expect(verdicts(key, Uint8Array.of(1), signature)).toEqual([false, false, false]);
      expect(verdicts(withTopBit(key), Uint8Array.of(1), signature)).toEqual([false, false, false]);
    }
  });

  test("random keys and signatures are refused, alike", () => {
    fc.assert(
      fc.property(bytes(32), message, bytes(64), (key, text, signature) => {
        expect(verdicts(key, text, signature)).toEqual([false, false, false]);
      }),
      { numRuns: 30 },
    );
  });
});

function flip(input: Uint8Array, at: number): Uint8Array {
  const out = input.slice();
  out[at] = out[at]! ^ 1;
  return out;
}

function withTopBit(input: Uint8Array): Uint8Array {
  const out = input.slice();
  out[31] = out[31]! | 0x80;
  return out;
}

function ofLittleEndian(input: Uint8Array): bigint {
  return BigInt(toHex(input.slice().reverse()));
}

function littleEndian32(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, "0")).reverse();
}
