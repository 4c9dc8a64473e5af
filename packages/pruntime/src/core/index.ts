export {
  type GivenStep,
  prepareReplay,
  type Replay,
  type ReplayError,
  type Replayed,
  type ReplayInput,
  type Running,
} from "./audit-replay.ts";
export { type ContractFacts, declaredAuditKey } from "./cluster-facts.ts";
export type {
  EngineBlock,
  EngineCall,
  EngineOutcome,
  EngineRequest,
  EngineResponse,
} from "./engine-job.ts";
export type {
  AnswerProof,
  ClusterStatus,
  HistoryBatch,
  Input,
  LogEvent,
  Output,
  QueryRefusal,
  StartInput,
  Status,
} from "./inputs.ts";
export {
  MAX_CLUSTERS,
  type PRuntime,
  type StartError,
  type Started,
  startPRuntime,
} from "./runtime.ts";
