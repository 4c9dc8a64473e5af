import { toHex, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import {
  blake2b128,
  blake2b256,
  blake2b512,
  blake2bKeyed,
  keccak256,
  sha256,
  sha512,
  twox64,
  twox128,
  twox256,
} from "./hash.ts";

const empty = new Uint8Array(0);

test("BLAKE2b of nothing is the published value", () => {
  expect(toHex(blake2b256(empty))).toBe(
    "0x0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
  );
  expect(blake2b128(empty)).toHaveLength(16);
  expect(blake2b512(empty)).toHaveLength(64);
});

test("a shorter BLAKE2b is another function, not a prefix", () => {
  expect(blake2b256(empty).slice(0, 16)).not.toEqual(blake2b128(empty));
});

test("twox128 of pallet and item names gives the prefixes every Substrate chain has", () => {
  expect(toHex(twox128(utf8("System")))).toBe("0x26aa394eea5630e07c48ae0c9558cef7");
  expect(toHex(twox128(utf8("Account")))).toBe("0xb99d880ec681799c0cf30e8886371da9");
});

test("twox of more rounds starts with twox of fewer", () => {
  const data = utf8("some name");
  expect(twox256(data).slice(0, 16)).toEqual(twox128(data));
  expect(twox128(data).slice(0, 8)).toEqual(twox64(data));
});

test("SHA-2 and Keccak of nothing are the published values", () => {
  expect(toHex(sha256(empty))).toBe(
    "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  expect(toHex(sha512(empty)).slice(0, 18)).toBe("0xcf83e1357eefb8bd");
  expect(toHex(keccak256(empty))).toBe(
    "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
  );
});

test("a keyed hash depends on the key, and bad sizes are programming errors", () => {
  const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  expect(blake2bKeyed(a, empty, 32)).not.toEqual(blake2bKeyed(b, empty, 32));
  expect(blake2bKeyed(a, empty, 32)).not.toEqual(blake2b256(empty));
  expect(() => blake2bKeyed(empty, empty, 32)).toThrow();
  expect(() => blake2bKeyed(new Uint8Array(65), empty, 32)).toThrow();
  expect(() => blake2bKeyed(a, empty, 65)).toThrow();
});

test("a result is not overwritten by the next call", () => {
  for (const hash of [blake2b128, blake2b256, blake2b512, keccak256, sha256, sha512, twox128]) {
    const first = hash(utf8("one"));
    const copy = first.slice();
    hash(utf8("two"));
    expect(first).toEqual(copy);
    expect(first.constructor).toBe(Uint8Array);
  }
});
