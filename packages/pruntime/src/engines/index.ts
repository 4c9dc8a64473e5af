export { type ClusterMachine, createClusterMachine } from "./cluster-machine.ts";
export { MAX_MIRROR_BYTES } from "./cluster-storage.ts";
export {
  type CallResult,
  type ContractCall,
  type ContractEngine,
  type EngineError,
  type EngineHost,
  MAX_CALL_WRITE_BYTES,
  type TrapReason,
} from "./engine.ts";
export {
  type EngineAnswer,
  EngineAnswerCodec,
  EngineRequestCodec,
  MAX_FRAME_BYTES,
} from "./engine-frames.ts";
export {
  createEngineProcess,
  type EnginePort,
  type EngineProcessOptions,
  MAX_WAITING_QUERIES,
} from "./engine-process.ts";
export { createInProcessEngine } from "./in-process-engine.ts";
export { createJavascriptEngine, ENGINE_LINE } from "./javascript/javascript-engine.ts";
