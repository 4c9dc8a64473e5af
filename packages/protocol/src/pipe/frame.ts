/**
 * Frames of the pipes between processes (protocol §10): `u32 LE length ‖ u8 kind ‖ u32 LE request id ‖ body`.
 *
 * The length counts kind, request id and body. **Bounds**: `MAX_FRAME_BYTES`; a longer frame ends the pipe.
 */
import { fail, ok, type Result } from "@pha/scale";
import { createByteQueue, readU32, writeU32 } from "./byte-queue.ts";

export const MAX_FRAME_BYTES = 16 << 20;
export const HEAD_BYTES = 9;

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
  writeHead(bytes, kind, requestId);
  bytes.set(body, HEAD_BYTES);
  return bytes;
}

export function writeHead(frame: Uint8Array, kind: number, requestId: number): void {
  writeU32(frame, 0, frame.length - 4);
  frame[4] = kind;
  writeU32(frame, 5, requestId);
}

/** A frame that came, whose message can be decoded where it lies. */
export interface ReceivedFrame extends Frame {
  /** Kind, then body, without a gap. */
  readonly message: Uint8Array;
}

export interface FrameReader {
  /** Whole frames that the bytes so far hold; an error is final. */
  push(bytes: Uint8Array): Result<readonly ReceivedFrame[], FrameError>;
}

/** Cuts a byte stream into frames; bodies are copies. */
export function createFrameReader(maxFrameBytes: number = MAX_FRAME_BYTES): FrameReader {
  const bytes = createByteQueue();
  let length: number | undefined;
  return {
    push(chunk) {
      bytes.push(chunk);
      const frames: ReceivedFrame[] = [];
      for (;;) {
        if (length === undefined) {
          length = bytes.takeU32();
          if (length === undefined) break;
          if (length > maxFrameBytes) return fail({ code: "pipe/frame-too-long", length });
          if (length < 5) return fail({ code: "pipe/frame-too-short", length });
        }
        const frame = bytes.take(length);
        if (frame === undefined) break;
        frames.push(received(frame));
        length = undefined;
      }
      return ok(frames);
    },
  };
}

function received(frame: Uint8Array): ReceivedFrame {
  const kind = frame[0] ?? 0;
  const requestId = readU32(frame, 1);
  // The id is read: its last byte makes room for the kind, beside the body.
  frame[4] = kind;
  return { kind, requestId, body: frame.subarray(5), message: frame.subarray(4) };
}
