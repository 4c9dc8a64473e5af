/**
 * Frames of a substream: a LEB128 length, then so many bytes. Both kinds of protocol use them.
 *
 * **Bounds**: a frame is at most `maxBytes` long and refused before it is there; what is kept is at most one frame, and
 * at most twice the bytes that came.
 */
import { concatBytes, fail, ok, type Result } from "@pha/scale";
import { encodeVarint, readVarint } from "./varint.ts";
import { type WireError, wireResult } from "./wire-error.ts";

export type FrameError =
  | WireError
  | {
      readonly code: "wire/frame-too-long";
      readonly length: number;
      readonly maxBytes: number;
    };

export interface FrameReader {
  /** Frames that are complete with this chunk, copied; after an error the reader is of no further use. */
  push(chunk: Uint8Array): Result<readonly Uint8Array[], FrameError>;
  /** Whether bytes of an incomplete frame are there. */
  readonly isInside: boolean;
}

/** A length of more bytes is longer than any frame. */
const MAX_LENGTH_BYTES = 5;
const FIRST_CAPACITY = 1024;
const NOTHING = new Uint8Array(0);

export function encodeFrame(body: Uint8Array): Uint8Array {
  return concatBytes(encodeVarint(body.length), body);
}

/** @param maxBytes longest body; asked for at each frame, since a handshake is shorter than what follows */
export function createFrameReader(maxBytes: () => number): FrameReader {
  /** Bytes of a length that is incomplete. */
  let head: Uint8Array = NOTHING;
  let open: OpenFrame | undefined;

  const push = (chunk: Uint8Array): Result<readonly Uint8Array[], FrameError> => {
    const frames: Uint8Array[] = [];
    for (let rest = chunk; rest.length > 0; ) {
      if (open === undefined) {
        const start = concatBytes(head, rest.subarray(0, MAX_LENGTH_BYTES - head.length));
        const length = wireResult(() => readVarint(start, 0));
        if (!length.ok) return length;
        if (length.value === undefined) {
          if (start.length >= MAX_LENGTH_BYTES)
            return fail({ code: "wire/malformed", reason: "bad-varint" });
          head = start;
          return ok(frames);
        }
        const { value, end } = length.value;
        if (value > maxBytes())
          return fail({ code: "wire/frame-too-long", length: value, maxBytes: maxBytes() });
        rest = rest.subarray(end - head.length);
        head = NOTHING;
        open = openFrame(value);
      }
      rest = rest.subarray(open.add(rest));
      const body = open.body();
      if (body === undefined) continue;
      frames.push(body);
      open = undefined;
    }
    return ok(frames);
  };
  return {
    push,
    get isInside() {
      return open !== undefined || head.length > 0;
    },
  };
}

/** Exactly one frame. */
export function decodeFrame(bytes: Uint8Array, maxBytes: number): Result<Uint8Array, FrameError> {
  const reader = createFrameReader(() => maxBytes);
  const pushed = reader.push(bytes);
  if (!pushed.ok) return pushed;
  const [frame, second] = pushed.value;
  if (frame === undefined) return fail({ code: "wire/malformed", reason: "truncated" });
  if (second !== undefined || reader.isInside)
    return fail({ code: "wire/malformed", reason: "trailing-bytes" });
  return ok(frame);
}

interface OpenFrame {
  /** Takes what belongs to the frame; returns how much that was. */
  add(bytes: Uint8Array): number;
  /** `undefined` while it is incomplete. */
  body(): Uint8Array | undefined;
}

/** Memory grows with what comes, not with what was announced. */
function openFrame(length: number): OpenFrame {
  let buffer = new Uint8Array(Math.min(length, FIRST_CAPACITY));
  let filled = 0;
  return {
    add(bytes) {
      const part = bytes.subarray(0, length - filled);
      if (filled + part.length > buffer.length) {
        const grown = new Uint8Array(Math.min(length, 2 * (filled + part.length)));
        grown.set(buffer.subarray(0, filled));
        buffer = grown;
      }
      buffer.set(part, filled);
      filled += part.length;
      return part.length;
    },
    body: () => (filled === length ? buffer.subarray(0, length) : undefined),
  };
}
