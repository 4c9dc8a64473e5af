import { concatBytes } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFrameReader, decodeFrame, encodeFrame } from "./frame-reader.ts";

describe("frames", () => {
  test("come out as they went in, wherever the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 5 }),
        fc.array(fc.nat(12_000), { maxLength: 20 }),
        (bodies, cuts) => {
          const stream = concatBytes(...bodies.map(encodeFrame));
          const reader = createFrameReader(() => 3000);
          const seen: Uint8Array[] = [];
          let from = 0;
          for (const to of [...cuts.sort((a, b) => a - b), stream.length]) {
            const pushed = reader.push(stream.subarray(from, to));
            if (!pushed.ok) throw new Error(pushed.error.code);
            seen.push(...pushed.value);
            from = Math.max(from, Math.min(to, stream.length));
          }
          expect(seen).toEqual(bodies);
          expect(reader.isInside).toBe(false);
        },
      ),
    );
  });

  test("are refused by their length, before they are there", () => {
    const reader = createFrameReader(() => 10);
    expect(reader.push(Uint8Array.of(11))).toEqual({
      ok: false,
      error: { code: "wire/frame-too-long", length: 11, maxBytes: 10 },
    });
    expect(decodeFrame(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f), 10)).toMatchObject({
      error: { code: "wire/frame-too-long" },
    });
  });

  test.each([
    [[0xff, 0xff, 0xff, 0xff, 0xff, 1]],
    [[0x80, 0]],
  ])("with the length %j are refused", (bytes) => {
    expect(decodeFrame(Uint8Array.from(bytes), 10)).toMatchObject({
      error: { code: "wire/malformed", reason: "bad-varint" },
    });
    const reader = createFrameReader(() => 10);
    const codes = bytes.map((byte) => reader.push(Uint8Array.of(byte)).ok);
    expect(codes).toContain(false);
  });

  test("take the memory of what came, not of what was announced", () => {
    const reader = createFrameReader(() => 1 << 30);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 4; i++)
      createFrameReader(() => 1 << 30).push(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 3));
    reader.push(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 3));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 24);
    expect(reader.isInside).toBe(true);
  });

  test("one and nothing else", () => {
    expect(decodeFrame(Uint8Array.of(2, 7, 8), 10)).toEqual({
      ok: true,
      value: Uint8Array.of(7, 8),
    });
    expect(decodeFrame(Uint8Array.of(2, 7), 10)).toMatchObject({ error: { reason: "truncated" } });
    expect(decodeFrame(Uint8Array.of(1, 7, 1), 10)).toMatchObject({
      error: { reason: "trailing-bytes" },
    });
    expect(decodeFrame(Uint8Array.of(0, 0), 10)).toMatchObject({
      error: { reason: "trailing-bytes" },
    });
  });
});
