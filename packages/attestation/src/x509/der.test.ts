import { fromHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { contextTag, type DerReader, primitiveContextTag, readDer } from "./der.ts";

const read = <T>(hex: string, how: (reader: DerReader) => T) => {
  const result = readDer(fromHex(hex), how);
  return result.ok ? result.value : result.error.reason;
};

describe("lengths", () => {
  const octets = (reader: DerReader) => reader.octetString().length;
  test.each([
    ["0400", 0],
    ["040100", 1],
    [`048180${"00".repeat(128)}`, 128],
  ])("%s", (hex, length) => {
    expect(read(hex, octets)).toBe(length);
  });
  test.each([
    ["0480", "a length is indefinite"],
    ["04800000", "a length is indefinite"],
    ["04810100", "a length has a byte too many"],
    [`04820080${"00".repeat(128)}`, "a length has a byte too many"],
    ["04850000000001", "a length is out of range"],
    ["0484ffffffff00", "longer than what holds it"],
    ["040200", "longer than what holds it"],
    ["04", "ends early"],
    ["", "another type is expected"],
    ["040000", "bytes after the end"],
  ])("%s is refused", (hex, reason) => {
    expect(read(hex, octets)).toBe(reason);
  });
});

describe("tags", () => {
  test("beyond 30 take more bytes", () => {
    expect(contextTag(4)).toBe(0xa4);
    expect(contextTag(704)).toBe(0xbf8540);
    expect(primitiveContextTag(31)).toBe(0x9f1f);
    expect(read("bf854003020107", (r) => r.nested(0xbf8540, (inner) => inner.unsigned(9)))).toBe(7);
  });
  test.each([
    ["bf1e00", "a tag has a byte too many"],
    ["bf800100", "a tag has a byte too many"],
    ["bfffffffff0100", "a tag is out of range"],
  ])("%s is refused", (hex, reason) => {
    expect(read(hex, (r) => r.any().tag)).toBe(reason);
  });
});

describe("values", () => {
  const unsigned = (r: DerReader) => r.unsigned(65_537);
  test.each([
    ["020100", unsigned, 0],
    ["02020080", unsigned, 128],
    ["0203010001", unsigned, 65_537],
    ["0203010002", unsigned, "an integer is out of range"],
    ["020701000000000000", unsigned, "an integer is out of range"],
    ["0200", unsigned, "an integer has a byte"],
    ["020180", unsigned, "an integer is negative"],
    ["0202007f", unsigned, "an integer has a byte too many"],
    ["0101ff", (r: DerReader) => r.boolean(), true],
    ["010100", (r: DerReader) => r.boolean(), false],
    ["010101", (r: DerReader) => r.boolean(), "a truth value is 0 or 255"],
    ["0500", (r: DerReader) => r.null(), undefined],
    ["050100", (r: DerReader) => r.null(), "nothing has no content"],
    ["0603551d13", (r: DerReader) => r.oid(), "2.5.29.19"],
    ["060a2b060104019c78010301", (r: DerReader) => r.oid(), "1.3.6.1.4.1.3704.1.3.1"],
    ["0600", (r: DerReader) => r.oid(), "an object identifier ends early"],
    ["0602559d", (r: DerReader) => r.oid(), "an object identifier ends early"],
    ["0603558001", (r: DerReader) => r.oid(), "an object identifier has a byte too many"],
    ["030205a0", (r: DerReader) => r.namedBits(), 0b101],
    ["030203a1", (r: DerReader) => r.namedBits(), "unused bits are set"],
    ["030208a0", (r: DerReader) => r.namedBits(), "flags are malformed"],
    ["030201a0", (r: DerReader) => r.bitString(), "bits do not fill bytes"],
    ["0300", (r: DerReader) => r.bitString(), "bits do not fill bytes"],
  ])("%s", (hex, how, value) => {
    expect(read<unknown>(hex, how)).toEqual(value);
  });
});

test("nesting is bounded", () => {
  const nest = (reader: DerReader): number =>
    reader.isAtEnd ? 0 : reader.sequence((inner) => nest(inner) + 1);
  const nested = (depth: number): string => {
    let hex = "";
    for (let i = 0; i < depth; i++)
      hex = `30${(hex.length / 2).toString(16).padStart(2, "0")}${hex}`;
    return hex;
  };
  expect(read(nested(24), nest)).toBe(24);
  expect(read(nested(25), nest)).toBe("nested too deeply");
});

test("an error names the offset in the whole input", () => {
  const result = readDer(fromHex("300402020001"), (reader) =>
    reader.sequence((r) => r.unsigned(9)),
  );
  expect(result).toEqual({ ok: false, error: { reason: expect.any(String), offset: 6 } });
});
