/** Typed messages over frames: the enum index travels as the frame's kind. */
import { type Codec, concatBytes, type DecodeError, decode, encode, type Result } from "@pha/scale";
import { encodeFrame, type Frame } from "./frame.ts";

export function toFrame<T>(codec: Codec<T>, requestId: number, message: T): Uint8Array {
  const encoded = encode(codec, message);
  return encodeFrame({ kind: encoded[0] ?? 0, requestId, body: encoded.subarray(1) });
}

export function fromFrame<T>(codec: Codec<T>, frame: Frame): Result<T, DecodeError> {
  return decode(codec, concatBytes(Uint8Array.of(frame.kind), frame.body));
}
