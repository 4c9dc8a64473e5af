import { createCipheriv, createHmac } from "node:crypto";
import { concatBytes, utf8 } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sivOpen, sivSeal } from "./siv.ts";

const keys = { macKey: new Uint8Array(32).fill(1), encKey: new Uint8Array(32).fill(2) };
const any = fc.uint8Array({ maxLength: 200 });

test("sealing is the formula of the protocol, computed here by hand", () => {
  fc.assert(
    fc.property(any, any, (context, plaintext) => {
      const length = new Uint8Array(8);
      new DataView(length.buffer).setUint32(0, context.length, true);
      const mac = createHmac("sha256", keys.macKey);
      const iv = mac
        .update(concatBytes(length, context, plaintext))
        .digest()
        .subarray(0, 16);
      const body = createCipheriv("aes-256-ctr", keys.encKey, iv).update(plaintext);
      expect(sivSeal({ ...keys, context, plaintext })).toEqual(concatBytes(iv, body));
    }),
    { numRuns: 20 },
  );
});

test("what is sealed opens, in its own context only", () => {
  fc.assert(
    fc.property(any, any, any, (context, other, plaintext) => {
      const sealed = sivSeal({ ...keys, context, plaintext });
      expect(sealed).toHaveLength(plaintext.length + 16);
      expect(sivOpen({ ...keys, context, sealed })).toEqual(plaintext);
      const isSame = Buffer.compare(context, other) === 0;
      expect(sivOpen({ ...keys, context: other, sealed })).toEqual(isSame ? plaintext : undefined);
    }),
    { numRuns: 30 },
  );
});

test("the border between context and plaintext is part of what is authenticated", () => {
  const sealed = sivSeal({ ...keys, context: utf8("ab"), plaintext: utf8("c") });
  const other = sivSeal({ ...keys, context: utf8("a"), plaintext: utf8("bc") });
  expect(sealed.subarray(0, 16)).not.toEqual(other.subarray(0, 16));
});

test("equal inputs give equal bytes, and a changed plaintext another key stream", () => {
  const context = utf8("block 7");
  const zeros = new Uint8Array(64);
  const one = zeros.slice();
  one[63] = 1;
  const [a, again, b] = [zeros, zeros, one].map((plaintext) =>
    sivSeal({ ...keys, context, plaintext }),
  );
  expect(a).toEqual(again);
  expect(a?.subarray(16, 48)).not.toEqual(b?.subarray(16, 48));
});

test("no bit of the sealed bytes can change, none can be cut or added", () => {
  const context = utf8("context");
  const sealed = sivSeal({ ...keys, context, plaintext: utf8("a short secret") });
  for (let bit = 0; bit < 8 * sealed.length; bit++) {
    const forged = sealed.slice();
    forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(sivOpen({ ...keys, context, sealed: forged })).toBeUndefined();
  }
  for (let end = 0; end < sealed.length; end++)
    expect(sivOpen({ ...keys, context, sealed: sealed.subarray(0, end) })).toBeUndefined();
  expect(sivOpen({ ...keys, context, sealed: concatBytes(sealed, utf8("!")) })).toBeUndefined();
  const otherMac = { ...keys, macKey: new Uint8Array(32) };
  const otherEnc = { ...keys, encKey: new Uint8Array(32) };
  expect(sivOpen({ ...otherMac, context, sealed })).toBeUndefined();
  expect(sivOpen({ ...otherEnc, context, sealed })).toBeUndefined();
});
