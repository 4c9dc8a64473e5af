/**
 * A substream as frames.
 *
 * Listeners, not iteration: iteration of js-libp2p may end before bytes that came with the peer's FIN are read.
 * `end` is the end of what the peer sends, `close` that of the substream.
 */
import type { Stream } from "@libp2p/interface";
import { createFrameReader, encodeFrame, type FrameError } from "../wire/index.ts";

export interface FrameStreamHandlers {
  /** Longest frame that may come next. */
  maxBytes(): number;
  onFrame(body: Uint8Array): void;
  /** What came is no frame; the substream was reset. */
  onBadFrame(error: FrameError): void;
  /** The peer sends no more, or the substream is closed. Called once. */
  onEnd(isInsideFrame: boolean): void;
}

export interface FrameStream {
  /** Whether the substream takes more before it has drained. */
  readonly isFull: boolean;
  /** `false`: it is closed. */
  send(body: Uint8Array): boolean;
  onDrain(listener: () => void): void;
  /** Sends FIN; what was sent is delivered. */
  finish(): void;
  reset(reason: string): void;
}

export function openFrameStream(stream: Stream, handlers: FrameStreamHandlers): FrameStream {
  const reader = createFrameReader(handlers.maxBytes);
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    handlers.onEnd(reader.isInside);
  };
  stream.addEventListener("message", ({ data }) => {
    if (isOver) return;
    const pushed = reader.push(data instanceof Uint8Array ? data : data.subarray());
    if (!pushed.ok) {
      isOver = true;
      handlers.onBadFrame(pushed.error);
      stream.abort(new Error(pushed.error.code));
      return;
    }
    for (const frame of pushed.value) {
      if (isOver) return;
      handlers.onFrame(frame);
    }
  });
  // Later: yamux handles a FIN before the bytes of the frame that carries both.
  const endSoon = (): void => queueMicrotask(end);
  stream.addEventListener("end", endSoon);
  stream.addEventListener("close", endSoon);
  // It may have ended before anyone listened.
  if (stream.readableEnded) endSoon();
  return {
    get isFull() {
      return stream.writableNeedsDrain;
    },
    send(body) {
      if (stream.writeStatus !== "writable") return false;
      try {
        stream.send(encodeFrame(body));
        return true;
      } catch {
        // The connection broke between the check and the write; `close` tells its owner.
        return false;
      }
    },
    onDrain: (listener) => stream.addEventListener("drain", listener),
    finish() {
      stream.close().catch(() => {
        // Reset meanwhile: there is nothing left to close.
      });
    },
    reset: (reason) => stream.abort(new Error(reason)),
  };
}
