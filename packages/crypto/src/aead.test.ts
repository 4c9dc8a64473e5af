import { utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import { aes256Ctr, aes256GcmOpen, aes256GcmSeal } from "./aead.ts";

const key = new Uint8Array(32).fill(1);
const nonce = new Uint8Array(12).fill(2);
const aad = utf8("bound");

test("what is sealed opens, nothing else does", () => {
  const sealed = aes256GcmSeal(key, nonce, utf8("text"), aad);
  expect(sealed).toHaveLength(4 + 16);
  expect(aes256GcmOpen(key, nonce, sealed, aad)).toEqual(utf8("text"));
  expect(aes256GcmOpen(key, nonce, sealed, utf8("other"))).toBeUndefined();
  for (let end = 0; end < sealed.length; end++)
    expect(aes256GcmOpen(key, nonce, sealed.subarray(0, end), aad)).toBeUndefined();
});

test("counter mode undoes itself", () => {
  const iv = new Uint8Array(16).fill(3);
  const hidden = aes256Ctr(key, iv, utf8("text"));
  expect(hidden).not.toEqual(utf8("text"));
  expect(aes256Ctr(key, iv, hidden)).toEqual(utf8("text"));
});

test("keys and nonces of other lengths are programming errors", () => {
  expect(() => aes256GcmSeal(key.subarray(16), nonce, aad, aad)).toThrow();
  expect(() => aes256GcmSeal(key, new Uint8Array(16), aad, aad)).toThrow();
  expect(() => aes256GcmOpen(key, new Uint8Array(8), aad, aad)).toThrow();
  expect(() => aes256Ctr(key, nonce, aad)).toThrow();
});
