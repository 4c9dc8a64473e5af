import { decode, encode, str } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesToText, setPlainEncoder, text, textToBytes } from "./text.ts";

const codec = text(1 << 16);

test("encodes and decodes as the plain codec does, natively or not", () => {
  const values = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "binary-ascii" }),
    fc.string({ minLength: 1000, maxLength: 3000 }),
  );
  const check = () =>
    fc.assert(
      fc.property(values, (value) => {
        expect(encode(codec, value)).toEqual(encode(str, value));
        expect(decode(codec, encode(str, value))).toEqual(decode(str, encode(str, value)));
      }),
    );
  check();
  setPlainEncoder((plain) => (plain.length > 50 ? undefined : new TextEncoder().encode(plain)));
  check();
});

test("malformed UTF-8 is refused as the plain codec does", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      const framed = Uint8Array.of(bytes.length << 2, ...bytes);
      expect(decode(codec, framed).ok).toBe(decode(str, framed).ok);
    }),
  );
  expect(bytesToText(Uint8Array.of(0xc0, 0x80))).toBeUndefined();
});

test("a text longer than its bound is refused", () => {
  expect(decode(text(3), encode(str, "four"))).toMatchObject({ error: { reason: "too-long" } });
  expect(decode(text(3), encode(str, "six")).ok).toBe(true);
  expect(() => encode(text(3), "four")).toThrow("at most 3 bytes");
});

test("lone surrogates and zero bytes take the strict way", () => {
  expect(textToBytes("a\0b")).toEqual(Uint8Array.of(97, 0, 98));
  expect(textToBytes("\ud800")).toEqual(Uint8Array.of(0xef, 0xbf, 0xbd));
});
