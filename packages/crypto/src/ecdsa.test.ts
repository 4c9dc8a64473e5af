import { secp256k1 } from "@noble/curves/secp256k1.js";
import { fromHex, toHex, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import { ecdsaFromSecret, ecdsaRecover, ecdsaSign, ethereumAddress } from "./ecdsa.ts";
import { blake2b256 } from "./hash.ts";

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
