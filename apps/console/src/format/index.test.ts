import { describe, expect, test } from "vitest";
import { byteCount, fuelText, grouped, phaText, shortened, span } from "./index.ts";

describe("values as people read them", () => {
  test("long texts lose their middle, short ones nothing", () => {
    expect(shortened("0x0123456789abcdef0123456789abcdef")).toBe("0x012345…abcdef");
    expect(shortened("0x0123")).toBe("0x0123");
  });
  test("numbers are grouped, also those beyond 2^53", () => {
    expect(grouped(1234567)).toBe("1\u202f234\u202f567");
    expect(grouped(2n ** 64n)).toBe("18\u202f446\u202f744\u202f073\u202f709\u202f551\u202f616");
  });
  test("sizes and spans name their units", () => {
    expect([byteCount(0), byteCount(1536), byteCount(3 << 20)]).toEqual([
      "0 B",
      "1.5 KiB",
      "3.0 MiB",
    ]);
    expect([span(-1), span(59_999), span(28_680_000), span(187_200_000)]).toEqual([
      "0 s",
      "59 s",
      "7 h 58 min",
      "2 d 4 h",
    ]);
  });
  test("fuel and money are cut, never rounded up", () => {
    expect([fuelText(999_999n), fuelText(1_250_000n)]).toEqual(["999\u202f999", "1.3 M"]);
    expect([phaText(0n), phaText(1_999_999_999_999n), phaText(10_000n * 10n ** 12n)]).toEqual([
      "0",
      "1.9999",
      "10\u202f000",
    ]);
  });
});
