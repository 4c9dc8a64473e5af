import { secp256k1 } from "@noble/curves/secp256k1.js";
import { fromHex, toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import {
  ecdsaFromSecret,
  ecdsaRecover,
  ecdsaSign,
  ethereumAddress,
  ethereumSigner,
} from "./ecdsa.ts";
import { blake2b256, keccak256 } from "./hash.ts";

const secret = new Uint8Array(32).fill(7);

test("the signer is recovered, from Ethereum's ids too", () => {
  const pair = ecdsaFromSecret(secret);
  expect(pair).toBeDefined();
  const hash = blake2b256(utf8("message"));
  const signature = ecdsaSign(pair!, hash);
  expect(ecdsaRecover(hash, signature)).toEqual(pair?.publicKey);
  signature[64] = signature[64]! + 27;
  expect(ecdsaRecover(hash, signature)).toEqual(pair?.publicKey);
  expect(ecdsaRecover(blake2b256(hash), signature)).not.toEqual(pair?.publicKey);
});

test("secret one has the address that is known for it", () => {
  const one = new Uint8Array(32);
  one[31] = 1;
  const address = ethereumAddress(ecdsaFromSecret(one)!.publicKey);
  expect(address && toHex(address)).toBe("0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
});

test("the uncompressed key has the same address, a hybrid one has none", () => {
  const { publicKey } = ecdsaFromSecret(secret)!;
  const full = secp256k1.Point.fromBytes(publicKey).toBytes(false);
  expect(ethereumAddress(full)).toEqual(ethereumAddress(publicKey));
  const hybrid = full.slice();
  hybrid[0] = 6 + (full[64]! & 1);
  expect(ethereumAddress(hybrid)).toBeUndefined();
});

test("malformed input gives nothing", () => {
  const hash = new Uint8Array(32).fill(1);
  for (const last of [4, 5, 26, 31, 255]) {
    const signature = new Uint8Array(65).fill(1);
    signature[64] = last;
    expect(ecdsaRecover(hash, signature)).toBeUndefined();
  }
  expect(ecdsaRecover(hash, new Uint8Array(65))).toBeUndefined();
  expect(ecdsaRecover(hash, new Uint8Array(64))).toBeUndefined();
  expect(ethereumAddress(new Uint8Array(33))).toBeUndefined();
  expect(ethereumAddress(new Uint8Array(32))).toBeUndefined();
  expect(ecdsaFromSecret(new Uint8Array(32))).toBeUndefined();
  expect(
    ecdsaFromSecret(fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")),
  ).toBeUndefined();
});

describe("an Ethereum signature", () => {
  // Key and hash are those of the example in EIP-712.
  const cow = ecdsaFromSecret(keccak256(utf8("cow")))!;
  const hash = fromHex("be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
  const given = fromHex(
    "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c",
  );

  test("is the published one, and names its signer", () => {
    const made = ecdsaSign(cow, hash);
    made[64] = made[64]! + 27;
    expect(toHex(made)).toBe(toHex(given));
    expect(toHex(ethereumSigner(hash, given)!)).toBe("0xcd2a3d9f938e13cd947ec05abc7fe734df8dd826");
  });

  test("has one form: with another id, high `s`, another length or a changed bit it is none of that signer", () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const low = BigInt(toHex(given.subarray(32, 64)));
    const high = given.slice();
    high.set(fromHex((order - low).toString(16).padStart(64, "0")), 32);
    high[64] = given[64]! === 28 ? 27 : 28;
    // The same signer by the rule of other verifiers.
    expect(ecdsaRecover(hash, high)).toEqual(cow.publicKey);
    expect(ethereumSigner(hash, high)).toBeUndefined();
    for (const v of [0, 1, 2, 26, 29, 30, 255]) {
      const other = given.slice();
      other[64] = v;
      expect([v, ethereumSigner(hash, other)]).toEqual([v, undefined]);
    }
    expect(ethereumSigner(hash, given.subarray(0, 64))).toBeUndefined();
    expect(ethereumSigner(hash, Uint8Array.of(...given, 0))).toBeUndefined();
    expect(ethereumSigner(hash, new Uint8Array(65).fill(27))).not.toEqual(
      ethereumSigner(hash, given),
    );
    for (let at = 0; at < 65; at++) {
      const changed = given.slice();
      changed[at] = changed[at]! ^ 1;
      expect(ethereumSigner(hash, changed)).not.toEqual(ethereumSigner(hash, given));
    }
  });
});
