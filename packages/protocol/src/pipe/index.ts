export { type ByteQueue, createByteQueue, readU32, writeU32 } from "./byte-queue.ts";
export {
  createFrameReader,
  encodeFrame,
  type Frame,
  type FrameError,
  type FrameReader,
  MAX_FRAME_BYTES,
  type ReceivedFrame,
} from "./frame.ts";
export { fromFrame, toFrame } from "./typed-frame.ts";
