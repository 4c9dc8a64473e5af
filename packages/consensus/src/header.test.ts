import { blake2b256 } from "@pha/crypto";
import { concatBytes, decode, encode, fromHex, toHex } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { aHeader, bytesOf } from "../test/chain-builder.ts";
import { DigestItem, decodeHeader, encodeHeader, Header, headerHash } from "./header.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const payload = fc.uint8Array({ maxLength: 200 });
const engine = fc
  .uint8Array({ minLength: 4, maxLength: 4 })
  .map((id) => String.fromCharCode(...id));
const engineData = fc.record({ engine, data: payload });
const digestItem: fc.Arbitrary<DigestItem> = fc.oneof(
  fc.record({ type: fc.constant("Other" as const), value: payload }),
  fc.record({ type: fc.constant("Consensus" as const), value: engineData }),
  fc.record({ type: fc.constant("Seal" as const), value: engineData }),
  fc.record({ type: fc.constant("PreRuntime" as const), value: engineData }),
  fc.record({
    type: fc.constant("RuntimeEnvironmentUpdated" as const),
    value: fc.constant(undefined),
  }),
);
const header: fc.Arbitrary<Header> = fc.record({
  parentHash: hash,
  number: fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 0xffff_ffff })),
  stateRoot: hash,
  extrinsicsRoot: hash,
  digest: fc.array(digestItem, { maxLength: 6 }),
});

test("an encoded header decodes to itself", () => {
  fc.assert(
    fc.property(header, (value) => {
      const encoded = encodeHeader(value);
      expect(decodeHeader(encoded)).toEqual({ ok: true, value });
    }),
  );
});

test("the straight-line digest reader agrees with the codec of the item", () => {
  fc.assert(
    fc.property(digestItem, (item) => {
      const [decoded] = decodeHeader(encodeHeader(aHeader({ digest: [item] }))).ok
        ? [decode(DigestItem, encode(DigestItem, item))]
        : [];
      expect(decoded).toEqual({ ok: true, value: item });
    }),
  );
});

test("fields are laid out as Substrate lays them out", () => {
  const encoded = encodeHeader(
    aHeader({
      number: 100,
      digest: [
        { type: "PreRuntime", value: { engine: "BABE", data: Uint8Array.of(9) } },
        { type: "RuntimeEnvironmentUpdated", value: undefined },
      ],
    }),
  );
  expect(toHex(encoded.subarray(32, 34))).toBe("0x9101");
  expect(toHex(encoded.subarray(98))).toBe("0x080642414245040908");
});

test("the genesis hash is that of a header with empty digest", () => {
  const genesis = aHeader({ number: 0 });
  const encoded = concatBytes(bytesOf(0), fromHex("0x00"), bytesOf(1), bytesOf(2), fromHex("0x00"));
  expect(toHex(headerHash(genesis))).toBe(toHex(blake2b256(encoded)));
});

test("refuses every truncation and every trailing byte", () => {
  const encoded = encodeHeader(
    aHeader({ digest: [{ type: "Seal", value: { engine: "BABE", data: bytesOf(3, 64) } }] }),
  );
  for (let length = 0; length < encoded.length; length++)
    expect(decodeHeader(encoded.subarray(0, length)).ok).toBe(false);
  expect(decodeHeader(concatBytes(encoded, Uint8Array.of(0)))).toMatchObject({
    ok: false,
    error: { code: "scale/malformed", reason: "trailing-bytes" },
  });
});

test("refuses digest tags that do not exist and numbers that are not minimal", () => {
  const encoded = encodeHeader(aHeader({ digest: [{ type: "Other", value: bytesOf(0, 1) }] }));
  const tag = encoded.length - 3;
  for (const unknown of [1, 2, 3, 7, 9, 255]) {
    const changed = encoded.slice();
    changed[tag] = unknown;
    expect(decodeHeader(changed)).toMatchObject({ error: { reason: "unknown-variant" } });
  }
  const long = concatBytes(bytesOf(0), fromHex("0x0100"), bytesOf(1), bytesOf(2), fromHex("0x00"));
  expect(decodeHeader(long)).toMatchObject({ error: { reason: "not-minimal" } });
});

test("refuses a header longer than its bound before decoding it", () => {
  const encoded = encodeHeader(aHeader());
  expect(decodeHeader(encoded, { maxBytes: encoded.length - 1 })).toEqual({
    ok: false,
    error: { code: "header/too-long", length: encoded.length, maxBytes: encoded.length - 1 },
  });
});

test("random bytes give a result, never a throw, and what decodes encodes back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const decoded = decode(Header, bytes);
      if (decoded.ok) expect(toHex(encodeHeader(decoded.value))).toBe(toHex(bytes));
    }),
  );
});
