/**
 * Frames of the pipe between host and pRuntime (protocol §10): `u32 LE length ‖ u8 kind ‖ u32 LE request id ‖ body`.
 *
 * The length counts kind, request id and body. **Bounds**: `MAX_FRAME_BYTES`; a longer frame ends the pipe.
 */
import { fail, ok, type Result } from "@pha/scale";

export const PIPE_VERSION = 2;
export const MAX_FRAME_BYTES = 16 << 20;
const HEAD_BYTES = 9;

export interface Frame {
  readonly kind: number;
  readonly requestId: number;
  readonly body: Uint8Array;
}

export interface FrameError {
  readonly code: "pipe/frame-too-long" | "pipe/frame-too-short";
  readonly length: number;
}

export function encodeFrame({ kind, requestId, body }: Frame): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 5 + body.length, true);
  view.setUint8(4, kind);
  view.setUint32(5, requestId, true);
  bytes.set(body, HEAD_BYTES);
  return bytes;
}

export interface FrameReader {
  /** Whole frames that the bytes so far hold; an error is final. */
  push(bytes: Uint8Array): Result<readonly Frame[], FrameError>;
}

/** Cuts a byte stream into frames; bodies are copies. */
export function createFrameReader(maxFrameBytes: number = MAX_FRAME_BYTES): FrameReader {
  let parts: Uint8Array[] = [];
  let held = 0;

  function take(length: number): Uint8Array {
    const out = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const part = parts[0];
      if (part === undefined) break;
      const count = Math.min(part.length, length - at);
      out.set(part.subarray(0, count), at);
      at += count;
      if (count === part.length) parts.shift();
      else parts[0] = part.subarray(count);
    }
    held -= length;
    return out;
  }

  let length: number | undefined;
  return {
    push(bytes) {
      parts.push(bytes);
      held += bytes.length;
      const frames: Frame[] = [];
      for (;;) {
        if (length === undefined) {
          if (held < 4) break;
          const head = take(4);
          length = new DataView(head.buffer).getUint32(0, true);
          if (length > maxFrameBytes) return fail({ code: "pipe/frame-too-long", length });
          if (length < 5) return fail({ code: "pipe/frame-too-short", length });
        }
        if (held < length) break;
        const frame = take(length);
        const view = new DataView(frame.buffer);
        frames.push({
          kind: view.getUint8(0),
          requestId: view.getUint32(1, true),
          body: frame.subarray(5),
        });
        length = undefined;
      }
      if (parts.length > 1024) parts = [joined(parts)];
      return ok(frames);
    },
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  let total = 0;
  for (const part of parts) total += part.length;
  const all = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
