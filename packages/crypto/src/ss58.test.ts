import { fromHex } from "@pha/scale";
import { base58 } from "@scure/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ss58Decode, ss58Encode } from "./ss58.ts";

const alice = fromHex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");

test("Alice has the address everyone knows", () => {
  const address = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
  expect(ss58Encode(42, alice)).toBe(address);
  expect(ss58Decode(address)).toEqual({ ok: true, value: { prefix: 42, publicKey: alice } });
});

test("every prefix and account survives the round trip", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 16383 }),
      fc.oneof(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 33, maxLength: 33 }),
      ),
      (prefix, publicKey) => {
        expect(ss58Decode(ss58Encode(prefix, publicKey))).toEqual({
          ok: true,
          value: { prefix, publicKey },
        });
      },
    ),
  );
});

test("any text at all is decoded or refused, and what is decoded encodes to the same text", () => {
  const digits = fc.string({ unit: fc.constantFrom(..."123456789ABCabcxyz0OIl"), maxLength: 60 });
  fc.assert(
    fc.property(fc.oneof(fc.string(), digits), (text) => {
      const decoded = ss58Decode(text);
      if (decoded.ok) expect(ss58Encode(decoded.value.prefix, decoded.value.publicKey)).toBe(text);
    }),
  );
});

test("each kind of mistake has its reason", () => {
  const reason = (text: string) => {
    const decoded = ss58Decode(text);
    return decoded.ok ? undefined : decoded.error.reason;
  };
  const address = ss58Encode(42, alice);
  expect(reason("")).toBe("bad-prefix");
  expect(reason(`${address}0`)).toBe("not-base58");
  expect(reason("1".repeat(100_000))).toBe("not-base58");
  expect(reason(address.slice(0, 40))).toBe("bad-length");
  expect(reason(base58.encode(new Uint8Array(35).fill(200)))).toBe("bad-prefix");
  expect(reason(base58.encode(new Uint8Array(35).fill(42)))).toBe("bad-checksum");
  // 42 written in two bytes: one account would have two addresses.
  expect(reason(base58.encode(Uint8Array.of(64 | (42 >> 2), (42 & 3) << 6, ...alice, 0, 0)))).toBe(
    "bad-prefix",
  );
});

test("a prefix or account that cannot be is a programming error", () => {
  expect(() => ss58Encode(16384, alice)).toThrow();
  expect(() => ss58Encode(-1, alice)).toThrow();
  expect(() => ss58Encode(1.5, alice)).toThrow();
  expect(() => ss58Encode(42, alice.subarray(1))).toThrow();
});
