import { createHmac, hkdfSync } from "node:crypto";
import { toHex, utf8 } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hkdf, hkdfExpand, hkdfExtract, hmacSha256 } from "./kdf.ts";

const any = fc.uint8Array({ maxLength: 150 });

test("the first test case of RFC 5869", () => {
  const ikm = new Uint8Array(22).fill(0x0b);
  const salt = Uint8Array.from({ length: 13 }, (_, i) => i);
  const info = Uint8Array.from({ length: 10 }, (_, i) => 0xf0 + i);
  expect(toHex(hkdf(ikm, salt, info, 42))).toBe(
    "0x3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  );
});

test("HKDF of every length equals Node's own", () => {
  fc.assert(
    fc.property(any, any, any, fc.integer({ min: 1, max: 200 }), (ikm, salt, info, length) => {
      expect(hkdf(ikm, salt, info, length)).toEqual(
        new Uint8Array(hkdfSync("sha256", ikm, salt, info, length)),
      );
    }),
    { numRuns: 40 },
  );
});

test("HMAC equals Node's own", () => {
  fc.assert(
    fc.property(any, any, (key, data) => {
      const expected = createHmac("sha256", key).update(data).digest();
      expect(hmacSha256(key, data)).toEqual(Uint8Array.from(expected));
    }),
    { numRuns: 20 },
  );
});

test("expansion stops at 255 blocks", () => {
  const prk = hkdfExtract(utf8("salt"), utf8("secret"));
  expect(hkdfExpand(prk, utf8("info"), 8160)).toHaveLength(8160);
  expect(hkdfExpand(prk, utf8("info"), 0)).toHaveLength(0);
  expect(() => hkdfExpand(prk, utf8("info"), 8161)).toThrow(/255 blocks/);
});
