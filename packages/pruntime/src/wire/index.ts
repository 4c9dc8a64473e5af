export {
  createPipeFlow,
  type FlowError,
  type FrameType,
  PIPE_WINDOW,
  type PipeFlow,
  type SendOptions,
  URGENT_RESERVE,
} from "./flow.ts";
export {
  createFrameReader,
  encodeFrame,
  type Frame,
  type FrameError,
  type FrameReader,
  MAX_FRAME_BYTES,
  PIPE_VERSION,
  type ReceivedFrame,
} from "./frame.ts";
export { createFrameBatch, type FrameBatch } from "./frame-batch.ts";
export { AnswerProof, ClusterStatus, FromPRuntime, Status } from "./from-pruntime.ts";
export { fromFrame, toFrame } from "./pipe.ts";
export { Hello, ToPRuntime } from "./to-pruntime.ts";
