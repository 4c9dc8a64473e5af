import { concatBytes, fromHex, toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { cbor } from "../testing/cbor-writer.ts";
import { fuzz, hostileBytes, LONG_TIMEOUT_MS } from "../testing/mutate.ts";
import { type CborOptions, type CborValue, decodeCbor, MAX_CBOR_DEPTH } from "./cbor.ts";

function read(hex: string, options?: CborOptions): CborValue | string {
  const decoded = decodeCbor(fromHex(hex), options);
  return decoded.ok ? decoded.value : `${decoded.error.code} ${decoded.error.reason}`;
}

describe("CBOR", () => {
  test.each([
    ["00", 0n],
    ["17", 23n],
    ["1818", 24n],
    ["1903e8", 1000n],
    ["1bffffffffffffffff", 18446744073709551615n],
    ["3bffffffffffffffff", -18446744073709551616n],
    ["3863", -100n],
    ["f4", false],
    ["f5", true],
    ["f6", null],
    ["62c3bc", "ü"],
    ["4401020304", Uint8Array.of(1, 2, 3, 4)],
    ["8301820203820405", [1n, [2n, 3n], [4n, 5n]]],
    ["a201020304", new Map([[1n, 2n] as const, [3n, 4n] as const])],
    ["c074", "cbor/malformed truncated"],
    ["c101", { tag: 1n, content: 1n }],
  ])("%s", (hex, value) => expect(read(hex)).toEqual(value));

  test.each([
    ["", "truncated"],
    ["18", "truncated"],
    ["42ff", "truncated"],
    ["9b0000000100000000", "truncated"],
    ["bbffffffffffffffff", "truncated"],
    ["5bffffffffffffffff", "truncated"],
    ["0000", "trailing-bytes"],
    ["1817", "not-shortest"],
    ["1900ff", "not-shortest"],
    ["1a0000ffff", "not-shortest"],
    ["1b00000000ffffffff", "not-shortest"],
    ["5800", "not-shortest"],
    ["f7", "not-supported"],
    ["f90000", "not-supported"],
    ["fb3ff199999999999a", "not-supported"],
    ["1c", "not-supported"],
    ["5f4101ff", "not-supported"],
    ["9f01ff", "not-supported"],
    ["bf0102ff", "not-supported"],
    ["ff", "not-supported"],
    ["61ff", "bad-utf8"],
    ["62c080", "bad-utf8"],
    ["a1410000", "bad-key"],
    ["a1f500", "bad-key"],
    ["a201000100", "repeated-key"],
    ["a2616100616100", "repeated-key"],
  ])("%s is refused: %s", (hex, reason) => expect(read(hex)).toBe(`cbor/malformed ${reason}`));

  test("maps and arrays without a length are for those who ask", () => {
    const streamed = { streamed: "allow" } as const;
    expect(read("9f01ff", streamed)).toEqual([1n]);
    expect(read("bf0102ff", streamed)).toEqual(new Map([[1n, 2n]]));
    expect(read("9f01", streamed)).toBe("cbor/malformed truncated");
    expect(read("bf01ff", streamed)).toBe("cbor/malformed not-supported");
    expect(read("bf01020103ff", streamed)).toBe("cbor/malformed repeated-key");
    expect(read("5f4101ff", streamed)).toBe("cbor/malformed not-supported");
  });

  test("nests up to the limit", () => {
    const nested = (depth: number) => `${"81".repeat(depth)}00`;
    expect(Array.isArray(read(nested(MAX_CBOR_DEPTH)))).toBe(true);
    expect(read(nested(MAX_CBOR_DEPTH + 1))).toBe("cbor/malformed too-deep");
  });

  test(
    "hostile bytes are refused or are the encoding of what was read",
    async () => {
      const good = concatBytes(
        fromHex("a3"),
        cbor("one"),
        cbor([1n, -70_000n, utf8("bytes"), null, true]),
        cbor(2n),
        cbor({ tag: 18n, content: new Map([[1n, "text"]]) }),
        cbor(-3n),
        cbor([]),
      );
      let accepted = 0;
      await fuzz((seed) => {
        const bytes = hostileBytes(good, seed);
        const decoded = decodeCbor(bytes);
        if (!decoded.ok) return;
        accepted++;
        if (seed % 16 === 0) expect(toHex(cbor(decoded.value))).toBe(toHex(bytes));
      });
      expect(accepted).toBeGreaterThan(0);
    },
    LONG_TIMEOUT_MS,
  );
});
