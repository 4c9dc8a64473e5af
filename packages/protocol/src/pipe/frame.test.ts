import { concatBytes } from "@pha/scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createFrameReader,
  encodeFrame,
  type Frame,
  MAX_FRAME_BYTES,
  type ReceivedFrame,
} from "./frame.ts";

const frames: readonly Frame[] = [
  { kind: 1, requestId: 0, body: new Uint8Array(0) },
  { kind: 255, requestId: 0xffff_ffff, body: Uint8Array.of(1, 2, 3) },
  { kind: 7, requestId: 9, body: new Uint8Array(700).fill(4) },
];
const received: readonly ReceivedFrame[] = frames.map((frame) => ({
  ...frame,
  message: concatBytes(Uint8Array.of(frame.kind), frame.body),
}));
const stream = concatBytes(...frames.map(encodeFrame));

test("a stream cut anywhere gives the same frames", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => {
      const reader = createFrameReader();
      const seen: Frame[] = [];
      let from = 0;
      for (const to of [...cuts.sort((a, b) => a - b), stream.length]) {
        const pushed = reader.push(stream.subarray(from, to));
        if (!pushed.ok) throw new Error(pushed.error.code);
        seen.push(...pushed.value);
        from = to;
      }
      expect(seen).toEqual(received);
    }),
    { numRuns: 30 },
  );
});

test("a stream of single bytes gives the same frames", () => {
  const small = concatBytes(...frames.slice(0, 2).map(encodeFrame));
  const reader = createFrameReader();
  const seen = [...small].flatMap((byte) => {
    const pushed = reader.push(Uint8Array.of(byte));
    return pushed.ok ? pushed.value : [];
  });
  expect(seen).toEqual(received.slice(0, 2));
});

test("a frame that is too long or too short is refused before its body is there", () => {
  const header = (length: number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, length, true);
    return createFrameReader().push(bytes);
  };
  expect(header(MAX_FRAME_BYTES + 1)).toEqual({
    ok: false,
    error: { code: "pipe/frame-too-long", length: MAX_FRAME_BYTES + 1 },
  });
  expect(header(4)).toEqual({ ok: false, error: { code: "pipe/frame-too-short", length: 4 } });
  expect(header(MAX_FRAME_BYTES).ok).toBe(true);
});

test("bodies do not change when the chunk is reused", () => {
  const reader = createFrameReader();
  const chunk = encodeFrame(frames[1]!);
  const pushed = reader.push(chunk);
  chunk.fill(0);
  expect(pushed).toEqual({ ok: true, value: [received[1]] });
});
