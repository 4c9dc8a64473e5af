import { expect, test } from "vitest";
import {
  boundedBytes,
  type CodecType,
  compact,
  createAllocator,
  decode,
  encode,
  fromHex,
  option,
  struct,
  toHex,
  tuple,
  u8,
  u32,
  u64,
  unit,
  variant,
  variants,
  vec,
} from "./index.ts";

const Inner = struct({ a: u8, b: compact(u64), c: option(u32) });
const Choice = variants({
  Empty: variant(0, unit),
  Full: variant(5, Inner),
  Pair: variant(7, tuple(u8, u32)),
});
type Choice = CodecType<typeof Choice>;

test("an enum keeps its indexes and its content", () => {
  const value: Choice = { type: "Full", value: { a: 1, b: 2n ** 40n, c: undefined } };
  const bytes = encode(Choice, value);
  expect(toHex(bytes)).toBe("0x05010b00000000000100");
  expect(decode(Choice, bytes)).toEqual({ ok: true, value });
  expect(decode(Choice, encode(Choice, { type: "Pair", value: [1, 2] }))).toEqual({
    ok: true,
    value: { type: "Pair", value: [1, 2] },
  });
});

test("strict decoding refuses trailing, truncated, non-minimal and oversized input", () => {
  const reasons = (["0x0100", "0x", "0x0100"] as const).map((hex) => decode(u8, fromHex(hex)));
  expect(reasons.map((r) => (r.ok ? "ok" : r.error.reason))).toEqual([
    "trailing-bytes",
    "truncated",
    "trailing-bytes",
  ]);
  expect(decode(compact(u32), fromHex("0x0100"))).toMatchObject({
    error: { reason: "not-minimal" },
  });
  expect(decode(vec(u32), fromHex("0xfeffffff00"))).toMatchObject({
    error: { reason: "truncated" },
  });
  expect(decode(boundedBytes(1), fromHex("0x080101"))).toMatchObject({
    error: { reason: "too-long" },
  });
});

test("byte strings decoded from a Node Buffer are plain: a slice of them is a copy", () => {
  const input = Buffer.from(encode(boundedBytes(8), Uint8Array.of(1, 2, 3)));
  const decoded = decode(boundedBytes(8), input);
  if (!decoded.ok) throw new Error(decoded.error.reason);
  expect(decoded.value.constructor).toBe(Uint8Array);
  decoded.value.slice().fill(0);
  expect(decoded.value).toEqual(Uint8Array.of(1, 2, 3));
});

test("byte strings that share memory do not overlap, are zero at first, and leave large ones alone", () => {
  const allocate = createAllocator();
  const lengths = Array.from({ length: 400 }, (_, i) => (i * 37) % 1_100);
  const made = lengths.map(allocate);
  for (const [i, bytes] of made.entries()) {
    expect(bytes.length).toBe(lengths[i]);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    bytes.fill(i % 251);
  }
  for (const [i, bytes] of made.entries())
    expect(bytes.every((byte) => byte === i % 251)).toBe(true);
  expect(new Set(made.map(({ buffer }) => buffer)).size).toBeLessThan(lengths.length / 5);
  for (const { buffer, length } of made)
    expect(buffer.byteLength).toBeLessThanOrEqual(Math.max(length, 8192));
});
