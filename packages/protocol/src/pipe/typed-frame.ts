/** Typed messages over frames: the enum index travels as the frame's kind. */
import { type Codec, type DecodeError, decode, encode, type Result } from "@pha/scale";
import { HEAD_BYTES, type ReceivedFrame, writeHead } from "./frame.ts";

const ROOM = new Uint8Array(HEAD_BYTES - 1);

export function toFrame<T>(codec: Codec<T>, requestId: number, message: T): Uint8Array {
  // The message begins with its kind, for which the head has a place of its own.
  const frame = encode(
    {
      write(writer, value: T) {
        writer.raw(ROOM);
        codec.write(writer, value);
      },
    },
    message,
  );
  writeHead(frame, frame[ROOM.length] ?? 0, requestId);
  return frame;
}

export function fromFrame<T>(
  codec: Codec<T>,
  { message }: Pick<ReceivedFrame, "message">,
): Result<T, DecodeError> {
  return decode(codec, message);
}
