export {
  createFrameReader,
  encodeFrame,
  type Frame,
  type FrameError,
  type FrameReader,
  fromFrame,
  MAX_FRAME_BYTES,
  type ReceivedFrame,
  toFrame,
} from "@pha/protocol/pipe";
export {
  ChannelAnswer,
  ChannelQuery,
  createChannelFrameReader,
  MAX_CHANNEL_FRAME_BYTES,
} from "./channel-frames.ts";
export {
  createPipeFlow,
  type FlowError,
  type FrameType,
  PIPE_WINDOW,
  type PipeFlow,
  type SendOptions,
  URGENT_RESERVE,
} from "./flow.ts";
export { createFrameBatch, type FrameBatch } from "./frame-batch.ts";
export { AnswerProof, ChipKeyName, ClusterStatus, FromPRuntime, Status } from "./from-pruntime.ts";
export { Hello, KeptBlobs, MAX_CHANNEL_BYTES, PIPE_VERSION, ToPRuntime } from "./to-pruntime.ts";
