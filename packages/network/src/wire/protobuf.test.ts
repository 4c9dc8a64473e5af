import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  boolean,
  byteString,
  decodeMessage,
  defaulted,
  encodeMessage,
  enumeration,
  fixedByteString,
  message,
  optional,
  repeated,
  required,
  text,
  uint32,
} from "./protobuf.ts";

const inner = message({ id: required(1, byteString), note: optional(3, text) });
const outer = message({
  count: defaulted(1, uint32, 0),
  kind: defaulted(2, enumeration(["a", "b"]), "a"),
  isOn: defaulted(3, boolean, false),
  hash: optional(4, fixedByteString(2)),
  items: repeated(5, inner, { maxItems: 3 }),
});

const read = (...bytes: number[]) => decodeMessage(outer, Uint8Array.from(bytes));
const refused = (reason: string) => ({ ok: false, error: { code: "wire/malformed", reason } });
const nothing = { count: 0, kind: "a", isOn: false, hash: undefined, items: [] };

describe("a protobuf message", () => {
  test("has its defaults when it is empty, and is empty when it has its defaults", () => {
    expect(read()).toEqual({ ok: true, value: nothing });
    expect(encodeMessage(outer, { ...nothing, kind: "a" })).toEqual(new Uint8Array(0));
  });

  test("reads back what was written", () => {
    fc.assert(
      fc.property(
        fc.record({
          count: fc.nat(),
          kind: fc.constantFrom("a" as const, "b" as const),
          isOn: fc.boolean(),
          hash: fc.option(fc.uint8Array({ minLength: 2, maxLength: 2 }), { nil: undefined }),
          items: fc.array(
            fc.record({
              id: fc.uint8Array(),
              note: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
            }),
            { maxLength: 3 },
          ),
        }),
        (value) => {
          expect(decodeMessage(outer, encodeMessage(outer, value))).toEqual({ ok: true, value });
        },
      ),
    );
  });

  test("skips unknown fields of every wire type", () => {
    expect(read(0x38, 5, 0x39, 1, 2, 3, 4, 5, 6, 7, 8, 0x3a, 1, 9, 0x3d, 1, 2, 3, 4, 8, 7)).toEqual(
      { ok: true, value: { ...nothing, count: 7 } },
    );
  });

  test.each([
    ["a field without end", "truncated", [8]],
    ["a byte string that is cut", "truncated", [0x22, 2, 1]],
    ["a length beyond all bounds", "truncated", [0x22, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ["eight bytes that are cut", "truncated", [0x39, 1, 2]],
    ["field 0", "bad-field", [0, 1]],
    ["a group", "bad-field", [0x3b]],
    ["a wire type that does not exist", "bad-field", [0x3f]],
    ["a number as byte string", "wrong-type", [0x0a, 1, 1]],
    ["a byte string as number", "wrong-type", [0x20, 1]],
    ["a number as four bytes", "wrong-type", [0x0d, 1, 2, 3, 4]],
    ["a single field twice", "repeated-field", [8, 1, 8, 1]],
    ["a longer list than allowed", "too-many-items", Array(4).fill([0x2a, 2, 0x0a, 0]).flat()],
    ["a message without a required field", "missing-field", [0x2a, 0]],
    ["a number beyond its range", "out-of-range", [8, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ["a byte string of another length", "out-of-range", [0x22, 1, 1]],
    ["a boolean that is none", "bad-bool", [0x18, 2]],
    ["a name that is not there", "unknown-variant", [0x10, 2]],
    ["text that is none", "bad-utf8", [0x2a, 5, 0x0a, 0, 0x1a, 1, 0xff]],
    ["a number written too long", "bad-varint", [8, 0x81, 0]],
    ["a number of more than 64 bits", "bad-varint", [8, ...Array(9).fill(0xff), 2]],
    ["a number without end", "bad-varint", [8, ...Array(11).fill(0xff)]],
  ])("refuses %s", (_what, reason, bytes) => {
    expect(read(...bytes)).toEqual(refused(reason));
  });

  test("never throws and makes no more than it was given", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = decodeMessage(outer, bytes);
        if (!decoded.ok) expect(decoded.error.code).toBe("wire/malformed");
        else expect(decoded.value.items.length).toBeLessThanOrEqual(3);
      }),
      { numRuns: 2000 },
    );
  });
});
