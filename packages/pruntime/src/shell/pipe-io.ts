/** The pipe's ends as streams: frames in from stdin, frames out to stdout, with back-pressure. */
import type { Readable, Writable } from "node:stream";
import { createFrameReader, type ReceivedFrame } from "@pha/protocol/pipe";
import { PhaError } from "@pha/scale";
import { createFrameBatch } from "../wire/frame-batch.ts";

/**
 * Calls `onFrame` for each whole frame, in order; ends when the stream ends or a frame is malformed. Reads on when
 * `ready` resolves: who cannot write does not read.
 */
export async function readFrames(
  input: Readable,
  onFrame: (frame: ReceivedFrame) => void,
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

/** Writes frames in order, those of one turn together; `flushed` resolves when the other end has room. */
export function writeFrames(output: Writable): {
  send(frame: Uint8Array): void;
  flushed(): Promise<void>;
} {
  const batch = createFrameBatch();
  let scheduled = false;
  let full: Promise<void> | undefined;

  function flush(): void {
    scheduled = false;
    for (const bytes of batch.take())
      if (!output.write(bytes) && full === undefined)
        full = new Promise((resolve) => {
          output.once("drain", () => {
            full = undefined;
            resolve();
          });
        });
  }

  return {
    send(frame) {
      batch.add(frame);
      if (scheduled) return;
      scheduled = true;
      process.nextTick(flush);
    },
    flushed() {
      flush();
      return full ?? Promise.resolve();
    },
  };
}
