/**
 * The engine line without a machine: who brings the pinned binary runs contracts as replicas do, with the same results and
 * the same fuel, in a page as well.
 */
export {
  type ClusterMachine,
  createClusterMachine,
  type MachineCryptography,
} from "../cluster-machine.ts";
export type { ContractEngine, EngineError, EngineHost } from "../engine.ts";
export { instrumentEngine } from "./instrumented.ts";
export { createModuleEngine, ENGINE_LINE, LOAD_FUEL } from "./module-engine.ts";
