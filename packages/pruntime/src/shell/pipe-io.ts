/** The pipe's ends as streams: frames in from stdin, frames out to stdout, with back-pressure. */
import type { Readable, Writable } from "node:stream";
import { PhaError } from "@pha/scale";
import { createFrameReader, type Frame } from "../wire/frame.ts";

/**
 * Calls `onFrame` for each whole frame, in order; ends when the stream ends or a frame is malformed. Reads on when
 * `ready` resolves: who cannot write does not read.
 */
export async function readFrames(
  input: Readable,
  onFrame: (frame: Frame) => void,
  ready: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const reader = createFrameReader();
  for await (const chunk of input) {
    const frames = reader.push(chunk);
    if (!frames.ok)
      throw new PhaError(frames.error.code, "a frame of the pipe is malformed", {
        facts: { lengthBytes: frames.error.length },
        hint: "Host and pRuntime must be of the same release.",
      });
    for (const frame of frames.value) onFrame(frame);
    await ready();
  }
}

/** Writes frames in order; `flushed` resolves when the other end has room. */
export function writeFrames(output: Writable): {
  send(frame: Uint8Array): void;
  flushed(): Promise<void>;
} {
  let full: Promise<void> | undefined;
  return {
    send(frame) {
      // Frames of one turn leave in one system call.
      if (output.writableCorked === 0) {
        output.cork();
        process.nextTick(() => output.uncork());
      }
      if (!output.write(frame) && full === undefined)
        full = new Promise((resolve) => {
          output.once("drain", () => {
            full = undefined;
            resolve();
          });
        });
    },
    flushed: () => full ?? Promise.resolve(),
  };
}
